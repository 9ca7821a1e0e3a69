"""Fit one model on one fold, and keep what a comparison needs of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from sknn_bio._compat import safe_split
from sknn_bio.model_selection._folds import Fold
from sknn_bio.model_selection._importances import fold_importances
from sknn_bio.model_selection._metadata import fit_parameters, last_step, seeded
from sknn_bio.model_selection._problem import Problem
from sknn_bio.model_selection._thresholds import choose_threshold


@dataclass
class FoldResult:
    """What one model did on one fold.

    Attributes
    ----------
    label : ndarray of shape (n_test,) or None
        Predicted codes or floats; None where it failed.
    proba : ndarray of shape (n_test, n_classes) or None
    score : ndarray of shape (n_test,) or None
        Decision values of a classifier of two classes without probabilities.
    threshold : float
        Chosen within the training rows; NaN where there is none.
    fit_seconds, predict_seconds : float
    error : str
        Empty where it did not fail.
    history : DataFrame or None
        A network's.
    best_params : dict or None
        Of a search, as text.
    inner_score : float
        Of a search.
    importances : Series of shape (n_features,) or None
        A network's mean absolute attributions over the test rows.
    """

    label: np.ndarray | None = None
    proba: np.ndarray | None = None
    score: np.ndarray | None = None
    threshold: float = np.nan
    fit_seconds: float = np.nan
    predict_seconds: float = np.nan
    error: str = ""
    history: pd.DataFrame | None = None
    best_params: dict[str, str] | None = None
    inner_score: float = np.nan
    importances: pd.Series | None = None


def fit_one(model: Any, problem: Problem, fold: Fold) -> FoldResult:
    """Fit a copy of a model on the training rows and predict the test rows.

    A model that fails leaves its error; the others go on.
    """
    try:
        return _fit(seeded(clone(model), fold.seed), problem, fold)
    except Exception as found:
        words = " ".join(str(found).split())
        return FoldResult(error=f"{type(found).__name__}: {words}"[:500])


def _fit(model: Any, problem: Problem, fold: Fold) -> FoldResult:
    X, y = safe_split(model, problem.X, problem.y, fold.train)
    groups = None if problem.groups is None else problem.groups[fold.train]
    weight = None if problem.weight is None else problem.weight[fold.train]
    X_test, _ = safe_split(model, problem.scored.X, problem.scored.y, fold.test)
    unfitted = clone(model)
    result = FoldResult()
    start = perf_counter()
    model.fit(X, y, **fit_parameters(model, groups, weight))
    fitted = perf_counter()
    label = np.asarray(model.predict(X_test))
    result.fit_seconds = fitted - start
    result.predict_seconds = perf_counter() - fitted
    _predict(result, label, model, X_test, problem)
    history = getattr(last_step(model), "history_", None)
    if isinstance(history, pd.DataFrame):
        result.history = history.reset_index(drop=True)
    result.importances = fold_importances(model, problem, fold.test)
    if hasattr(model, "best_params_"):
        result.best_params = {k: repr(v) for k, v in model.best_params_.items()}
        result.inner_score = float(getattr(model, "best_score_", np.nan))
    if problem.task == "binary":
        # Fewer rows may be too few for a model; its scores stand without a threshold.
        with suppress(Exception):
            result.threshold = choose_threshold(model, unfitted, X, y, groups, weight)
    return result


def _predict(
    result: FoldResult, label: np.ndarray, model: Any, X, problem: Problem
) -> None:
    label = label.reshape(len(label), -1)[:, 0]  # CatBoost's is (n, 1)
    if problem.classes is None:
        result.label = label.astype(float)
        if not np.isfinite(result.label).all():
            raise ValueError("the predictions have NaN or infinite values")
        return
    result.label = label.astype(np.int64)
    n_classes = len(problem.classes)
    if hasattr(model, "predict_proba"):
        given = np.asarray(model.predict_proba(X), dtype=float)
        if not np.isfinite(given).all():
            raise ValueError("the probabilities have NaN or infinite values")
        # A class that the training rows lack has probability 0.
        result.proba = np.zeros((len(label), n_classes))
        result.proba[:, np.asarray(model.classes_).astype(int)] = given
    elif hasattr(model, "decision_function") and n_classes == 2:
        result.score = np.asarray(model.decision_function(X), dtype=float)
