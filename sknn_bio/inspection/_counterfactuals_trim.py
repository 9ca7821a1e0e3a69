"""Take back what a found change does not need: whole columns, then parts of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sknn_bio.inspection._counterfactuals_columns import Columns
from sknn_bio.inspection._counterfactuals_goal import Goal

_CLOSE = 1e-4  # median absolute deviations that are too few to go on halving
_HALVINGS = 30


@dataclass
class Rows:
    """Changed rows of patients.

    Attributes
    ----------
    patient : ndarray of int of shape (n_rows,)
        Whose they are.
    values : ndarray of shape (n_rows, n_features)
        As `Columns.encode` gives them.
    margin : ndarray of shape (n_rows,)
        How far beyond the border they are.
    """

    patient: np.ndarray
    values: np.ndarray
    margin: np.ndarray


def trim(rows: Rows, start: np.ndarray, columns: Columns, goal: Goal) -> Rows:
    """Return rows nearer to their patients that are still beyond the border.

    The column whose change brings least for its distance is taken back first.

    Parameters
    ----------
    rows : Rows
        Beyond the border.
    start : ndarray of shape (n_samples, n_features)
        The patients.
    columns : Columns
        Kinds and scales.
    goal : Goal
        What tells which side of the border a row is on.

    Returns
    -------
    Rows
        Beyond the border.
    """
    out = Rows(rows.patient, rows.values.copy(), rows.margin.copy())
    here, order = _least_worth(out, start, columns, goal)
    for k in range(order.shape[1]):
        row = here[order[here, k] >= 0]
        column = order[row, k]
        origin = start[out.patient[row], column]
        _try(out, row, column, origin, goal)
        left = out.values[row, column] != origin
        left &= ~columns.is_category[column]
        _halve(out, row[left], column[left], origin[left], columns, goal)
    return out


def _least_worth(
    rows: Rows, start: np.ndarray, columns: Columns, goal: Goal
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows, and the changed columns of each, the least worth first."""
    origin = start[rows.patient]
    row, column = np.nonzero(columns.differ(rows.values, origin))
    back = rows.values[row]
    back[np.arange(len(row)), column] = origin[row, column]
    lost = rows.margin[row] - goal.margins(back, rows.patient[row])
    cost = np.abs(rows.values[row, column] - origin[row, column])
    cost = np.where(columns.is_category[column], 1.0, cost / columns.scales[column])
    by = np.lexsort((lost / cost, row))
    row, column = row[by], column[by]
    n_changed = np.bincount(row, minlength=len(rows.patient))
    order = np.full((len(rows.patient), n_changed.max(initial=0)), -1)
    order[np.arange(order.shape[1]) < n_changed[:, None]] = column
    return np.arange(len(rows.patient)), order


def _halve(
    rows: Rows,
    row: np.ndarray,
    column: np.ndarray,
    origin: np.ndarray,
    columns: Columns,
    goal: Goal,
) -> None:
    """Bring numbers as near to where they came from as they go."""
    lowest = np.array([c.values.min(initial=np.inf) for c in columns.columns])
    highest = np.array([c.values.max(initial=-np.inf) for c in columns.columns])
    # A patient beyond the bounds may only come to their edge.
    low = np.clip(origin, lowest[column], highest[column])
    _try(rows, row, column, low, goal)
    for _ in range(_HALVINGS):
        high = rows.values[row, column]
        middle = (low + high) / 2
        middle = np.where(columns.is_whole[column], np.round(middle), middle)
        between = (middle - low) * (high - middle) > 0
        between &= np.abs(high - low) > _CLOSE * columns.scales[column]
        if not between.any():
            return
        row, column, low = row[between], column[between], low[between]
        middle = middle[between]
        passed = _try(rows, row, column, middle, goal)
        low = np.where(passed, low, middle)


def _try(
    rows: Rows, row: np.ndarray, column: np.ndarray, value: np.ndarray, goal: Goal
) -> np.ndarray:
    """Set cells where the row stays beyond the border, and return where it did."""
    tried = rows.values[row]
    tried[np.arange(len(row)), column] = value
    margin = goal.margins(tried, rows.patient[row])
    passed = margin >= 0
    rows.values[row[passed]] = tried[passed]
    rows.margin[row[passed]] = margin[passed]
    return passed
