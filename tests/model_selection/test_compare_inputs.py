"""What ``compare`` refuses, and in which words; how it reads the task; its own call."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import baselines, compare
from sknn_bio.model_selection._problem import name_models, read_problem
from sknn_bio.model_selection._thresholds import choose_threshold, youden


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, (X[:, 0] + rng.normal(size=60) > 0).astype(int)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": [0, 1]}, "inconsistent numbers of samples"),
        ({"y": np.zeros(60)}, "y must have two values or more"),
        ({"y": [None, *[0, 1] * 29, 1]}, "y must have no missing values, got 1"),
        ({"y": np.c_[np.arange(60), np.arange(60)]}, "1d array"),
        ({"groups": [1, 2]}, "inconsistent numbers of samples"),
        ({"groups": np.arange(60) % 4}, "got 5 folds for 4 groups; cv='cohort'"),
        ({"groups": [None, *range(59)]}, "groups must have no missing values"),
        ({"models": {}}, "models must hold at least one"),
        ({"cv": "five"}, 'cv must be a number of folds, a splitter or "cohort"'),
        ({"cv": "cohort"}, 'cv="cohort" needs groups'),
        (
            {"cv": "cohort", "groups": np.arange(60) % 3, "n_repeats": 2},
            'n_repeats must be 1 with cv="cohort"',
        ),
        ({"n_repeats": 0}, "n_repeats must be an int >= 1, got 0"),
        ({"random_state": "a"}, "random_state must be an int or None"),
        ({"pos_label": 7}, r"pos_label must be one of \[0, 1\], got 7"),
        ({"scoring": "auc"}, "'auc' is not a valid scoring value"),
        ({"scoring": [3]}, "scoring must hold names"),
        ({"test": 3}, r"test must be \(X, y\)"),
        (
            {"test": (np.zeros((4, 2)), [0, 1, 0, 1])},
            "must have 3 columns like X, got 2",
        ),
        ({"test": (np.zeros((2, 3)), [0, 5])}, r"classes of \[0, 1\] only, got \[5\]"),
    ],
)
def test_wrong_input_is_refused(table, change, message):
    X, y = table
    arguments = {"models": [GaussianNB()], "X": X, "y": y, **change}
    with pytest.raises(ValueError, match=message):
        compare(**arguments)


def test_a_class_is_no_model(table):
    with pytest.raises(TypeError, match="models must be estimators"):
        compare([GaussianNB], *table)


@pytest.mark.parametrize(
    ("y", "task"),
    [
        ([0, 1] * 20, "binary"),
        ([0.0, 1.0] * 20, "binary"),
        (["x", "y"] * 20, "binary"),
        ([True, False] * 20, "binary"),
        ([0, 1, 2, 3] * 10, "multiclass"),
        (list("abcdefgh") * 5, "multiclass"),
        (np.linspace(0, 1, 40), "regression"),
        (np.arange(40), "regression"),
        (pd.Series(["a", "b"] * 20, dtype="category"), "binary"),
    ],
)
def test_the_task_is_read_from_the_target(y, task):
    assert read_problem(np.zeros((40, 1)), y).task == task


def test_models_decide_what_whole_numbers_are():
    X, y = np.zeros((40, 1)), np.arange(40) % 5
    assert read_problem(X, y, models=[LinearRegression()]).task == "regression"
    assert read_problem(X, y, models=[GaussianNB()]).task == "multiclass"
    either = [GaussianNB(), LinearRegression()]
    assert read_problem(X, y, models=either).task == "multiclass"
    scores = y.astype(float)
    assert read_problem(X, scores).task == "regression"
    assert read_problem(X, scores, models=[GaussianNB()]).task == "multiclass"


def test_models_are_named_by_their_classes():
    assert list(
        name_models([GaussianNB(), GaussianNB(), DecisionTreeClassifier()])
    ) == [
        "GaussianNB",
        "GaussianNB 2",
        "DecisionTreeClassifier",
    ]
    assert list(name_models(GaussianNB())) == ["GaussianNB"]


def test_labels_of_the_command_line_are_text(table):
    X, y = table
    assert compare([GaussianNB()], X, y, pos_label="0", scoring="f1").pos_label == 0


def test_sparse_and_polars_tables(table):
    X, y = table
    models = [LogisticRegression()]
    dense = compare(models, X, y, scoring="roc_auc")
    thin = compare(models, sparse.csr_matrix(X), y, scoring="roc_auc")
    np.testing.assert_allclose(dense.results["value"], thin.results["value"])
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({f"x{i}": X[:, i] for i in range(3)})
    other = compare(models, frame, polars.Series(y), scoring="roc_auc")
    np.testing.assert_allclose(dense.results["value"], other.results["value"])


def test_the_call_makes_the_comparison_again(table):
    X, y = table
    patient = np.arange(60) // 2
    models = {
        "net": make_pipeline(
            StandardScaler(),
            NeuralNetBinaryClassifier(n_neurons=(4, 3), max_epochs=2, n_members=1),
        ),
        "forest": RandomForestClassifier(n_estimators=5, class_weight={0: 1, 1: 2}),
        "logistic": baselines(X, y)["logistic"],
    }
    first = compare(
        models,
        X,
        y,
        groups=patient,
        cv=GroupKFold(3, shuffle=True, random_state=1),
        scoring=["roc_auc", "f1"],
        tune={"forest": {"max_depth": [1, None]}},
        n_repeats=2,
        pos_label=0,
        rope={"roc_auc": 0.02},
    )
    assert "baselines(X, y)" in first.call
    assert "class_weight={0: 1, 1: 2}" in first.call
    room = {"X": X, "y": y, "groups": patient}
    exec(first.call, room)
    again = room["comparison"]
    pd.testing.assert_frame_equal(again.predictions, first.predictions)
    pd.testing.assert_frame_equal(again.differences(), first.differences())
    assert again.call == first.call


def test_all_baselines_are_called_by_one_name(table):
    X, y = table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ready = {k: v for k, v in baselines(X, y).items() if k != "catboost"}
    call = compare({k: ready[k] for k in ("dummy", "logistic")}, X, y).call
    assert "ready = baselines(X, y)" in call
    assert "'dummy': ready['dummy']" in call


def test_youden_by_hand():
    y = np.array([0, 0, 0, 1, 0, 1, 1])
    score = np.array([0.1, 0.2, 0.3, 0.35, 0.5, 0.6, 0.9])
    # From 0.35 on: three of three positives, one of four negatives.
    assert youden(y, score) == pytest.approx(0.325)
    assert youden(np.array([1, 0]), np.array([0.5, 0.5])) == 0.5


def test_threshold_comes_from_training_rows_only():
    X, y = load_breast_cancer(return_X_y=True)
    forest = RandomForestClassifier(50, oob_score=True, random_state=0).fit(X, y)
    kept = choose_threshold(forest, None, X, y, None, None)
    assert kept == youden(y, forest.oob_decision_function_[:, 1])
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    fitted = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
    held_out = choose_threshold(fitted, tree, X, y, None, None)
    on_itself = youden(y, fitted.predict_proba(X)[:, 1])
    assert 0 < held_out < 1
    assert held_out != on_itself
