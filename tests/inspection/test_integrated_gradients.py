"""Integrated gradients sum up, agree with captum, and answer in the input's columns."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn import datasets
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.inspection import integrated_gradients
from sknn_bio.omics import RejectOption
from sknn_bio.ondisk import open_rows

TABLES = {
    "breast_cancer": NeuralNetBinaryClassifier,
    "diabetes": NeuralNetRegressor,
    "digits": NeuralNetClassifier,
    "iris": NeuralNetClassifier,
    "linnerud": NeuralNetRegressor,
    "wine": NeuralNetClassifier,
}
QUICK = {"max_epochs": 15, "random_state": 0}


def table(name, n_rows=200):
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:n_rows]
    return X[rows], y[rows]


def answers(model, X):
    """What is explained by default, (n,) or (n, K)."""
    if not hasattr(model, "predict_proba"):
        return model.predict(X)
    proba = model.predict_proba(X)
    return proba[:, 1] if proba.shape[1] == 2 else proba


@pytest.fixture(scope="module")
def cancer():
    return table("breast_cancer")


@pytest.fixture(scope="module")
def binary(cancer):
    return NeuralNetBinaryClassifier(**QUICK, n_members=4).fit(*cancer)


@pytest.mark.parametrize("name", TABLES)
def test_attributions_are_complete_on_bundled_tables(name):
    X, y = table(name)
    model = TABLES[name](**QUICK, n_members=4).fit(X, y)
    found = integrated_gradients(model, X)
    np.testing.assert_allclose(found.outputs, answers(model, X), rtol=1e-6)
    way = found.outputs - found.base_values
    missed = np.abs(found.values.sum(1) - way)
    unit = np.std(y, axis=0) if name in ("diabetes", "linnerud") else 1.0
    error = missed / np.maximum(np.abs(way), 0.0101 * unit)
    assert error.max() <= 0.01
    np.testing.assert_allclose(found.completeness_error, error, atol=1e-3)


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("scaling", ["standard", ("standard", "quantile")])
def test_agrees_with_captum_member_by_member(cancer, n_members, scaling):
    captum = pytest.importorskip("captum.attr")
    X, y = cancer
    model = NeuralNetBinaryClassifier(
        **QUICK, n_members=n_members, input_scaling=scaling
    ).fit(X, y)
    state = model.population_
    x = torch.from_numpy(state.scaling.columns.transform(X, np.float64))
    maps = state.scaling.inputs
    x = x[None] if maps is None else maps.on("cpu", torch.float64)(x[None])
    expected = []
    for m in range(n_members):
        own = {k: torch.from_numpy(w[m]).double() for k, w in state.weights.items()}

        def one_member(rows, own=own):
            for layer in ("hidden.0", "hidden.1"):
                rows = torch.relu(rows @ own[f"{layer}.weight"] + own[f"{layer}.bias"])
            return torch.sigmoid(rows @ own["head.weight"] + own["head.bias"])[:, 0]

        tool = captum.IntegratedGradients(one_member)
        expected.append(tool.attribute(x[m], n_steps=32, method="gausslegendre"))
    found = integrated_gradients(model, X, n_steps=32, tol=np.inf)
    mean = torch.stack(expected).mean(0).numpy()
    np.testing.assert_allclose(found.values, mean, atol=1e-5)
    sizes = torch.stack(expected).abs().mean(1).numpy()
    np.testing.assert_allclose(found.member_importances, sizes, atol=1e-5)


def test_a_linear_network_has_its_weights_times_the_way():
    X, y = table("diabetes")
    model = NeuralNetRegressor(**QUICK, n_layers=0, input_scaling="standard").fit(X, y)
    zero = model.predict(np.zeros((1, X.shape[1])))
    slope = model.predict(np.eye(X.shape[1])) - zero
    found = integrated_gradients(model, X, baseline=X.mean(0))
    np.testing.assert_allclose(
        found.values, slope * (X - X.mean(0)), atol=1e-6 * y.std()
    )


def test_more_points_are_taken_where_they_are_needed(cancer, binary):
    X, _ = cancer
    with pytest.warns(UserWarning, match="rows is above tol=0.01.*with 2 points"):
        coarse = integrated_gradients(binary, X, n_steps=2, max_steps=2)
    fine = integrated_gradients(binary, X, n_steps=2, tol=1e-3)
    assert coarse.completeness_error.max() > 0.01
    assert fine.completeness_error.max() <= 1e-3


def test_a_permuted_table_has_permuted_attributions(cancer):
    X, y = pd.DataFrame(cancer[0]).add_prefix("c"), cancer[1]
    by_name = ColumnTransformer([("kept", "passthrough", list(X.columns[:12]))])
    net = NeuralNetBinaryClassifier(**QUICK, n_members=2)
    model = make_pipeline(by_name, net).fit(X, y)
    order = np.random.default_rng(1).permutation(X.shape[1])
    found = integrated_gradients(model, X)
    moved = integrated_gradients(model, X.iloc[:, order])
    np.testing.assert_array_equal(moved.values, found.values[:, order])
    assert moved.feature_names.tolist() == X.columns[order].tolist()
    assert (found.values[:, 12:] == 0).all()
    assert (np.abs(found.values[:, :12]).max(0) > 0).all()


# Baselines --------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", ["zero", "row", "rows"])
def test_base_values_are_what_the_model_says_of_the_baseline(cancer, binary, baseline):
    X, _ = cancer
    rows = {"zero": np.zeros((1, 30)), "row": X[3:4], "rows": X[:5]}[baseline]
    given = {"zero": "zero", "row": X[3], "rows": X[:5]}[baseline]
    found = integrated_gradients(binary, X, baseline=given)
    np.testing.assert_allclose(
        found.base_values, answers(binary, rows).mean(), rtol=1e-6
    )
    assert found.completeness_error.max() <= 0.01


def test_several_baselines_are_averaged(cancer, binary):
    X, _ = cancer
    fixed = {"n_steps": 16, "tol": np.inf}
    together = integrated_gradients(binary, X[:20], baseline=X[:3], **fixed)
    each = [
        integrated_gradients(binary, X[:20], baseline=row, **fixed).values
        for row in X[:3]
    ]
    np.testing.assert_allclose(together.values, np.mean(each, axis=0), atol=1e-12)


def test_a_sparse_table_is_held_against_no_counts():
    rng = np.random.default_rng(0)
    X = sparse.random(120, 40, density=0.2, random_state=0, format="csr")
    y = (X.toarray()[:, :5].sum(1) > 0.4).astype(int)
    model = NeuralNetBinaryClassifier(**QUICK, n_members=2).fit(X, y)
    found = integrated_gradients(model, X)
    nothing = model.predict_proba(sparse.csr_matrix((1, 40)))[0, 1]
    np.testing.assert_allclose(found.base_values, nothing, rtol=1e-5)
    assert (found.values[X.toarray() == 0] == 0).all()
    assert sparse.issparse(found.data)
    mean = integrated_gradients(model, X, baseline="mean")
    assert not np.isclose(mean.base_values[0], nothing)
    shuffled = rng.permutation(120)
    again = integrated_gradients(model, X.tocsc()[shuffled])
    np.testing.assert_allclose(again.values, found.values[shuffled], atol=1e-6)


def test_rows_on_disk_are_read_in_blocks(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 12)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    file = np.lib.format.open_memmap(
        tmp_path / "X.npy", mode="w+", dtype=X.dtype, shape=X.shape
    )
    file[:] = X
    model = NeuralNetBinaryClassifier(**QUICK, n_members=2).fit(X, y)
    monkeypatch.setattr("sknn_bio.inspection._integrated_gradients._NUMBERS", 5000)
    found = integrated_gradients(model, open_rows(tmp_path / "X.npy"))
    expected = integrated_gradients(model, X)
    np.testing.assert_allclose(found.values, expected.values, atol=1e-6)
    pytest.importorskip("shap")
    np.testing.assert_array_equal(found.to_shap().data, X)


# What can be explained --------------------------------------------------------------


def test_raw_outputs_and_probabilities_differ(cancer, binary):
    X, _ = cancer
    raw = integrated_gradients(binary, X, output="raw")
    logits = np.log(binary.predict_members(X)[..., 1]) - np.log(
        binary.predict_members(X)[..., 0]
    )
    np.testing.assert_allclose(raw.outputs, logits.mean(0), rtol=1e-4, atol=1e-4)
    assert raw.output == "raw"
    assert raw.output_names.tolist() == [1]


@pytest.mark.parametrize("wrap", ["search", "frozen", "threshold", "reject", "twice"])
def test_models_inside_others_are_found(cancer, binary, wrap):
    X, y = cancer
    net = NeuralNetBinaryClassifier(**QUICK, n_members=2)
    model = {
        "search": lambda: GridSearchCV(net, {"lr": [1e-3]}, cv=2),
        "frozen": lambda: FrozenEstimator(binary),
        "threshold": lambda: FixedThresholdClassifier(net),
        "reject": lambda: RejectOption(net, target_error=0.3, novelty="entropy"),
        "twice": lambda: make_pipeline(
            StandardScaler(), make_pipeline(SelectKBest(k=4), net)
        ),
    }[wrap]().fit(X, y)
    found = integrated_gradients(model, X)
    np.testing.assert_allclose(found.outputs, answers(model, X), rtol=1e-6)
    assert found.values.shape == X.shape


def test_a_transformed_target_is_explained_in_its_own_unit():
    X, y = table("diabetes")
    model = TransformedTargetRegressor(
        NeuralNetRegressor(**QUICK, n_members=2), func=np.log, inverse_func=np.exp
    ).fit(X, y)
    found = integrated_gradients(model, X)
    np.testing.assert_allclose(found.outputs, model.predict(X), rtol=1e-6)
    way = found.outputs - found.base_values
    np.testing.assert_allclose(found.values.sum(1), way, rtol=0.01, atol=0.5)


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"output": "prediction"}, ValueError, "output must be 'auto' or one of"),
        ({"baseline": "median"}, ValueError, "baseline must be one of"),
        ({"baseline": np.zeros(29)}, ValueError, "the 30 columns of X, got shape"),
        ({"tol": 0}, ValueError, "tol must be a number > 0, got 0"),
        ({"tol": "1%"}, ValueError, "tol must be a number > 0, got '1%'"),
        ({"n_steps": 0}, ValueError, "1 <= n_steps <= max_steps, got 0 and 1024"),
        ({"n_steps": 2.5}, ValueError, "must be integers"),
        ({"X": np.zeros((3, 29))}, ValueError, "X has 29 features"),
        ({"model": NeuralNetClassifier()}, NotFittedError, "not fitted"),
    ],
)
def test_wrong_input_is_refused(cancer, binary, changed, error, match):
    arguments = {"model": binary, "X": cancer[0], **changed}
    with pytest.raises(error, match=match):
        integrated_gradients(**arguments)


def test_other_models_are_refused(cancer):
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(*cancer)
    with pytest.raises(TypeError, match="network of sknn_bio.*got LogisticRegression"):
        integrated_gradients(model, cancer[0])


def test_hinge_has_no_probability(cancer):
    model = NeuralNetBinaryClassifier(**QUICK, n_members=2, loss="hinge").fit(*cancer)
    found = integrated_gradients(model, cancer[0])
    assert found.output == "raw"
    np.testing.assert_allclose(
        found.outputs, model.decision_function(cancer[0]), rtol=1e-5, atol=1e-6
    )
    with pytest.raises(ValueError, match="no probability: use 'raw'"):
        integrated_gradients(model, cancer[0], output="probability")
