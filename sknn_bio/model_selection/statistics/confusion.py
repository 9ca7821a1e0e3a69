"""Right and wrong calls at the threshold that was chosen while training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.calibration import widen
from sknn_bio.model_selection.statistics.evidence import Evidence

RATES = ("sensitivity", "specificity", "ppv", "npv")


def confusion(
    evidence: Evidence, model: str, thresholds: pd.DataFrame, rule: str
) -> dict[str, Any]:
    """Return the confusion matrix of one model, the mean over repeats.

    For two classes a row is called positive where its score reaches the threshold of
    its fold; for more, the matrix is that of ``predict``.
    """
    if evidence.classes is None:
        raise ValueError("a confusion matrix is for classes, not for a regression")
    folds = evidence.answers[model]
    classes = evidence.classes.tolist()
    n_repeats = len({repeat for repeat, _ in folds})
    chosen = thresholds[thresholds["model"] == model].set_index(["repeat", "fold"])
    cuts = {(r, f): t for (r, f), t in chosen["threshold"].items()}
    called = {key: _called(part, cuts.get(key)) for key, part in folds.items()}
    matrix = np.zeros((len(classes), len(classes)))
    for key, part in folds.items():
        np.add.at(matrix, (part.y, called[key]), 1 / n_repeats)
    out: dict[str, Any] = {
        "threshold": float(np.mean(list(cuts.values()))) if cuts else None,
        "rule": rule if cuts else "the label that the model predicts",
        "matrix": pd.DataFrame(
            matrix,
            index=pd.Index(classes, name="true"),
            columns=pd.Index(classes, name="predicted"),
        ),
        **dict.fromkeys(RATES),
    }
    if len(classes) == 2:
        out.update(_rates(evidence, folds, called, n_repeats))
    return out


def _called(part: Answers, threshold: float | None) -> np.ndarray:
    if threshold is None or part.score is None:
        return part.label.astype(int)
    return (part.score >= threshold).astype(int)


def _rates(evidence: Evidence, folds, called, n_repeats: int) -> dict[str, tuple]:
    """Return each rate, pooled over folds and repeats, with its interval."""
    # Columns: true and called positive, and the like, gathered for each row.
    tally = np.zeros((len(evidence.y), 4))
    for key, part in folds.items():
        np.add.at(tally, (part.rows, 2 * part.y + called[key]), 1 / n_repeats)
    ones = np.ones((1, len(tally)))
    out = {}
    for name, (hit, other) in zip(RATES, ((3, 2), (0, 1), (3, 1), (0, 2)), strict=True):
        value, total = _share(tally, ones, hit, other)
        drawn, _ = _share(tally, evidence.curve_weights, hit, other)
        if not np.isfinite(value[0]):
            out[name] = (np.nan, np.nan, np.nan)
            continue
        low, high = np.nanquantile(drawn, evidence.tails())
        n = max(1, round(total[0]))
        (low,), (high,) = widen([low], [high], value, [n])
        out[name] = (float(value[0]), float(low), float(high))
    return out


def _share(tally, weights, hit: int, other: int):
    sums = weights @ tally[:, [hit, other]]
    total = sums.sum(1)
    share = np.full(len(total), np.nan)
    return np.divide(sums[:, 0], total, out=share, where=total > 0), total
