"""ROC, precision-recall and net-benefit curves, for many reweighted samples at once.

References
----------
.. [1] Fawcett, T. (2006). An introduction to ROC analysis. Pattern Recognition Letters
   27, 861-874.
.. [2] Saito, T. & Rehmsmeier, M. (2015). The precision-recall plot is more informative
   than the ROC plot when evaluating binary classifiers on imbalanced datasets. PLoS ONE
   10, e0118432.
.. [3] Vickers, A. J. & Elkin, E. B. (2006). Decision curve analysis: a novel method for
   evaluating prediction models. Medical Decision Making 26, 565-574.
"""

from __future__ import annotations

import numpy as np

from sknn_bio.model_selection.statistics.answers import Answers

RATES = np.concatenate([np.linspace(0, 0.1, 51), np.linspace(0.1, 1, 91)[1:]])
RECALLS = np.linspace(0, 1, 101)[1:]
THRESHOLDS = np.linspace(0.01, 0.99, 99)


def _cumulated(answers: Answers, weights: np.ndarray):
    """Return the cuts from high to low, and true and false positives at each.

    The counts are weighted, of shape (B, cuts).
    """
    assert answers.score is not None
    cuts, place = np.unique(-answers.score, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-1))
    positive = answers.y[order] == 1
    ordered = weights[:, order]
    true = np.add.reduceat(ordered * positive, starts, axis=1)
    false = np.add.reduceat(ordered * ~positive, starts, axis=1)
    return -cuts, np.cumsum(true, axis=1), np.cumsum(false, axis=1)


def roc(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return true positive rates at :data:`RATES`; NaN without both classes."""
    _, true, false = _cumulated(answers, weights)
    out = np.full((len(weights), len(RATES)), np.nan)
    for b in range(len(weights)):
        n_pos, n_neg = true[b, -1], false[b, -1]
        if n_pos > 0 and n_neg > 0:
            x = np.concatenate([[0.0], false[b] / n_neg])
            out[b] = np.interp(RATES, x, np.concatenate([[0.0], true[b] / n_pos]))
            out[b, 0] = 0.0  # the curve starts in the corner, however steep
    return out


def precision_recall(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return the precision at the first cut whose recall is at least that of RECALLS.

    Points are not joined by straight lines, which would be too optimistic.
    """
    _, true, false = _cumulated(answers, weights)
    out = np.full((len(weights), len(RECALLS)), np.nan)
    for b in range(len(weights)):
        if true[b, -1] > 0:
            recall = true[b] / true[b, -1]
            cut = np.searchsorted(recall, RECALLS - 1e-12)
            cut = np.minimum(cut, len(recall) - 1)
            out[b] = true[b, cut] / (true[b, cut] + false[b, cut])
    return out


def net_benefit(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return the net benefit of treating above each of :data:`THRESHOLDS`.

    True positives minus false positives weighted by the odds of the threshold, a row.
    """
    cuts, true, false = _cumulated(answers, weights)
    # How many cuts are at or above each threshold; before the first there is nothing.
    place = np.searchsorted(-cuts, -THRESHOLDS, side="right")
    nothing = np.zeros((len(weights), 1))
    true = np.concatenate([nothing, true], axis=1)[:, place]
    false = np.concatenate([nothing, false], axis=1)[:, place]
    return _benefit(true, false, weights)


def treat_all(answers: Answers, weights: np.ndarray) -> np.ndarray:
    """Return the net benefit of treating everyone."""
    true = weights @ (answers.y == 1)[:, None].astype(float)
    return _benefit(true, weights.sum(1)[:, None] - true, weights)


def _benefit(true: np.ndarray, false: np.ndarray, weights: np.ndarray) -> np.ndarray:
    odds = THRESHOLDS / (1 - THRESHOLDS)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (true - odds * false) / weights.sum(1)[:, None]
