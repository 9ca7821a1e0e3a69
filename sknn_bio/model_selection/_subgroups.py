"""Every metric by subgroup, so that a model that fails some patients is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection._problem import Problem
from sknn_bio.model_selection.statistics.answers import pooled
from sknn_bio.model_selection.statistics.bootstrap import Units
from sknn_bio.model_selection.statistics.evidence import Evidence

if TYPE_CHECKING:
    from sknn_bio.model_selection._comparison import Comparison

_COLUMNS = ["model", "variable", "level", "n", "metric", "value", "low", "high"]
_FEW = 10  # distinct numbers that are levels as they are
MISSING = "missing"


def read_subgroups(subgroups: Any, problem: Problem) -> pd.DataFrame | None:
    """Return the level of each predicted row, a column a variable.

    Parameters
    ----------
    subgroups : list of str, str, DataFrame or None
        Columns of the table, or a table of its own.
    problem : Problem

    Raises
    ------
    ValueError
        If a column is not there, or the lengths differ.
    """
    if subgroups is None:
        return None
    X = problem.scored.X
    if hasattr(subgroups, "columns") or hasattr(subgroups, "name"):
        frame = pd.DataFrame(subgroups)
        if len(frame) != X.shape[0]:
            raise ValueError(
                f"subgroups must have {X.shape[0]} rows, one for each that is "
                f"predicted, got {len(frame)}"
            )
    else:
        names = [subgroups] if isinstance(subgroups, str) else list(subgroups)
        columns = list(getattr(X, "columns", []))
        absent = [name for name in names if name not in columns]
        if absent:
            raise ValueError(f"subgroups must be columns of X, got {absent}")
        frame = pd.DataFrame({name: pd.Series(X[name].to_numpy()) for name in names})
    return pd.DataFrame(
        {str(name): levels_of(frame[name].reset_index(drop=True)) for name in frame}
    )


def levels_of(values: pd.Series) -> pd.Series:
    """Return levels as text: numbers of many values in thirds, gaps as "missing"."""
    numeric = pd.api.types.is_numeric_dtype(values) and values.nunique() > _FEW
    if numeric:
        cut = pd.qcut(values.astype(float), 3, duplicates="drop")
        edges = [values[cut == part] for part in cut.cat.categories]
        names = [f"{e.min():g} to {e.max():g}" for e in edges]
        cut = cut.cat.rename_categories(
            dict(zip(cut.cat.categories, names, strict=True))
        )
        return cut.astype(object).where(values.notna(), MISSING).astype(str)
    if pd.api.types.is_float_dtype(values):
        values = values.map(lambda v: f"{v:g}", na_action="ignore")
    return values.astype(object).where(values.notna(), MISSING).astype(str)


def subgroups_table(
    comparison: Comparison, levels: pd.DataFrame | None
) -> pd.DataFrame:
    """Return every metric of every model in every level, with its interval.

    The folds of a repeat are pooled: within a fold a level may have a few rows only.
    """
    if levels is None:
        return pd.DataFrame(columns=_COLUMNS)
    evidence = comparison._evidence()
    rows = []
    for variable in levels:
        of_row = levels[variable].to_numpy()[evidence.rows]
        for level in sorted(np.unique(of_row), key=_order):
            rows += _one_level(evidence, comparison.metrics, variable, level, of_row)
    return pd.DataFrame(rows, columns=_COLUMNS)


def _order(level: str) -> tuple:
    head = level.partition(" to ")[0]
    try:
        return (0, float(head), level)
    except ValueError:
        return (2 if level == MISSING else 1, 0.0, level)


def _one_level(
    evidence: Evidence,
    metrics: list[str],
    variable: str,
    level: str,
    of_row: np.ndarray,
) -> list[tuple]:
    inside = np.flatnonzero(of_row == level)
    place = np.full(len(of_row), -1)
    place[inside] = np.arange(len(inside))
    units = Units.of(
        evidence.y[inside], evidence.units.of_row[inside], evidence.classes is not None
    )
    answers: dict[str, dict] = {}
    for name, folds in evidence.answers.items():
        answers[name] = {}
        for key, part in pooled(folds).items():
            part = part.take(np.flatnonzero(place[part.rows] >= 0))
            if len(part.y):
                answers[name][key] = replace(part, rows=place[part.rows])
    rows = []
    for metric in metrics:
        for name, numbers in evidence.within(answers, metric, units).items():
            rows.append((name, variable, level, len(inside), metric, *numbers))
    return rows
