import numpy as np
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.feature_selection import SelectKBest
from sklearn.impute import KNNImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, make_scorer
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.inspection import _permutation, permutation_importances
from sknn_bio.inspection._permutation_network import inputs_of

SMALL = {"n_members": 3, "n_neurons": 8, "max_epochs": 4, "random_state": 0}


def ordinary(monkeypatch):
    """Ask every model as it is, without the shortcut."""
    monkeypatch.setattr(_permutation, "inputs_of", lambda *args: None)


def pipelines():
    yield make_pipeline(
        StandardScaler(), SelectKBest(k=7), NeuralNetBinaryClassifier(**SMALL)
    )
    yield make_pipeline(
        make_column_transformer((StandardScaler(), [3, 1, 2]), remainder="drop"),
        NeuralNetBinaryClassifier(n_layers=0, n_members=2, max_epochs=2),
    )
    yield GridSearchCV(NeuralNetBinaryClassifier(**SMALL), {"lr": [1e-3]}, cv=KFold(2))
    yield NeuralNetClassifier(input_scaling=None, **SMALL)


@pytest.mark.parametrize("model", list(pipelines()), ids=lambda m: type(m).__name__)
def test_the_shortcut_changes_nothing(table, monkeypatch, model):
    X, y = table
    model = model.fit(X, y)
    settings = {"scoring": "neg_log_loss", "n_repeats": 2, "random_state": 0}
    groups = {"some": list(X.columns[:5]), "two": [3, 29]}
    scorer = make_scorer(log_loss)
    assert inputs_of(model, X, scorer) is not None
    quick = permutation_importances(model, X, y, feature_groups=groups, **settings)
    ordinary(monkeypatch)
    slow = permutation_importances(model, X, y, feature_groups=groups, **settings)
    np.testing.assert_allclose(quick.values, slow.values, atol=2e-6)
    assert abs(quick.values).max() > 1e-4


def test_the_shortcut_knows_gaps_and_categories(mixed, monkeypatch):
    X, y = mixed
    model = NeuralNetBinaryClassifier(**SMALL).fit(X, y)
    settings = {"scoring": "neg_log_loss", "random_state": 0}
    assert inputs_of(model, X, make_scorer(log_loss)) is not None
    quick = permutation_importances(model, X, y, **settings)
    ordinary(monkeypatch)
    slow = permutation_importances(model, X, y, **settings)
    np.testing.assert_allclose(quick.values, slow.values, atol=1e-6)
    theirs = permutation_importance(model, X, y, **settings)
    np.testing.assert_allclose(slow.values, theirs.importances, atol=1e-6)


def test_the_shortcut_knows_several_classes_and_targets(monkeypatch):
    X, y = load_iris(return_X_y=True)
    X_reg, y_reg = load_diabetes(return_X_y=True)
    two = np.column_stack([y_reg, X_reg[:, 0]])
    models = [
        (NeuralNetClassifier(**SMALL).fit(X, y), X, y),
        (NeuralNetRegressor(**SMALL).fit(X_reg, two), X_reg, two),
    ]
    quick = [permutation_importances(*m, random_state=0).values for m in models]
    assert all(inputs_of(m, X, make_scorer(log_loss)) for m, X, _ in models)
    ordinary(monkeypatch)
    slow = [permutation_importances(*m, random_state=0).values for m in models]
    for a, b in zip(quick, slow, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("step", [Normalizer(), KNNImputer(n_neighbors=3)])
def test_steps_that_mix_columns_are_asked_as_they_are(table, step):
    X, y = table
    X = X.iloc[:, :6].mask(np.random.RandomState(0).rand(len(X), 6) < 0.1)
    X = X.fillna(0) if isinstance(step, Normalizer) else X
    model = make_pipeline(step, NeuralNetBinaryClassifier(**SMALL)).fit(X, y)
    assert inputs_of(model, X, make_scorer(log_loss)) is None
    settings = {"scoring": "neg_log_loss", "random_state": 0, "n_repeats": 2}
    ours = permutation_importances(model, X, y, **settings)
    theirs = permutation_importance(model, X, y, **settings)
    np.testing.assert_allclose(ours.values, theirs.importances, atol=1e-6)


def test_a_scorer_of_ones_own_sees_the_permuted_table(table):
    X, y = table
    model = NeuralNetBinaryClassifier(**SMALL).fit(X, y)
    seen = []

    def scorer(estimator, table, target):
        seen.append(table["mean radius"].to_numpy())
        return estimator.predict_proba(table)[:, 1][:100].mean()

    permutation_importances(model, X, y, scoring=scorer, n_repeats=1, random_state=0)
    moved = [not np.array_equal(own, X["mean radius"]) for own in seen]
    assert sum(moved) == 1


def test_sparse_tables(monkeypatch):
    rng = np.random.RandomState(0)
    X = sparse.random(150, 30, 0.2, "csr", random_state=rng)
    y = (X[:, [3]].toarray()[:, 0] + 0.1 * rng.normal(size=150) > 0.05).astype(int)
    settings = {"scoring": "neg_log_loss", "random_state": 0, "n_repeats": 3}
    net = NeuralNetBinaryClassifier(n_members=2, max_epochs=20, random_state=0)
    for model in (net.fit(X, y), LogisticRegression(C=100).fit(X, y)):
        ours = permutation_importances(model, X, y, **settings)
        dense = _DenseFirst(model)
        theirs = permutation_importance(dense, X.toarray(), y, **settings)
        np.testing.assert_allclose(ours.values, theirs.importances, atol=1e-6)
        assert ours.table["feature"][0] == "x3"


class _DenseFirst:
    """Stands for a model of sparse rows; scikit-learn permutes dense ones only."""

    def __init__(self, model):
        self._model, self.classes_ = model, model.classes_

    def fit(self, X, y):
        raise AssertionError

    def predict_proba(self, X):
        return self._model.predict_proba(sparse.csr_matrix(X))

    def __sklearn_tags__(self):
        return self._model.__sklearn_tags__()
