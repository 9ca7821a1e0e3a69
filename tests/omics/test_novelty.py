"""What is said to be unlike the training rows."""

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sknn_bio import NeuralNetClassifier
from sknn_bio.omics import _novelty
from sknn_bio.omics._novelty import HiddenDistance, Judge, hidden_units, parts_of

QUICK = {"n_members": 3, "max_epochs": 20, "lr": 0.01, "n_neurons": 16}
EVERY = np.ones(300, bool)


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(300, 5, centers=3, cluster_std=1.0, random_state=0)
    return X, np.array(["a", "b", "c"])[y]


@pytest.fixture(scope="module")
def network(blobs):
    return NeuralNetClassifier(random_state=0, **QUICK).fit(*blobs)


def test_hidden_units_lead_to_the_logits(blobs, network):
    X, _ = blobs
    hidden = hidden_units(network, X)
    assert hidden.shape == (3, 300, 16) and hidden.min() == 0  # behind a ReLU
    weights = network.population_.weights
    raw = hidden @ weights["head.weight"] + weights["head.bias"]
    np.testing.assert_allclose(raw, network.population_.outputs(X, "cpu"), atol=1e-5)


def test_distance_is_mahalanobis_to_the_nearest_class(blobs, network):
    """Against the textbook formula, spelled out."""
    from sklearn.covariance import LedoitWolf

    X, y = blobs
    found = HiddenDistance.fit(network, X, y, EVERY)(network, X[:20])
    expected = []
    for units in hidden_units(network, X):
        means = {label: units[y == label].mean(axis=0) for label in "abc"}
        rest = np.stack([u - means[label] for u, label in zip(units, y, strict=True)])
        inverse = LedoitWolf(assume_centered=True).fit(rest).precision_
        squared = [
            [(u - m) @ inverse @ (u - m) for m in means.values()] for u in units[:20]
        ]
        expected.append(np.sqrt(np.min(squared, axis=1)))
    np.testing.assert_allclose(-found, np.mean(expected, axis=0), rtol=1e-4)


def test_blocks_and_few_rows_a_class_give_the_same(blobs, network, monkeypatch):
    X, y = blobs
    whole = HiddenDistance.fit(network, X, y, EVERY)
    monkeypatch.setattr(_novelty, "_BLOCK", 64)
    np.testing.assert_allclose(
        whole(network, X), HiddenDistance.fit(network, X, y, EVERY)(network, X)
    )
    monkeypatch.setattr(_novelty, "_MOST_ROWS", 60)
    some = HiddenDistance.fit(network, X, y, EVERY)
    rows = np.concatenate(
        [
            np.flatnonzero(y == c)[np.linspace(0, 99, 20).round().astype(int)]
            for c in "abc"
        ]
    )
    same = HiddenDistance.fit(network, X[np.sort(rows)], y[np.sort(rows)], EVERY[:60])
    np.testing.assert_allclose(some(network, X), same(network, X))


def test_rows_of_no_weight_are_not_learned_from(blobs, network):
    X, y = blobs
    kept = np.arange(300) % 2 == 0
    half = HiddenDistance.fit(network, X, y, kept)(network, X)
    same = HiddenDistance.fit(network, X[kept], y[kept], EVERY[:150])(network, X)
    np.testing.assert_allclose(half, same)


@pytest.mark.parametrize("novelty", ["distance", "entropy", "probability"])
def test_a_class_between_others_is_less_familiar(network, blobs, novelty):
    X, y = blobs
    judge = Judge.fit(network, novelty, X, y, {}, EVERY)
    between = X[y == "a"] / 2 + X[y == "b"] / 2
    proba, familiar = judge(np.vstack([X, between]), {})
    np.testing.assert_allclose(proba[:300], network.predict_proba(X), rtol=1e-5)
    assert roc_auc_score(np.arange(400) < 300, familiar) > 0.9


def test_a_pipeline_and_a_search_are_looked_into(blobs):
    X, y = blobs
    steps = make_pipeline(
        StandardScaler(), NeuralNetClassifier(random_state=0, **QUICK)
    )
    search = GridSearchCV(steps, {"neuralnetclassifier__lr": [0.01]}, cv=2).fit(X, y)
    before, last = parts_of(search)
    assert len(before.steps) == 1 and last is search.best_estimator_[-1]
    judge = Judge.fit(search, "auto", X, y, {}, EVERY)
    assert judge.novelty == "distance"
    scaled = before.transform(X)
    alone = HiddenDistance.fit(last, scaled, y, EVERY)(last, scaled)
    np.testing.assert_allclose(judge(X, {})[1], alone)


class Closed(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.layer = nn.Linear(d_in, d_out)

    def forward(self, x):
        return self.layer(x)


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        NeuralNetClassifier(n_layers=0, n_members=1, max_epochs=3),
        NeuralNetClassifier(module=Closed, n_members=1, max_epochs=3),
    ],
    ids=["another", "no hidden layer", "a module"],
)
def test_auto_is_the_entropy_where_no_layer_is_hidden(blobs, model):
    X, y = blobs
    model.fit(X, y)
    assert Judge.fit(model, "auto", X, y, {}, EVERY).novelty == "entropy"
    with pytest.raises(ValueError, match="needs a network of sknn_bio with a hidden"):
        Judge.fit(model, "distance", X, y, {}, EVERY)
