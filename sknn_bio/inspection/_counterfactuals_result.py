"""What a search for counterfactuals found."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_SPELLED_OUT = 10  # patients in the words of a result


@dataclass(frozen=True, eq=False)
class Counterfactuals:
    """The smallest changes that were found to change the answer of a model.

    Attributes
    ----------
    X : DataFrame or ndarray of shape (n_samples, n_features)
        The rows with their changes, in the form they were given in; as given where
        nothing was found.
    found : ndarray of bool of shape (n_samples,)
        Whether the model's answer to the row of `X` is as wanted. It was asked.
    distance : ndarray of shape (n_samples,)
        Sum of the changes, each in units of its column's median absolute deviation
        among the reference rows, 1 for a category. 0 where the answer was as wanted to
        begin with, NaN where nothing was found.
    n_changed : ndarray of int of shape (n_samples,)
        Columns that change.
    before, after : ndarray of shape (n_samples,)
        What the model says of each row as it was given, and of the row of `X`.
    table : DataFrame
        A line a change: ``row`` (the label of its row), ``column``, ``from``, ``to``.
    target : label, tuple of float or None
        What the answer should be; None: any other class.
    """

    X: Any
    found: np.ndarray
    distance: np.ndarray
    n_changed: np.ndarray
    before: np.ndarray
    after: np.ndarray
    table: pd.DataFrame
    target: Any

    @property
    def rows(self) -> list[Hashable]:
        """The labels of the rows: the index of a DataFrame, else their places."""
        if isinstance(self.X, pd.DataFrame):
            return list(self.X.index)
        return list(range(len(self.X)))

    def __str__(self) -> str:
        """Say it in words, for the first patients."""
        aim = "another class" if self.target is None else _aim(self.target)
        n_there = int((self.found & (self.n_changed == 0)).sum())
        lines = [
            f"A change that makes the model say {aim} was found for "
            f"{int(self.found.sum()) - n_there} of {len(self.found) - n_there} rows."
        ]
        ends = np.cumsum(self.n_changed)
        for place, row in list(enumerate(self.rows))[:_SPELLED_OUT]:
            changes = self.table.iloc[ends[place] - self.n_changed[place] : ends[place]]
            lines.append(f"Row {row}: {self._sentence(place, changes)}.")
        if len(self.found) > _SPELLED_OUT:
            lines.append(f"… and {len(self.found) - _SPELLED_OUT} more rows.")
        return "\n".join(lines)

    def _sentence(self, place: int, changes: pd.DataFrame) -> str:
        before = _word(self.before[place])
        if not self.found[place]:
            return f"{before}; no change within the bounds was found"
        if changes.empty:
            return f"{before}, as wanted"
        words = [
            f"{column} were {_word(new)} instead of {_word(old)}"
            for _, column, old, new in changes.itertuples(index=False)
        ]
        return f"{before}; {_word(self.after[place])} if {' and '.join(words)}"


def _aim(target: Any) -> str:
    if not isinstance(target, tuple):
        return repr(target)
    low, high = target
    if not np.isfinite(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if not np.isfinite(low) else f"{low:g} to {high:g}"


def _word(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    return str(value)
