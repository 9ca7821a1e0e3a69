"""Small simulations of what ``compare`` promises; the large ones are in benchmarks/."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import roc_auc_score
from sklearn.tree import ExtraTreeClassifier

from sknn_bio.model_selection import compare
from sknn_bio.model_selection._folds import InnerFolds, make_folds
from sknn_bio.model_selection._problem import read_problem
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.model_selection.statistics.metrics import auc
from sknn_bio.model_selection.statistics.resampled import corrected_t_test


def half_of_the_columns(seed, X, y, X_new):
    """Score by the difference of class means, on columns that the seed draws."""
    columns = np.random.default_rng(seed).choice(10, 5, replace=False)
    direction = X[y == 1][:, columns].mean(0) - X[y == 0][:, columns].mean(0)
    return X_new[:, columns] @ direction


def test_the_same_learner_with_another_seed_is_seldom_better():
    corrected, ordinary = 0, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((100, 10))
        y = (X.sum(1) / np.sqrt(10) + rng.standard_normal(100) > 0).astype(int)
        folds = make_folds(read_problem(X, y), 5, 4, seed)
        seeds = rng.integers(2**31, size=2)
        scores = np.array(
            [
                [
                    auc(
                        y[f.test] == 1,
                        half_of_the_columns(s, X[f.train], y[f.train], X[f.test]),
                        np.ones((1, len(f.test))),
                    )[0]
                    for s in seeds
                ]
                for f in folds
            ]
        )
        difference = scores[:, 0] - scores[:, 1]
        corrected += corrected_t_test(difference, 0.25, 0.01).p_value < 0.05
        ordinary += stats.ttest_1samp(difference, 0).pvalue < 0.05
    assert stats.binomtest(corrected, 300).proportion_ci().low <= 0.07
    assert corrected / 300 < 0.1
    assert ordinary / 300 > 0.3


def simulated(seed):
    """Return 40 groups of 5 nearly equal rows, and their out-of-fold predictions."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(40), 5)
    X = rng.standard_normal(40)[group] + 0.1 * rng.standard_normal(200)
    y = (X + rng.standard_normal(40)[group] > 0).astype(int)
    proba = stats.norm.cdf(X)
    frame = pd.DataFrame({"row": np.arange(200), "y_true": y, "group": group})
    frame = frame.assign(
        model="m", repeat=0, fold=group % 5, y_pred=(X > 0).astype(int)
    )
    return frame.assign(proba_0=1 - proba, proba_1=proba)


def test_intervals_hold_the_truth_where_groups_are_resampled():
    rng = np.random.default_rng(0)
    X = 1.005 * rng.standard_normal(200_000)
    y = X * (1 / 1.005) + rng.standard_normal(200_000) > 0
    truth = roc_auc_score(y, X)
    folds = pd.DataFrame({"n_train": [160] * 5, "n_test": [40] * 5})
    inside = {"groups": 0, "rows": 0}
    for seed in range(150):
        frame = simulated(seed)
        for kind in inside:
            given = frame if kind == "groups" else frame.drop(columns="group")
            evidence = Evidence(given, [0, 1], {"roc_auc": "roc_auc"}, seed, folds)
            low, high = evidence.interval("roc_auc")["m"]
            inside[kind] += low <= truth <= high
    assert inside["groups"] / 150 >= 0.93
    assert inside["rows"] / 150 < 0.85


class Tree(ClassifierMixin, BaseEstimator):
    """A random tree; which one is its only parameter."""

    def __init__(self, number=0):
        self.number = number

    def fit(self, X, y):
        self.tree_ = ExtraTreeClassifier(max_depth=3, random_state=self.number)
        self.tree_.fit(X, y)
        self.classes_ = self.tree_.classes_
        return self

    def predict(self, X):
        return self.tree_.predict(X)

    def predict_proba(self, X):
        return self.tree_.predict_proba(X)


@pytest.mark.slow
def test_a_nested_search_finds_nothing_in_noise():
    nested, best = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((200, 10)), rng.integers(0, 2, 200)
        space = {"number": list(range(10))}
        result = compare(
            {"tree": Tree()}, X, y, tune={"tree": space}, scoring="roc_auc"
        )
        nested.append(result.summary()["roc_auc"].item())
        fixed = {str(n): Tree(n) for n in range(10)}
        everything = compare(fixed, X, y, cv=InnerFolds(), scoring="roc_auc")
        best.append(everything.summary()["roc_auc"].max())
    error = np.std(nested) / np.sqrt(10)
    assert abs(np.mean(nested) - 0.5) < 0.02 + error
    assert np.mean(best) > 0.54
