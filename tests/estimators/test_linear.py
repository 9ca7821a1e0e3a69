"""Without a hidden layer the networks are the linear models everybody knows."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

FULL_BATCH = {
    "n_layers": 0,
    "n_members": 1,
    "early_stopping": False,
    "batch_size": 10_000,
    "input_scaling": None,
    "lr_schedule": "one_cycle",
    "optimizer": "adam",
    "lr": 0.1,
    "max_epochs": 800,
    "precision": "float64",
    "random_state": 0,
}


def coefficients(net):
    """Weights (C, D) and biases (C,) of the only layer."""
    weights = net.population_.weights
    return weights["head.weight"][0].T, weights["head.bias"][0, 0]


@pytest.mark.parametrize("decay", [0.01, 0.1])
def test_two_classes_agree_with_logistic_regression(decay):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    net = NeuralNetBinaryClassifier(weight_decay=decay, **FULL_BATCH).fit(X, y)
    oracle = LogisticRegression(C=1 / (len(X) * decay), tol=1e-8).fit(X, y)
    weight, bias = coefficients(net)
    np.testing.assert_allclose(weight, oracle.coef_, atol=1e-2)
    np.testing.assert_allclose(bias, oracle.intercept_, atol=1e-2)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(X), atol=1e-2)
    np.testing.assert_allclose(
        net.decision_function(X), oracle.decision_function(X), atol=0.05
    )


def test_three_classes_agree_with_logistic_regression():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    net = NeuralNetClassifier(weight_decay=0.01, **FULL_BATCH).fit(X, y)
    oracle = LogisticRegression(C=1 / (len(X) * 0.01), tol=1e-8).fit(X, y)
    weight, bias = coefficients(net)
    np.testing.assert_allclose(weight, oracle.coef_, atol=1e-2)
    # A number added to all biases changes no probability.
    np.testing.assert_allclose(
        bias - bias.mean(), oracle.intercept_ - oracle.intercept_.mean(), atol=1e-2
    )
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(X), atol=1e-3)


@pytest.mark.parametrize("outputs", [1, 2])
def test_regression_agrees_with_ridge(outputs):
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    if outputs == 2:
        y = np.c_[y, X[:, 0] + np.sin(y)]
    net = NeuralNetRegressor(weight_decay=0.05, **FULL_BATCH).fit(X, y)
    target = StandardScaler().fit_transform(y.reshape(len(y), -1))
    # half the mean over rows and outputs, against the sum over both
    oracle = Ridge(alpha=0.05 * len(X) * outputs).fit(X, target)
    weight, bias = coefficients(net)
    np.testing.assert_allclose(weight, oracle.coef_.reshape(outputs, -1), atol=1e-2)
    np.testing.assert_allclose(bias, oracle.intercept_, atol=1e-2)
    plain = Ridge(alpha=0.05 * len(X) * outputs).fit(X, y)
    np.testing.assert_allclose(net.predict(X), plain.predict(X), atol=1e-2 * y.std())


def test_weights_count_as_in_logistic_regression():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    weight = np.random.RandomState(0).uniform(0, 3, len(X))
    net = NeuralNetBinaryClassifier(weight_decay=0.05, **FULL_BATCH)
    net.fit(X, y, sample_weight=weight)
    oracle = LogisticRegression(C=1 / (weight.sum() * 0.05), tol=1e-8)
    oracle.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(coefficients(net)[0], oracle.coef_, atol=1e-2)


def test_balanced_classes_count_as_in_logistic_regression():
    X, y = load_breast_cancer(return_X_y=True)
    keep = np.r_[np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:40]]
    X, y = StandardScaler().fit_transform(X[keep]), y[keep]
    net = NeuralNetBinaryClassifier(
        weight_decay=0.05, class_weight="balanced", **FULL_BATCH
    ).fit(X, y)
    oracle = LogisticRegression(
        C=1 / (len(X) * 0.05), tol=1e-8, class_weight="balanced"
    ).fit(X, y)
    np.testing.assert_allclose(coefficients(net)[0], oracle.coef_, atol=1e-2)
    explicit = dict(zip([0, 1], len(y) / (2 * np.bincount(y)), strict=True))
    again = NeuralNetBinaryClassifier(
        weight_decay=0.05, class_weight=explicit, **FULL_BATCH
    ).fit(X, y)
    np.testing.assert_allclose(coefficients(again)[0], coefficients(net)[0])
