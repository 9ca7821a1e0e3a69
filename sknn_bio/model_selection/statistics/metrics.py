"""Metrics of many reweighted samples at once, for the bootstrap.

scikit-learn's functions take one vector of weights; a bootstrap has thousands. Each
function here takes answers of n rows and weights of shape (B, n), and returns B values,
those of scikit-learn's scorer of the same name with ``sample_weight``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sknn_bio.model_selection.statistics.answers import Answers

Metric = Callable[[Answers, np.ndarray], np.ndarray]


def _mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return weights @ values / weights.sum(1)


def _accuracy(answers: Answers, weights: np.ndarray) -> np.ndarray:
    return _mean((answers.y == answers.label).astype(float), weights)


def _counts(answers: Answers, weights: np.ndarray, codes: np.ndarray):
    """Return true positives, actual and predicted totals, each (B, classes)."""
    actual = (answers.y[:, None] == codes).astype(float)
    predicted = (answers.label[:, None] == codes).astype(float)
    return weights @ (actual * predicted), weights @ actual, weights @ predicted


def _balanced_accuracy(answers: Answers, weights: np.ndarray) -> np.ndarray:
    hits, actual, _ = _counts(answers, weights, np.unique(answers.y))
    present = actual > 0
    recall = np.divide(hits, actual, out=np.zeros_like(hits), where=present)
    return recall.sum(1) / np.maximum(present.sum(1), 1)


def _f1_each(answers: Answers, weights: np.ndarray, codes: np.ndarray) -> np.ndarray:
    hits, actual, predicted = _counts(answers, weights, codes)
    total = actual + predicted
    return np.divide(2 * hits, total, out=np.zeros_like(hits), where=total > 0)


def _f1(answers: Answers, weights: np.ndarray) -> np.ndarray:
    return _f1_each(answers, weights, np.array([1]))[:, 0]


def _f1_macro(answers: Answers, weights: np.ndarray) -> np.ndarray:
    codes = np.union1d(answers.y, answers.label)
    return _f1_each(answers, weights, codes).mean(1)


def _neg_log_loss(answers: Answers, weights: np.ndarray) -> np.ndarray:
    if answers.proba is None:
        return np.full(len(weights), np.nan)
    tiny = np.finfo(answers.proba.dtype).eps
    chosen = answers.proba[np.arange(len(answers.y)), answers.y]
    return _mean(np.log(np.clip(chosen, tiny, 1 - tiny)), weights)


def _neg_brier_score(answers: Answers, weights: np.ndarray) -> np.ndarray:
    if answers.proba is None:
        return np.full(len(weights), np.nan)
    if answers.proba.shape[1] == 2:
        return -_mean((answers.proba[:, 1] - answers.y) ** 2, weights)
    actual = answers.y[:, None] == np.arange(answers.proba.shape[1])
    return -_mean(((answers.proba - actual) ** 2).sum(1), weights)


def auc(positive: np.ndarray, score: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve, half for ties; NaN without both classes."""
    _, place = np.unique(score, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    sorted_weights, sorted_positive = weights[:, order], positive[order]
    pos = np.add.reduceat(sorted_weights * sorted_positive, starts, axis=1)
    neg = np.add.reduceat(sorted_weights * ~sorted_positive, starts, axis=1)
    below = np.cumsum(neg, axis=1) - neg
    with np.errstate(invalid="ignore", divide="ignore"):
        wins = (pos * (below + neg / 2)).sum(1)
        return wins / (pos.sum(1) * neg.sum(1))


def _roc_auc(answers: Answers, weights: np.ndarray) -> np.ndarray:
    if answers.score is None:
        return np.full(len(weights), np.nan)
    return auc(answers.y == 1, answers.score, weights)


def _roc_auc_ovr(answers: Answers, weights: np.ndarray) -> np.ndarray:
    if answers.proba is None:
        return np.full(len(weights), np.nan)
    each = [
        auc(answers.y == code, answers.proba[:, code], weights)
        for code in range(answers.proba.shape[1])
    ]
    return np.mean(each, axis=0)


def _average_precision(answers: Answers, weights: np.ndarray) -> np.ndarray:
    if answers.score is None:
        return np.full(len(weights), np.nan)
    _, place = np.unique(-answers.score, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    sorted_weights, positive = weights[:, order], answers.y[order] == 1
    pos = np.add.reduceat(sorted_weights * positive, starts, axis=1)
    called = np.cumsum(np.add.reduceat(sorted_weights, starts, axis=1), axis=1)
    hits = np.cumsum(pos, axis=1)
    precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (pos * precision).sum(1) / pos.sum(1)


def _squared(answers: Answers) -> np.ndarray:
    return (answers.y - answers.label) ** 2


def _r2(answers: Answers, weights: np.ndarray) -> np.ndarray:
    y = answers.y - answers.y.mean()  # or the difference of squares loses its digits
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = _mean(y**2, weights) - _mean(y, weights) ** 2
        return np.where(
            spread > 0, 1 - _mean(_squared(answers), weights) / spread, np.nan
        )


METRICS: dict[str, Metric] = {
    "accuracy": _accuracy,
    "average_precision": _average_precision,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "neg_brier_score": _neg_brier_score,
    "neg_log_loss": _neg_log_loss,
    "neg_mean_absolute_error": lambda a, w: -_mean(np.abs(a.y - a.label), w),
    "neg_mean_squared_error": lambda a, w: -_mean(_squared(a), w),
    "neg_root_mean_squared_error": lambda a, w: -np.sqrt(_mean(_squared(a), w)),
    "r2": _r2,
    "roc_auc": _roc_auc,
    "roc_auc_ovr": _roc_auc_ovr,
}

DEFAULTS: dict[str, list[str]] = {
    "binary": [
        "roc_auc",
        "average_precision",
        "neg_log_loss",
        "neg_brier_score",
        "balanced_accuracy",
    ],
    "multiclass": [
        "roc_auc_ovr",
        "neg_log_loss",
        "balanced_accuracy",
        "accuracy",
        "f1_macro",
    ],
    "regression": ["r2", "neg_root_mean_squared_error", "neg_mean_absolute_error"],
}

# In the target's own units; a region of equivalence is a share of its spread.
IN_TARGET_UNITS = {
    "neg_root_mean_squared_error",
    "neg_mean_absolute_error",
    "neg_median_absolute_error",
}

# No means over rows: those of small folds are not, on average, that of a large one.
BIASED_IN_SMALL_FOLDS = {
    "average_precision",
    "f1",
    "f1_macro",
    "neg_root_mean_squared_error",
    "r2",
}
