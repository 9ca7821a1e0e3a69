"""Mean curves over folds with their bands, as tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics import curves
from sknn_bio.model_selection.statistics.answers import Answers, Folds
from sknn_bio.model_selection.statistics.bootstrap import mean_over_folds
from sknn_bio.model_selection.statistics.evidence import Evidence

Curve = Callable[[Answers, np.ndarray], np.ndarray]


def roc_table(evidence: Evidence, model: str, label: Any) -> pd.DataFrame:
    """Return false_positive_rate, true_positive_rate, low, high, and each repeat."""
    folds = _of_one_class(evidence, model, label)
    names = ("false_positive_rate", "true_positive_rate")
    return _table(evidence, folds, curves.roc, curves.RATES, names)


def precision_recall_table(evidence: Evidence, model: str, label: Any) -> pd.DataFrame:
    """Return recall, precision, low, high, and each repeat."""
    folds = _of_one_class(evidence, model, label)
    names = ("recall", "precision")
    return _table(evidence, folds, curves.precision_recall, curves.RECALLS, names)


def net_benefit_table(evidence: Evidence, model: str, label: Any) -> pd.DataFrame:
    """Return threshold, model, low, high, treat_all, treat_none."""
    folds = _of_one_class(evidence, model, label)
    if any(part.proba is None for part in folds.values()):
        raise ValueError(f"{model} gives no probabilities to decide by")
    names = ("threshold", "model")
    table = _table(evidence, folds, curves.net_benefit, curves.THRESHOLDS, names)
    everyone = mean_over_folds(folds, curves.treat_all)[0]
    return table[["threshold", "model", "low", "high"]].assign(
        treat_all=everyone, treat_none=0.0
    )


def _of_one_class(evidence: Evidence, model: str, label: Any) -> Folds:
    """Return answers in which 1 is the class to find."""
    if evidence.classes is None:
        raise ValueError("this curve is for classes, not for a regression")
    classes = evidence.classes.tolist()
    folds = evidence.answers[model]
    if label is not None:
        if label not in classes:
            raise ValueError(f"label must be one of {classes}, got {label!r}")
        code = classes.index(label)
    elif len(classes) == 2:
        code = 1
    else:
        raise ValueError(f"label must name the class to find, one of {classes}")
    if code != 1 or len(classes) > 2:
        folds = {key: part.against_rest(code) for key, part in folds.items()}
    if any(part.score is None for part in folds.values()):
        raise ValueError(f"{model} gives no scores to rank by")
    return folds


def _table(
    evidence: Evidence,
    folds: Folds,
    curve: Curve,
    grid: np.ndarray,
    names: tuple[str, str],
) -> pd.DataFrame:
    drawn = mean_over_folds(folds, curve, evidence.curve_weights)
    low, high = np.nanquantile(drawn, evidence.tails(), axis=0)
    mean = mean_over_folds(folds, curve)[0]
    table = pd.DataFrame({names[0]: grid, names[1]: mean, "low": low, "high": high})
    repeats = {}
    for number in sorted({repeat for repeat, _ in folds}):
        part = {key: answers for key, answers in folds.items() if key[0] == number}
        repeats[f"repeat_{number}"] = mean_over_folds(part, curve)[0]
    return pd.concat([table, pd.DataFrame(repeats)], axis=1)
