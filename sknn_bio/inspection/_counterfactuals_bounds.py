"""What may become of one column, and the bounds that a user sets it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

N_VALUES = 11  # of a numeric column that the search starts from


@dataclass
class Column:
    """What the search may do with one column.

    Attributes
    ----------
    name : hashable
        Its name, or its place in an array.
    levels : list or None
        The levels of a category, missing ones too; None for numbers.
    whole : bool
        Whether its numbers are whole ones.
    scale : float
        Median absolute deviation of numbers; 1 for a category.
    values : ndarray of shape (n_values,)
        To be tried; empty if it must stay.
    direction : {-1, 0, 1}
        Whether it may only fall, or only rise.
    """

    name: Hashable
    levels: list[Any] | None = None
    whole: bool = False
    scale: float = 1.0
    values: np.ndarray = field(default_factory=lambda: np.empty(0))
    direction: int = 0


def is_in(level: Any, shown: Iterable[Any]) -> bool:
    """Return whether a level, which may be a missing one, is among others."""
    return not pd.isna(level) and level in set(shown)


def set_bound(column: Column, bound: Any) -> None:
    """Replace what the reference showed of a column.

    Parameters
    ----------
    column : Column
        Changed in place.
    bound : (low, high), "increase", "decrease" or list of levels
        As `counterfactuals` has it.

    Raises
    ------
    ValueError
        If the bound does not fit the column.
    """
    if isinstance(bound, str) and bound in ("increase", "decrease"):
        if column.levels is not None:
            raise ValueError(
                f"bounds of the category {column.name!r} must be its levels, got "
                f"{bound!r}"
            )
        column.direction = 1 if bound == "increase" else -1
        return
    if column.levels is not None:
        allowed = [bound] if isinstance(bound, str) else list(bound)
        wrong = [each for each in allowed if not is_in(each, column.levels)]
        if wrong:
            raise ValueError(
                f"bounds of {column.name!r} must be among its levels "
                f"{column.levels}, got {wrong[0]!r}"
            )
        places = [i for i, each in enumerate(column.levels) if is_in(each, allowed)]
        column.values = np.array(places, dtype=np.float64)
        return
    try:
        low, high = bound
        low, high = -np.inf if low is None else low, np.inf if high is None else high
        is_range = bool(low <= high)
    except (TypeError, ValueError):
        is_range = False
    if not is_range:
        raise ValueError(
            f"bounds of {column.name!r} must be (low, high), 'increase' or 'decrease', "
            f"got {bound!r}"
        )
    if column.whole:
        low, high = np.ceil(low), np.floor(high)
    ends = [end for end in (low, high) if np.isfinite(end)]
    inside = column.values[(column.values >= low) & (column.values <= high)]
    steps = np.linspace(low, high, N_VALUES) if len(ends) == 2 else np.empty(0)
    if column.whole:
        steps = np.round(steps)
    column.values = np.unique(np.concatenate([inside, ends, steps]))
