"""A table's columns as a network's inputs: what all members share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import sparse

from sknn_bio.data.categories import UNSEEN
from sknn_bio.data.scaling import ColumnScaler

# A category with more levels than this is embedded: one input a level would drown the
# other columns.
MOST_ONE_HOT = 32
_NONE = np.empty(0, np.int64)


@dataclass
class TableEncoder:
    """Numbers standardised, a column for what is missing, categories as indicators.

    The inputs come in this order: numeric columns; one indicator a pattern of missing
    values; one-hot levels (one input where there are two); codes of the categories that
    are embedded. What is missing in a numeric column stays
    NaN: each member replaces it by the centre of its own training rows.

    Attributes
    ----------
    scaler : ColumnScaler
        Of the numeric columns.
    numeric : ndarray of int or None
        Their positions; None where every column is numeric.
    told : ndarray of int
        Columns whose missing values have an indicator.
    one_hot, embedded : ndarray of int
        Positions of the categorical columns.
    n_levels, n_codes : ndarray of int
        Levels of each; codes of an embedded column: its levels, one for all others,
        and one for a missing one.
    fills : bool
        Whether missing numbers become 0 here: where no map of the members follows.
    """

    scaler: ColumnScaler
    numeric: np.ndarray | None = None
    told: np.ndarray = field(default_factory=lambda: _NONE)
    one_hot: np.ndarray = field(default_factory=lambda: _NONE)
    n_levels: np.ndarray = field(default_factory=lambda: _NONE)
    embedded: np.ndarray = field(default_factory=lambda: _NONE)
    n_codes: np.ndarray = field(default_factory=lambda: _NONE)
    fills: bool = False

    @classmethod
    def fit(
        cls,
        X,
        weight: np.ndarray | None = None,
        levels: dict[int, int] | None = None,
        standardize: bool = True,
        embeds: bool = True,
        rows: Any = slice(None),
    ) -> TableEncoder:
        """Learn the inputs of a checked table.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
            With NaN for what is missing, and codes for categories.
        weight : ndarray of shape (n_rows,) or None
        levels : dict of int to int, or None
            Number of levels by the position of a categorical column.
        standardize : bool, default=True
            False leaves the numbers as they are.
        embeds : bool, default=True
            False makes categories of many levels one-hot as well.
        rows : index, default=all
            The rows that the means and standard deviations are of.
        """
        if sparse.issparse(X) or not (levels or np.isnan(X.sum())):
            return cls(_scaler(X, weight, standardize, rows))
        levels = levels or {}
        most = MOST_ONE_HOT if embeds else np.inf
        numeric = np.array([j for j in range(X.shape[1]) if j not in levels], np.int64)
        few = [j for j, n in levels.items() if n <= most]
        many = [j for j, n in levels.items() if n > most]
        return cls(
            _scaler(X[:, numeric], weight, standardize, rows),
            numeric,
            _distinct_patterns(np.isnan(X), np.r_[numeric, few].astype(np.int64)),
            np.array(few, np.int64),
            np.array([levels[j] for j in few], np.int64),
            np.array(many, np.int64),
            np.array([levels[j] + 2 for j in many], np.int64),
        )

    def refitted(self, X, weight: np.ndarray | None = None) -> TableEncoder:
        """Return the same inputs with the scaling of other rows."""
        numbers = X if self.numeric is None else X[:, self.numeric]
        return replace(self, scaler=ColumnScaler.fit(numbers, weight), fills=False)

    @property
    def is_plain(self) -> bool:
        """Whether the inputs are the columns, scaled."""
        return self.numeric is None

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network."""
        widths = _one_hot_widths(self.n_levels)
        each = (
            len(self.scaler.scale),
            len(self.told),
            widths.sum(),
            len(self.embedded),
        )
        return max(1, int(sum(each)))

    def transform(self, X, dtype=np.float32):
        """Return the inputs (n_rows, n_inputs) in `dtype`.

        CSR stays CSR where the inputs are the columns, scaled only; a scaling that was
        fitted to a dense table has centres as well, which leave no zeros.
        """
        is_scaled_only = self.numeric is None and not self.scaler.center.any()
        if sparse.issparse(X) and not is_scaled_only:
            X = X.toarray()
        if self.numeric is None:
            out = self.scaler.transform(X, dtype)
            if self.fills and not sparse.issparse(out):
                np.nan_to_num(out, copy=False)
            return out
        numbers = self.scaler.transform(X[:, self.numeric], dtype)
        if self.fills:
            np.nan_to_num(numbers, copy=False)
        parts = [numbers, np.isnan(X[:, self.told]).astype(dtype)]
        for j, n in zip(self.one_hot, self.n_levels, strict=True):
            parts.append(_one_hot(X[:, j], int(n)).astype(dtype))
        for j, n in zip(self.embedded, self.n_codes, strict=True):
            code = np.where(X[:, j] == UNSEEN, n - 2, np.nan_to_num(X[:, j], nan=n - 1))
            parts.append(code.astype(dtype)[:, None])
        if not sum(part.shape[1] for part in parts):  # categories without levels
            return np.zeros((len(X), 1), dtype)
        return np.concatenate(parts, axis=1)


def _scaler(X, weight, standardize: bool, rows: Any) -> ColumnScaler:
    if standardize:
        return ColumnScaler.fit(X[rows], None if weight is None else weight[rows])
    return ColumnScaler.identity(X.shape[1])


def _distinct_patterns(missing: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Columns with missing values; of those that miss the same rows, one."""
    some = columns[missing[:, columns].any(0) & ~missing[:, columns].all(0)]
    packed = np.packbits(missing[:, some], axis=0)
    return np.sort(some[np.unique(packed, axis=1, return_index=True)[1]])


def _one_hot_widths(n_levels: np.ndarray) -> np.ndarray:
    return np.where(n_levels == 2, 1, n_levels)


def _one_hot(codes: np.ndarray, n_levels: int) -> np.ndarray:
    """One column a level; of two levels one column, halfway where it is neither."""
    if n_levels == 2:
        return np.where(codes >= 0, codes == 1, 0.5)[:, None]
    return codes[:, None] == np.arange(n_levels)
