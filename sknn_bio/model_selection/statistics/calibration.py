"""Do events happen as often as predicted? Curve, expected error, Brier's parts.

References
----------
.. [1] Murphy, A. H. (1973). A new vector partition of the probability score. Journal of
   Applied Meteorology 12, 595-600.
.. [2] Stephenson, D. B., Coelho, C. A. S. & Jolliffe, I. T. (2008). Two extra
   components in the Brier score decomposition. Weather and Forecasting 23, 752-757.
.. [3] Naeini, M. P., Cooper, G. F. & Hauskrecht, M. (2015). Obtaining well calibrated
   probabilities using Bayesian binning. AAAI, 2901-2907.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.evidence import Evidence, all_answers

N_BINS = 10


def bins_of(proba: np.ndarray, n_bins: int = N_BINS) -> np.ndarray:
    """Return the bin of each probability; bins hold about the same number of rows."""
    edges = np.unique(np.quantile(proba, np.linspace(0, 1, n_bins + 1)[1:-1]))
    return np.unique(np.searchsorted(edges, proba), return_inverse=True)[1]


def decompose(y: np.ndarray, proba: np.ndarray, bins: np.ndarray) -> dict[str, float]:
    """Return the Brier score and its parts.

    ``brier = reliability - resolution + uncertainty``, to rounding: the variation of
    probabilities within a bin counts as resolution, as [2]_ proposes.

    Parameters
    ----------
    y : ndarray of shape (n,)
        0 or 1.
    proba : ndarray of shape (n,)
    bins : ndarray of int, shape (n,)

    Returns
    -------
    parts : dict
        ece, brier, reliability (0 is best), resolution (higher is better),
        uncertainty (the table's own).
    """
    count = np.bincount(bins)
    share = count / len(y)
    predicted = np.bincount(bins, proba) / count
    observed = np.bincount(bins, y) / count
    base = float(y.mean())
    brier = float(np.mean((proba - y) ** 2))
    reliability = float(share @ (predicted - observed) ** 2)
    uncertainty = base * (1 - base)
    return {
        "ece": float(share @ np.abs(predicted - observed)),
        "brier": brier,
        "reliability": reliability,
        "resolution": reliability + uncertainty - brier,
        "uncertainty": uncertainty,
    }


def calibration(evidence: Evidence, model: str) -> dict[str, Any]:
    """Return the calibration of one model, pooled over folds and repeats.

    For several classes each is held against the rest: the Brier parts are summed, the
    expected calibration error is averaged.
    """
    answers = all_answers(evidence.answers[model])
    if answers.proba is None or evidence.classes is None:
        raise ValueError(f"{model} gives no probabilities to calibrate")
    n_classes = len(evidence.classes)
    codes = [1] if n_classes == 2 else list(range(n_classes))
    parts, curves = [], []
    for code in codes:
        y, proba = (answers.y == code).astype(float), answers.proba[:, code]
        bins = bins_of(proba)
        parts.append(decompose(y, proba, bins))
        curves.append(_curve(evidence, answers, y, proba, bins, code))
    table = pd.DataFrame(parts)
    out: dict[str, Any] = {
        name: float(table[name].mean() if name == "ece" else table[name].sum())
        for name in table
    }
    return {**out, "curve": pd.concat(curves, ignore_index=True)}


def _curve(
    evidence: Evidence,
    answers: Answers,
    y: np.ndarray,
    proba: np.ndarray,
    bins: np.ndarray,
    code: int,
) -> pd.DataFrame:
    assert evidence.classes is not None
    member = (bins[:, None] == np.arange(bins.max() + 1)).astype(float)
    # A row weighs alike in all repeats; gathering them first saves most of the work.
    n_rows = len(evidence.y)
    inside, events = np.zeros((2, n_rows, member.shape[1]))
    np.add.at(inside, answers.rows, member)
    np.add.at(events, answers.rows, member * y[:, None])
    weights = evidence.curve_weights
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (weights @ events) / (weights @ inside)
    count, hits = member.sum(0), y @ member
    low, high = np.nanquantile(drawn, evidence.tails(), axis=0)
    n = np.maximum(1, (count * n_rows / len(answers.rows)).round().astype(int))
    low, high = widen(low, high, hits / count, n)
    return pd.DataFrame(
        {
            "label": evidence.classes[code],
            "predicted": proba @ member / count,
            "observed": hits / count,
            "low": low,
            "high": high,
            "n": n,
        }
    )


def widen(low, high, share, n) -> tuple[np.ndarray, np.ndarray]:
    """Return intervals of shares that are at least as wide as Wilson's.

    Resamples of a share of 0 or 1 do not vary at all.
    """
    wilson = [
        stats.binomtest(round(p * m), int(m)).proportion_ci(method="wilson")
        for p, m in zip(np.atleast_1d(share), np.atleast_1d(n), strict=True)
    ]
    return (
        np.fmin(low, [interval.low for interval in wilson]),
        np.fmax(high, [interval.high for interval in wilson]),
    )
