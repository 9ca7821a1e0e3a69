"""How often the intervals of a comparison hold the truth, by simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from _timing import markdown
from joblib import Parallel, delayed
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge

from sknn_bio.model_selection._folds import make_folds
from sknn_bio.model_selection._problem import read_problem
from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.model_selection.statistics.metrics import METRICS

SCORES = [
    "roc_auc",
    "average_precision",
    "neg_log_loss",
    "neg_brier_score",
    "balanced_accuracy",
    "accuracy",
]
ERRORS = ["r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"]


@dataclass(frozen=True)
class Population:
    """Where tables come from: groups of rows with three informative columns.

    `shared` is the part of the variance, of columns and of the outcome's noise alike,
    that the rows of a group have in common.
    """

    n_groups: int
    size: int = 1
    n_columns: int = 5
    signal: float = 1.0
    prevalence: float = 0.5
    shared: float = 0.5
    regression: bool = False

    def draw(self, rng: np.random.Generator):
        """Return X, y and groups."""
        group = np.repeat(np.arange(self.n_groups), self.size)
        shared = self.shared if self.size > 1 else 0.0
        X = self._mixed(rng, group, shared, self.n_columns)
        noise = self._mixed(rng, group, shared, 1)[:, 0]
        outcome = self.signal * X[:, :3].sum(1) / np.sqrt(3) + noise
        if self.regression:
            return X, outcome, group
        cut = stats.norm.isf(self.prevalence) * np.sqrt(1 + self.signal**2)
        return X, (outcome > cut).astype(int), group

    def _mixed(self, rng, group, shared, n_columns):
        own = rng.standard_normal((len(group), n_columns))
        common = rng.standard_normal((self.n_groups, n_columns))[group]
        return np.sqrt(1 - shared) * own + np.sqrt(shared) * common

    def draw_usable(self, rng: np.random.Generator):
        """Return a table with five groups of each class at least."""
        while True:
            X, y, group = self.draw(rng)
            if self.regression:
                return X, y, group
            if min(len(np.unique(group[y == c])) for c in (0, 1)) >= 5:
                return X, y, group


def answer(model, X, y, rows):
    """Return a fitted model's answers."""
    if not hasattr(model, "predict_proba"):
        return Answers(y, model.predict(X), None, None, rows)
    proba = model.predict_proba(X)
    return Answers(y, proba.argmax(1), proba, proba[:, 1], rows)


def predictions_of(answers: Answers, fold: int, groups) -> pd.DataFrame:
    """Return answers as the rows of ``Comparison.predictions``."""
    frame = pd.DataFrame({"row": answers.rows, "y_true": answers.y})
    frame = frame.assign(model="m", repeat=0, fold=fold, y_pred=answers.label)
    if answers.proba is not None:
        frame = frame.assign(proba_0=answers.proba[:, 0], proba_1=answers.proba[:, 1])
    return frame if groups is None else frame.assign(group=groups[answers.rows])


def covered(seed: int, population: Population) -> dict[str, tuple]:
    """Return metric → (low, high, true mean performance of the folds' models)."""
    rng = np.random.default_rng(seed)
    X, y, groups = population.draw_usable(rng)
    X_new, y_new, _ = replace(population, n_groups=20_000, size=1).draw(rng)
    groups = groups if population.size > 1 else None
    problem = read_problem(X, y, groups)
    model = Ridge() if population.regression else LinearDiscriminantAnalysis()
    names = ERRORS if population.regression else SCORES
    frames, truth, sizes = [], [], []
    for fold in make_folds(problem, 5, 1, seed):
        model.fit(X[fold.train], y[fold.train])
        sizes.append((0, fold.fold, len(fold.train), len(fold.test)))
        given = answer(model, X[fold.test], y[fold.test], fold.test)
        frames.append(predictions_of(given, fold.fold, groups))
        new = answer(model, X_new, y_new, np.arange(len(y_new)))
        ones = np.ones((1, len(y_new)))
        truth.append([METRICS[name](new, ones)[0] for name in names])
    evidence = Evidence(
        pd.concat(frames),
        None if population.regression else [0, 1],
        {name: name for name in names},
        seed,
        pd.DataFrame(sizes, columns=["repeat", "fold", "n_train", "n_test"]),
    )
    true = np.mean(truth, axis=0)
    return {
        name: (*evidence.interval(name)["m"], value)
        for name, value in zip(names, true, strict=True)
    }


POPULATIONS = {
    "50 rows": Population(50),
    "200 rows": Population(200, prevalence=0.3),
    "200 rows, AUC 0.99": Population(200, signal=8.0),
    "300 rows, one in ten positive": Population(300, prevalence=0.1),
    "100 rows × 40 columns": Population(100, n_columns=40),
    "20 groups of 5": Population(20, 5),
    "40 groups of 5": Population(40, 5, prevalence=0.4),
    "40 groups of 5 nearly equal rows": Population(40, 5, prevalence=0.4, shared=0.9),
    "60 rows, a number": Population(60, regression=True),
    "20 groups of 5, a number": Population(20, 5, regression=True),
    "40 groups of 5, a number": Population(40, 5, regression=True),
}


def coverage(n_tables: int) -> pd.DataFrame:
    """Return how often the intervals hold the truth."""
    rows = []
    for name, population in POPULATIONS.items():
        found = Parallel(n_jobs=-1)(
            delayed(covered)(seed, population) for seed in range(n_tables)
        )
        for metric in found[0]:
            low, high, true = np.array([one[metric] for one in found]).T
            inside = int(((low <= true) & (true <= high)).sum())
            rows.append(
                {
                    "tables": name,
                    "metric": metric,
                    "coverage": share(inside, n_tables),
                    "mean width": float(np.nanmean(high - low)),
                    "at least 0.93": inside / n_tables >= 0.93,
                }
            )
        print(markdown(pd.DataFrame(rows[-len(found[0]) :])), flush=True)
    return pd.DataFrame(rows)


def share(hits: int, n: int) -> str:
    """Return a share with its binomial interval."""
    ends = stats.binomtest(int(hits), n).proportion_ci(method="wilson")
    return f"{hits / n:.3f} ({ends.low:.3f} to {ends.high:.3f})"
