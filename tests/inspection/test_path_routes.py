"""Linear steps divide what a sum gets among the columns that moved it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA, FactorAnalysis, FastICA, TruncatedSVD
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.random_projection import GaussianRandomProjection

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.inspection import integrated_gradients
from sknn_bio.preprocessing import LogNormalizer

QUICK = {"max_epochs": 10, "random_state": 0}


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:200, :8], y[:200]


@pytest.mark.parametrize(
    "step",
    [
        PCA(3),
        PCA(3, whiten=True),
        FastICA(3, whiten="unit-variance", random_state=0),
        FactorAnalysis(2, random_state=0),
        TruncatedSVD(3),
        GaussianRandomProjection(3, random_state=0),
        FeatureUnion([("a", PCA(2)), ("b", StandardScaler())]),
        make_pipeline(PCA(5), StandardScaler(), PCA(3)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_linear_steps_before_a_linear_network_are_exact(cancer, step):
    X, y = StandardScaler().fit_transform(cancer[0]), cancer[0].iloc[:, 0]
    net = NeuralNetRegressor(**QUICK, n_layers=0, n_members=1, early_stopping=False)
    model = make_pipeline(step, net).fit(X, y)
    slope = model.predict(np.eye(8)) - model.predict(np.zeros((1, 8)))
    for baseline, start in ((X[7], X[7]), ("mean", X.mean(0))):
        found = integrated_gradients(model, X, baseline=baseline)
        np.testing.assert_allclose(found.values, slope * (X - start), atol=1e-5)


def test_principal_components_before_a_network_are_its_path_integral(cancer):
    X, y = cancer
    net = NeuralNetBinaryClassifier(**QUICK, n_members=1, activation="tanh")
    model = make_pipeline(StandardScaler(), PCA(3), net).fit(X, y)
    rows, start = X.to_numpy()[:3], X.to_numpy().mean(0)
    found = integrated_gradients(model, X.iloc[:3])
    nodes, weights = np.polynomial.legendre.leggauss(32)
    expected = np.zeros((3, 8))
    step = 1e-4 * X.to_numpy().std(0)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        at = start + node * (rows - start)
        for j in range(8):
            ends = []
            for sign in (1, -1):
                moved = pd.DataFrame(at.copy(), columns=X.columns)
                moved.iloc[:, j] += sign * step[j]
                ends.append(model.predict_proba(moved)[:, 1])
            expected[:, j] += weight * (ends[0] - ends[1]) / (2 * step[j])
    np.testing.assert_allclose(found.values, expected * (rows - start), atol=1e-5)


def test_linear_steps_take_sparse_tables():
    X = sparse.random(100, 30, density=0.2, random_state=0, format="csr")
    X.data = np.ceil(5 * X.data)
    y = (X.toarray()[:, :5].sum(1) > 3).astype(int)
    model = make_pipeline(
        LogNormalizer(),
        TruncatedSVD(4),
        NeuralNetBinaryClassifier(**QUICK, n_members=2),
    ).fit(X, y)
    found = integrated_gradients(model, X)
    way = found.outputs - found.base_values
    np.testing.assert_allclose(found.values.sum(1), way, atol=0.01)
    assert (found.values[X.toarray() == 0] == 0).all()
