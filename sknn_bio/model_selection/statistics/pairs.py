"""Each pair of models, tested as the folds allow."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics.delong import delong
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.model_selection.statistics.metrics import IN_TARGET_UNITS
from sknn_bio.model_selection.statistics.resampled import (
    Difference,
    bootstrap_test,
    corrected_t_test,
    holm,
    normal_test,
    unknown,
)
from sknn_bio.model_selection.statistics.verdicts import in_words, outcome


def rope_of(rope: Any, metric: str, target_std: float | None) -> float:
    """Return the half-width of the region of equivalence, in units of the metric."""
    if isinstance(rope, dict):
        return float(rope.get(metric, 0.01))
    if metric in IN_TARGET_UNITS and target_std:
        return float(rope) * target_std
    return float(rope)


def compare_pairs(
    evidence: Evidence,
    results: pd.DataFrame,
    folds: pd.DataFrame,
    models: list[str],
    metric: str,
    rope: float,
    unit: str,
) -> pd.DataFrame:
    """Return one row a pair of models, with its test and its verdict.

    Over several folds the corrected resampled t-test; on one cohort DeLong's for the
    area under the ROC curve of independent rows, else the paired bootstrap.
    """
    values = results[results["metric"] == metric].pivot_table(
        index=["repeat", "fold"], columns="model", values="value", dropna=False
    )
    values = values.reindex(columns=models)
    sample = f"{evidence.units.n_units} {unit}"
    ratio = float(np.mean(folds["n_test"] / folds["n_train"]))
    pairs = list(combinations(models, 2))
    tests = []
    for a, b in pairs:
        difference = (values[a] - values[b]).dropna().to_numpy()
        if len(folds) == 1:
            tests.append(_one_cohort(evidence, a, b, metric, difference, rope))
        elif len(difference) < 2:
            tests.append(unknown())
        else:
            tests.append(corrected_t_test(difference, ratio, rope))
    adjusted = holm(np.array([test.p_value for test in tests], dtype=float))
    rows = []
    for (a, b), test, p_holm in zip(pairs, tests, adjusted, strict=True):
        kind = outcome(test, p_holm, rope)
        rows.append(
            {
                "a": a,
                "b": b,
                "difference": test.value,
                "low": test.low,
                "high": test.high,
                "p_value": test.p_value,
                "p_holm": p_holm,
                "p_better": test.p_better,
                "p_rope": test.p_rope,
                "p_worse": test.p_worse,
                "rope": rope,
                "method": test.method,
                "outcome": kind,
                "verdict": in_words(kind, a, b, test, p_holm, rope, sample),
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "a",
    "b",
    "difference",
    "low",
    "high",
    "p_value",
    "p_holm",
    "p_better",
    "p_rope",
    "p_worse",
    "rope",
    "method",
    "outcome",
    "verdict",
]


def _one_cohort(
    evidence: Evidence,
    a: str,
    b: str,
    metric: str,
    difference: np.ndarray,
    rope: float,
) -> Difference:
    if len(difference) == 0:
        return unknown()
    value = float(difference[0])
    if evidence.scorers[metric] == "roc_auc" and not evidence.grouped:
        first, second = (next(iter(evidence.answers[m].values())) for m in (a, b))
        scores = np.stack([first.score, second.score])  # type: ignore[list-item]
        _, covariance = delong(first.y == 1, scores)
        error = np.sqrt(
            max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
        )
        if np.isfinite(error):
            return normal_test(value, float(error), rope, "DeLong")
    samples = evidence.samples(metric)
    drawn = samples[a].drawn - samples[b].drawn
    return bootstrap_test(value, drawn, evidence.units.n_effective, rope)
