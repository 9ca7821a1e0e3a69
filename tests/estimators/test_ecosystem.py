"""The estimators among scikit-learn's own tools."""

import os
import pickle
import subprocess
import sys

import joblib
import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import BaggingClassifier, StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SelectKBest
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    learning_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def table():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:200], y[:200]


def net(**changes):
    base = {
        "n_neurons": 8,
        "n_members": 2,
        "max_epochs": 8,
        "lr": 0.01,
        "random_state": 0,
    }
    return NeuralNetBinaryClassifier(**{**base, **changes})


def pipeline(**changes):
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("select", SelectKBest(k=20)),
            ("net", net(**changes)),
        ]
    )


def test_grid_search_gives_the_same_bits_with_one_and_two_jobs(table):
    grid = {
        "net__n_neurons": [4, 8],
        "net__dropout": [0.0, 0.3],
        "net__lr": [0.01, 0.03],
    }
    scores = []
    for n_jobs in (1, 2):
        search = GridSearchCV(
            pipeline(), grid, scoring="roc_auc", n_jobs=n_jobs, cv=3
        ).fit(*table)
        scores.append(
            [search.cv_results_[f"split{i}_test_score"].tobytes() for i in range(3)]
        )
    assert scores[0] == scores[1]
    assert search.best_score_ > 0.9


def test_a_dump_gives_the_same_bits_in_a_process_with_nothing_else(table, tmp_path):
    X, y = table
    fitted = pipeline().fit(X, y)
    joblib.dump(fitted, tmp_path / "model.joblib")
    np.save(tmp_path / "X.npy", X)
    code = (
        "import joblib, numpy\n"
        "p = joblib.load('model.joblib').predict_proba(numpy.load('X.npy'))\n"
        "numpy.save('p.npy', p)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True,
                   env=environment)  # fmt: skip
    there = np.load(tmp_path / "p.npy")
    assert there.tobytes() == fitted.predict_proba(X).tobytes()


def test_a_fitted_estimator_holds_no_training_data(table):
    X, y = table
    small = net().fit(X, y)
    large = net().fit(np.repeat(X, 5, 0), np.repeat(y, 5))
    per_row = (_size(large) - _size(small)) / (4 * len(X))
    assert per_row < X.shape[1] * 8 / 2  # row numbers and predictions, not rows


def _size(estimator):
    return len(pickle.dumps(estimator))


def test_clone_is_unfitted_and_equal(table):
    fitted = net(callbacks=[], optimizer_params={"eps": 1e-7}).fit(*table)
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "population_") and not hasattr(copy, "net_")


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_neighbours_with_set_output(table, output):
    X, y = table
    frame = pd.DataFrame(X, columns=[f"gene {i}" for i in range(X.shape[1])])
    pipe = pipeline().set_output(transform=output).fit(frame, y)
    plain = pipeline().fit(X, y)
    # Columns of a frame lie one after the other: sums differ in the last bit.
    np.testing.assert_allclose(
        pipe.predict_proba(frame), plain.predict_proba(X), rtol=1e-6
    )
    assert list(pipe[-1].feature_names_in_) == list(pipe[:-1].get_feature_names_out())


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(table, method):
    X, y = table
    model = CalibratedClassifierCV(net(), method=method, cv=2).fit(X, y)
    assert model.score(X, y) > 0.85


def test_ensembles_of_scikit_learn(table):
    X, y = table
    stack = StackingClassifier(
        [("net", net()), ("lr", make_pipeline(StandardScaler(), LogisticRegression()))],
        cv=2,
    ).fit(X, y)
    assert stack.score(X, y) > 0.85
    bag = BaggingClassifier(net(n_members=1), n_estimators=2, random_state=0).fit(X, y)
    assert bag.score(X, y) > 0.8


def test_cross_val_predict(table):
    X, y = table
    prob = cross_val_predict(net(), X, y, cv=3, method="predict_proba")
    score = cross_val_predict(net(), X, y, cv=3, method="decision_function")
    np.testing.assert_allclose(prob.sum(1), 1)
    np.testing.assert_allclose(prob[:, 1], 1 / (1 + np.exp(-score)))


def test_permutation_importance_finds_the_column_that_matters():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 4))
    y = (X[:, 2] > 0).astype(int)
    model = net(max_epochs=20).fit(X, y)
    result = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert result.importances_mean.argmax() == 2


def test_partial_dependence(table):
    X, y = table
    display = PartialDependenceDisplay.from_estimator(
        net().fit(X, y), X, [0, (1, 2)], grid_resolution=5
    )
    assert display.axes_.shape == (1, 2)
    matplotlib.pyplot.close("all")


def test_learning_curve(table):
    sizes, train, test = learning_curve(net(), *table, train_sizes=[40, 100], cv=3)
    assert train.shape == test.shape == (2, 3)


def test_halving_search(table):
    search = HalvingGridSearchCV(
        net(n_members=1), {"lr": [0.001, 0.01, 0.03]}, cv=2, resource="max_epochs",
        max_resources=9, min_resources=3, random_state=0,
    ).fit(*table)  # fmt: skip
    assert search.best_estimator_.max_epochs == 9


def test_tuned_threshold(table):
    X, y = table
    model = TunedThresholdClassifierCV(net(), scoring="balanced_accuracy", cv=2)
    assert 0 < model.fit(X, y).best_threshold_ < 1


def test_hinge_has_scores_and_no_probabilities(table):
    X, y = table
    model = net(loss="hinge").fit(X, y)
    assert not hasattr(model, "predict_proba")
    assert ((model.decision_function(X) > 0) == model.predict(X)).all()
    assert CalibratedClassifierCV(model, cv=2).fit(X, y).predict_proba(X).shape[1] == 2


def test_multi_output_regression_in_a_search():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 4))
    Y = np.c_[X[:, 0], X[:, 1] * 100, -X[:, 0]]
    model = NeuralNetRegressor(n_neurons=16, n_members=2, lr=0.01, random_state=0)
    search = GridSearchCV(model, {"max_epochs": [1, 60]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"max_epochs": 60}
    assert search.predict(X).shape == (120, 3)
    assert search.score(X, Y) > 0.8
