"""The comparison behind ``sknn-bio demo``: numbers only, nothing printed or drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknn_bio._optional import require
from sknn_bio.datasets import Table

NETWORK, XGBOOST = "Neural network", "XGBoost"
METRICS = ("roc_auc", "log_loss", "balanced_accuracy", "fit_seconds", "predict_seconds")


@dataclass
class DemoResult:
    """What the comparison found.

    Attributes
    ----------
    positive : str
        The positive class of every number.
    folds : list of dict
        One row a model and fold.
    curves : dict of str to list of (y_true, y_score)
        Held-out labels (1 is positive) and probabilities, a pair a fold.
    network : Pipeline
        The network fitted on the first training fold.
    absent : dict of str to str
        Models that could not run, and why.
    """

    positive: str
    folds: list[dict[str, Any]] = field(default_factory=list)
    curves: dict[str, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    network: Any = None
    absent: dict[str, str] = field(default_factory=dict)

    def frame(self) -> pd.DataFrame:
        """Return one row a model and fold."""
        return pd.DataFrame(self.folds)

    def summary(self) -> pd.DataFrame:
        """Return mean and standard deviation over folds, one row a model."""
        grouped = self.frame().groupby("model", sort=False)[list(METRICS)]
        table = grouped.agg(["mean", "std"])
        table.columns = [f"{metric}_{stat}" for metric, stat in table.columns]
        table["note"] = ""
        for model, reason in self.absent.items():
            table.loc[model, "note"] = reason
        return table


def models(random_state: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the models to compare, with their defaults, and those that are absent."""
    from sknn_bio.estimators import NeuralNetBinaryClassifier

    chosen: dict[str, Any] = {
        NETWORK: make_pipeline(
            StandardScaler(), NeuralNetBinaryClassifier(random_state=random_state)
        ),
        "Logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=1_000)
        ),
        "Random forest": RandomForestClassifier(random_state=random_state),
        "Histogram boosting": HistGradientBoostingClassifier(random_state=random_state),
    }
    try:
        xgboost = require("xgboost", extra="baselines")
    except ImportError as error:
        return chosen, {XGBOOST: str(error)}
    chosen[XGBOOST] = xgboost.XGBClassifier(n_jobs=1, random_state=random_state)
    return chosen, {}


def run_demo(
    table: Table,
    *,
    n_splits: int = 5,
    n_repeats: int = 2,
    random_state: int = 0,
    on_step: Callable[[str, int, int], None] = lambda *_: None,
) -> DemoResult:
    """Compare a network with other models by repeated stratified cross-validation.

    Parameters
    ----------
    table : Table
        A binary table; the class that comes last in sorted order is positive.
    n_splits, n_repeats : int, default=5, 2
        Folds, and how often the table is cut anew.
    random_state : int, default=0
        Decides the folds and the models.
    on_step : callable, default=does nothing
        Told ``(model, done, total)`` before each fit, and once at the end.

    Returns
    -------
    DemoResult
        The scores and times of each fold, the curves, and one fitted network.
    """
    classes = np.unique(table.target)
    if len(classes) != 2:
        raise ValueError(f"table must have two classes, got {len(classes)}")
    # 0 and 1 for all alike: XGBoost takes no strings.
    y = (table.target == classes[-1]).to_numpy().astype(int)
    chosen, absent = models(random_state)
    result = DemoResult(str(classes[-1]), absent=absent)
    folds = RepeatedStratifiedKFold(
        n_splits=n_splits, n_repeats=n_repeats, random_state=random_state
    )
    total, done = len(chosen) * n_splits * n_repeats, 0
    # One thread each: times are comparable, and a busy machine does not distort them
    # (threads that wait for one another on a shared core cost a hundredfold).
    with threadpool_limits(1):
        for fold, (train, test) in enumerate(folds.split(table.data, y)):
            for name, model in chosen.items():
                on_step(name, done, total)
                if fold == 0:
                    # The first fit of a library also loads it, which is not its speed.
                    few = np.r_[train[y[train] == 0][:20], train[y[train] == 1][:20]]
                    clone(model).fit(table.data.iloc[few], y[few])
                row, score, fitted = _one_fold(clone(model), table.data, y, train, test)
                repeat, part = divmod(fold, n_splits)
                result.folds.append(
                    {"model": name, "repeat": repeat, "fold": part, **row}
                )
                result.curves.setdefault(name, []).append((y[test], score))
                if name == NETWORK and fold == 0:
                    result.network = fitted
                done += 1
    on_step("", done, total)
    return result


def _one_fold(
    model: Any, data: pd.DataFrame, y: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[dict[str, float], np.ndarray, Any]:
    started = perf_counter()
    model.fit(data.iloc[train], y[train])
    fitted = perf_counter()
    probability = model.predict_proba(data.iloc[test])[:, 1]
    predicted = perf_counter()
    row = {
        "roc_auc": roc_auc_score(y[test], probability),
        "log_loss": log_loss(y[test], probability),
        "balanced_accuracy": balanced_accuracy_score(y[test], probability > 0.5),
        "fit_seconds": fitted - started,
        "predict_seconds": predicted - fitted,
    }
    return row, probability, model
