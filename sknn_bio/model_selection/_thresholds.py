"""The threshold at which a probability counts as positive, chosen while training."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_curve

from sknn_bio._compat import safe_split
from sknn_bio.model_selection._folds import InnerFolds
from sknn_bio.model_selection._metadata import fit_parameters, last_step

RULE = (
    "the threshold with the highest balanced accuracy (Youden's index) on out-of-fold "
    "predictions of the training rows where the fitted model keeps them, else on a "
    "quarter of the training rows that a copy of the model was not fitted on"
)


def choose_threshold(
    model: Any,
    unfitted: Any,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray | None,
    weight: np.ndarray | None,
) -> float:
    """Return the threshold for the positive class's score, from training rows only.

    The rule is Youden's [1]_: sensitivity plus specificity is highest.

    Parameters
    ----------
    model : estimator
        Fitted on all training rows.
    unfitted : estimator
        The same before; fitted once more where the model kept no out-of-fold
        predictions. Of a search, its best estimator is fitted.
    X : table of shape (n, n_features)
    y : ndarray of shape (n,)
        0 or 1.
    groups, weight : ndarray of shape (n,) or None

    Returns
    -------
    float
        NaN for a model that gives no scores.

    References
    ----------
    .. [1] Youden, W. J. (1950). Index for rating diagnostic tests. Cancer 3, 32-35.
    """
    kept = _kept_predictions(model, len(y))
    if kept is not None:
        known = np.isfinite(kept)
        return youden(y[known], kept[known])
    if not (hasattr(model, "predict_proba") or hasattr(model, "decision_function")):
        return np.nan
    train, valid = next(iter(InnerFolds(4).split(X, y, groups)))
    if len(np.unique(y[train])) < 2 or len(np.unique(y[valid])) < 2:
        return np.nan
    copy = clone(getattr(model, "best_estimator_", unfitted))
    X_train, y_train = safe_split(copy, X, y, train)
    X_valid, y_valid = safe_split(copy, X, y, valid)
    groups = None if groups is None else groups[train]
    weight = None if weight is None else weight[train]
    copy.fit(X_train, y_train, **fit_parameters(copy, groups, weight))
    if hasattr(copy, "predict_proba"):
        score = np.asarray(copy.predict_proba(X_valid))[:, 1]
    else:
        score = copy.decision_function(X_valid)
    return youden(y_valid, score)


def _kept_predictions(model: Any, n_rows: int) -> np.ndarray | None:
    last = last_step(model)
    for name in ("oof_prediction_", "oob_decision_function_"):
        kept = getattr(last, name, None)
        if kept is not None and np.shape(kept) == (n_rows, 2):
            return np.asarray(kept)[:, 1]
    return None


def youden(y: np.ndarray, score: np.ndarray) -> float:
    """Return the threshold midway between the best cut's score and the next lower.

    Examples
    --------
    >>> youden(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9]))
    0.4
    """
    false, true, cuts = roc_curve(y, score, drop_intermediate=False)
    best = int(np.argmax(true - false))
    above = float(cuts[best]) if np.isfinite(cuts[best]) else float(np.max(score))
    lower = score[score < above]
    return (above + float(lower.max())) / 2 if len(lower) else above
