"""Attributions find their way back through the steps of a Pipeline."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.frozen import FrozenEstimator
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.inspection import integrated_gradients
from sknn_bio.inspection._path_routes import ByColumn
from sknn_bio.inspection._path_steps import follow
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

QUICK = {"max_epochs": 10, "random_state": 0}


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:200, :8], y[:200]


@pytest.fixture(scope="module")
def mixed(cancer):
    """Numbers with gaps, few levels, many levels, truth values."""
    rng = np.random.default_rng(0)
    X = cancer[0].mask(rng.random(cancer[0].shape) < 0.1)
    X["stage"] = pd.Categorical(rng.choice(["I", "II", "III"], len(X)))
    X["site"] = [f"site {i}" for i in rng.integers(0, 40, len(X))]
    X["smoker"] = rng.random(len(X)) > 0.5
    return X, (rng.random(len(X)) < np.where(X["smoker"], 0.8, 0.2)).astype(int)


def network(**params):
    return NeuralNetBinaryClassifier(**{**QUICK, "n_members": 2, **params})


def assert_complete(model, X, **options):
    found = integrated_gradients(model, X, **options)
    np.testing.assert_allclose(found.outputs, model.predict_proba(X)[:, 1], rtol=1e-5)
    way = found.outputs - found.base_values
    missed = np.abs(found.values.sum(1) - way) / np.maximum(np.abs(way), 0.0101)
    assert missed.max() <= 0.0101
    assert found.feature_names.tolist() == [str(c) for c in X.columns]
    return found


def test_the_networks_own_columns_are_summed(mixed):
    X, y = mixed
    model = network(n_members=4, max_epochs=40).fit(X, y)
    for options in ({}, {"baseline": X.iloc[:2]}):
        found = assert_complete(model, X, **options)
        assert (np.abs(found.values).max(0) > 0).all()
        assert found.importances()["feature"][0] == "smoker"
    unchanged = found.data.iloc[0].equals(X.iloc[0])
    assert unchanged
    # A row that is the baseline in all but one column has moved by this one only.
    start = X.dropna().iloc[0]
    n_features = X.shape[1]
    rows = X.dropna().iloc[[0] * n_features].reset_index(drop=True)
    for j, name in enumerate(X.columns):
        others = X[name].dropna()
        rows.iloc[j, j] = others[others != start[name]].iloc[0]
    found = integrated_gradients(model, rows, baseline=start).values
    np.testing.assert_allclose(found[~np.eye(n_features, dtype=bool)], 0, atol=1e-12)
    assert (np.diag(found) != 0).all()


def test_scaled_and_selected_columns_equal_those_by_hand(cancer):
    X, y = cancer
    model = make_pipeline(StandardScaler(), SelectKBest(k=3), network()).fit(X, y)
    found = integrated_gradients(model, X)
    inside = integrated_gradients(model[-1], model[:-1].transform(X))
    kept = model[1].get_support()
    np.testing.assert_array_equal(found.values[:, kept], inside.values)
    assert (found.values[:, ~kept] == 0).all()
    np.testing.assert_array_equal(
        found.member_importances[:, kept], inside.member_importances
    )


@pytest.mark.parametrize(
    ("step", "sources"),
    [
        (SimpleImputer(add_indicator=True), [0, 1, 2, 0, 2]),
        (KNNImputer(), [0, 1, 2]),
        (VarianceThreshold(), [0, 1, 2]),
        (PowerTransformer(), [0, 1, 2]),
        (QuantileTransformer(n_quantiles=5), [0, 1, 2]),
        (FunctionTransformer(np.sqrt), [0, 1, 2]),
        (FunctionTransformer(), [0, 1, 2]),
        (FunctionTransformer(lambda x: x, feature_names_out="one-to-one"), [0, 1, 2]),
        ("passthrough", [0, 1, 2]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_columns_of_numbers(step, sources):
    X = pd.DataFrame(np.random.default_rng(0).random((20, 3)), columns=list("abc"))
    X.iloc[0, 0] = X.iloc[1, 2] = np.nan
    if not isinstance(step, str):
        step.fit(X, np.zeros(20))
    route = follow("step", step, X, None).route
    assert isinstance(route, ByColumn)
    assert route.source.tolist() == sources


@pytest.mark.parametrize(
    ("step", "sources"),
    [
        (OneHotEncoder(), [0, 0, 0, 1, 1]),
        (OneHotEncoder(drop="first"), [0, 0, 1]),
        (OneHotEncoder(feature_name_combiner=lambda a, b: str(b)), [0, 0, 0, 1, 1]),
        (OneHotEncoder(min_frequency=6, handle_unknown="ignore"), [0, 0, 0, 1, 1]),
        (OrdinalEncoder(), [0, 1]),
        (TargetEncoder(), [0, 0, 0, 1, 1, 1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_columns_of_categories(step, sources):
    X = pd.DataFrame({"a b": list("xyz") * 10, "b": list("uv") * 15})
    step.fit(X, np.arange(30) // 10)
    assert follow("step", step, X, None).route.source.tolist() == sources


@pytest.mark.parametrize(
    ("step", "sources"),
    [
        (KBinsDiscretizer(2, quantile_method="averaged_inverted_cdf"), [0, 0, 1, 1]),
        (SplineTransformer(n_knots=2, degree=1), [0, 0, 1, 1]),
        (PolynomialFeatures(2, include_bias=False), None),
        (Nystroem(n_components=2), None),
        (FunctionTransformer(np.cumsum), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_columns_that_become_several_and_those_that_mix(step, sources):
    X = np.random.default_rng(0).random((20, 2))
    step.fit(X)
    if sources is None:
        with pytest.raises(ValueError, match="no way back through the step 'mix'"):
            follow("mix", step, X, None)
    else:
        assert follow("step", step, X, None).route.source.tolist() == sources


@pytest.mark.parametrize("pandas_out", [False, True])
def test_a_column_transformer_is_followed(mixed, pandas_out):
    X, y = mixed
    names = list(X.columns)
    columns = ColumnTransformer(
        [
            ("scaled", make_pipeline(SimpleImputer(), StandardScaler()), names[:3]),
            ("turned", make_pipeline(SimpleImputer(), PCA(2)), names[3:6]),
            ("levels", OneHotEncoder(sparse_output=False), ["stage", "site"]),
            ("dropped", "drop", names[6:7]),
        ],
        remainder="passthrough",
    )
    if pandas_out:
        columns.set_output(transform="pandas")
    model = make_pipeline(columns, network()).fit(X, y)
    order = np.random.default_rng(0).permutation(len(names))
    for options in ({}, {"baseline": X.iloc[:2]}):
        found = assert_complete(model, X, **options)
        used = np.abs(found.values).max(0) > 0
        assert used.tolist() == [name != names[6] for name in names]
        if not options:
            moved = integrated_gradients(model, X.iloc[:, order])
            np.testing.assert_allclose(moved.values, found.values[:, order], atol=1e-10)


def test_columns_by_position_mask_and_slice(cancer):
    X, y = cancer
    mask = np.arange(8) == 6
    columns = ColumnTransformer(
        [
            ("a", StandardScaler(), slice(0, 2)),
            ("b", StandardScaler(), [3, -1]),
            ("c", StandardScaler(), mask),
            ("d", StandardScaler(), slice(X.columns[4], X.columns[5])),
        ]
    )
    route = follow("columns", FrozenEstimator(columns.fit(X, y)), X, None).route
    assert route.source.tolist() == [0, 1, 3, 7, 6, 4, 5]


# Genes ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def genes():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.poisson(3, (120, 40))).add_prefix("GENE")
    return X, (X["GENE3"] + X["GENE7"] > 6).astype(int)


def test_selected_genes_are_found_by_name(genes):
    X, y = genes
    select = HighlyVariableGenes(n_top_genes=20)
    model = make_pipeline(GeneAligner(), select, LogNormalizer(), network())
    model.fit(X, y)
    found = assert_complete(model, X)
    used = np.abs(found.values).max(0) > 0
    np.testing.assert_array_equal(used, model[1].get_support())
    backwards = X.iloc[:, ::-1]
    turned = assert_complete(model, backwards)
    np.testing.assert_allclose(turned.values, found.values[:, ::-1], atol=1e-12)


@pytest.mark.filterwarnings("ignore:the query lacks")
@pytest.mark.parametrize("baseline", ["mean", "zero"])
def test_genes_that_a_table_lacks_have_not_moved_the_answer(genes, baseline):
    X, y = genes
    model = make_pipeline(GeneAligner(), LogNormalizer(), network()).fit(X, y)
    fewer = X.iloc[:, 29::-1]
    found = assert_complete(model, fewer, baseline=baseline)
    assert found.values.shape == (120, 30)


def test_a_baseline_that_does_not_pass_a_step_is_told(cancer):
    X, y = cancer
    union = FeatureUnion([("a", PCA(2)), ("b", StandardScaler())])
    model = make_pipeline(union, SelectKBest(k=3), network()).fit(X, y)
    with pytest.raises(ValueError, match="baseline does not pass the step 'select"):
        integrated_gradients(model, X)
    assert_complete(model, X, baseline=X.mean())
