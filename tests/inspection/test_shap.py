"""SHAP values have the closed form of linear networks, for tables of any kind."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.inspection import shap_values
from sknn_bio.inspection._shap_table import CodedTable

pytest.importorskip("shap")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:shap", "ignore::FutureWarning:shap"
)
QUICK = {"max_epochs": 15, "random_state": 0}


def linear_network(X, y):
    net = NeuralNetRegressor(**QUICK, n_layers=0, input_scaling="standard")
    return net.fit(X, y)


@pytest.mark.parametrize("explainer", ["exact", "permutation"])
def test_a_linear_network_has_its_closed_form(explainer):
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    model = linear_network(X, y)
    slope = model.predict(np.eye(10)) - model.predict(np.zeros((1, 10)))
    found = shap_values(model, X[:8], X[:30], explainer=explainer, random_state=0)
    expected = slope * (X[:8] - X[:30].mean(0))
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    np.testing.assert_allclose(found.base_values, model.predict(X[:30]).mean())
    assert found.feature_names[:2] == ["x0", "x1"]


def test_columns_of_tiny_numbers_count():
    X, y = load_diabetes(return_X_y=True)
    model = linear_network(X * 1e-9, y)
    slope = model.predict(1e-9 * np.eye(10)) - model.predict(np.zeros((1, 10)))
    found = shap_values(model, X[:5] * 1e-9, X[:30] * 1e-9)
    expected = slope * (X[:5] - X[:30].mean(0))
    np.testing.assert_allclose(found.values, expected, atol=1e-4 * y.std())


def test_categories_gaps_and_strings_are_taken():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    X = X.iloc[:150, :12].mask(rng.random((150, 12)) < 0.1)
    X["stage"] = pd.Categorical(rng.choice(["I", "II"], 150))
    X["site"] = [f"site {i}" for i in rng.integers(0, 5, 150)]
    X.loc[::7, "site"] = None
    X["visits"] = rng.integers(0, 9, 150)
    model = NeuralNetBinaryClassifier(**QUICK, n_members=2).fit(X, y[:150])
    found = shap_values(model, X[:6], X, n_background=30, random_state=0)
    np.testing.assert_allclose(
        found.values.sum(1) + found.base_values,
        model.predict_proba(X[:6])[:, 1],
        atol=1e-6,
    )
    assert (np.abs(found.values).max(0) > 0).all()
    assert found.data[0, 12] == X["stage"][0]
    again = shap_values(model, X[:6], X, n_background=30, random_state=0)
    np.testing.assert_array_equal(again.values, found.values)


def test_decoded_tables_are_the_given_ones():
    X = pd.DataFrame(
        {
            "level": pd.Categorical(["a", None, "b"], categories=["b", "a", "c"]),
            "text": ["x", None, "y"],
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "yes": [True, False, True],
            "part": [0.5, np.nan, np.inf],
        }
    )
    table = CodedTable.of(X, X[::-1])
    pd.testing.assert_frame_equal(table.decode(table.background), X)
    pd.testing.assert_frame_equal(
        table.decode(table.rows), X[::-1].reset_index(drop=True)
    )
    assert (table.rows == table.background[::-1]).all()


def test_sparse_rows_are_asked_for_as_sparse_rows():
    X = sparse.random(60, 15, density=0.3, random_state=0, format="csr")
    y = (X.toarray()[:, 0] > 0).astype(int)
    model = NeuralNetBinaryClassifier(**QUICK, n_members=2).fit(X, y)
    found = shap_values(model, X[:4], X[:20], n_permutations=2, random_state=0)
    np.testing.assert_allclose(
        found.values.sum(1) + found.base_values,
        model.predict_proba(X[:4])[:, 1],
        atol=1e-5,
    )
    assert (found.data == X[:4].toarray()).all()


def test_several_classes_have_values_each_and_steps_may_mix():
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(**QUICK, n_members=2)
    model = make_pipeline(PCA(2), net).fit(X, y)
    found = shap_values(model, X[:5], X, n_background=20, random_state=0)
    assert found.values.shape == (5, 4, 3)
    assert found.output_names == ["0", "1", "2"]
    np.testing.assert_allclose(
        found.values.sum(1) + found.base_values, model.predict_proba(X[:5]), atol=1e-6
    )


def test_numpys_random_state_is_left_alone():
    X, y = load_diabetes(return_X_y=True)
    model = linear_network(X, y)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    shap_values(model, X[:2], X[:5], explainer="permutation", random_state=0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"explainer": "kernel"}, ValueError, "explainer must be one of"),
        ({"output": "probability"}, ValueError, r"one of \['prediction'\]"),
        ({"n_background": 0}, ValueError, "n_background must be >= 1, got 0"),
        ({"background": np.zeros((3, 9))}, ValueError, "10 columns of X, got 9"),
        ({"model": NeuralNetRegressor()}, NotFittedError, "not fitted"),
        ({"model": PCA(2).fit(np.eye(10))}, TypeError, "a model with predict, got PCA"),
    ],
)
def test_wrong_input_is_refused(changed, error, match):
    X, y = load_diabetes(return_X_y=True)
    arguments = {"model": linear_network(X, y), "X": X[:2], "background": X}
    with pytest.raises(error, match=match):
        shap_values(**{**arguments, **changed})


def test_other_models_are_taken():
    X, _ = load_iris(return_X_y=True)
    model = KMeans(2, n_init=1, random_state=0).fit(X)
    found = shap_values(model, X[:2], X, n_background=10)
    np.testing.assert_allclose(
        found.values.sum(1) + found.base_values, model.predict(X[:2]), atol=1e-12
    )
