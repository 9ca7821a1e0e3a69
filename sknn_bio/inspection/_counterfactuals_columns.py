"""A table as numbers and back, and which values each of its columns may take.

Categories become the places of their levels, so that the search is about one matrix of
float64; only the model sees the table in the form it was given in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.inspection._counterfactuals_bounds import (
    N_VALUES,
    Column,
    is_in,
    set_bound,
)


class Columns:
    """The columns of a table of patients, as those of the reference show them.

    Parameters
    ----------
    X, reference : DataFrame or ndarray of shape (n_samples, n_features)
        The patients, and the rows that show what is plausible.
    """

    def __init__(self, X: Any, reference: Any) -> None:
        _check_kind("X", X)
        _check_kind("reference", reference)
        if isinstance(X, pd.DataFrame) != isinstance(reference, pd.DataFrame):
            raise TypeError("X and reference must both be DataFrames or both be arrays")
        self.X = X
        self.frame = _as_frame(X)
        seen = _as_frame(reference)
        lacking = [name for name in self.frame if name not in seen]
        if lacking:
            raise ValueError(f"reference must have the columns of X, lacks {lacking}")
        self._seen = seen[list(self.frame)]
        self.columns = [self._column(name) for name in self.frame]
        self.scales = np.array([column.scale for column in self.columns])
        self.is_category = np.array([c.levels is not None for c in self.columns])
        self.is_whole = np.array([c.whole for c in self.columns])

    def _column(self, name: Hashable) -> Column:
        own, seen = self.frame[name], self._seen[name]
        if not _is_number(own.dtype):
            if isinstance(own.dtype, pd.CategoricalDtype):
                levels = [*own.cat.categories, np.nan]
            else:  # None and NaN differ for scikit-learn's encoders
                levels = list(pd.unique(pd.concat([seen, own]).astype(object)))
            shown = seen.dropna().astype(object).unique()
            values = [i for i, each in enumerate(levels) if is_in(each, shown)]
            return Column(name, levels, values=np.array(values, dtype=np.float64))
        numbers = _numbers(seen)
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return Column(name)
        spread = np.median(np.abs(numbers - np.median(numbers)))
        return Column(
            name,
            whole=bool((numbers == np.round(numbers)).all()),
            # The median deviation of a column that is mostly zeros is zero.
            scale=float(spread or numbers.std() or 1.0),
            values=_quantiles(numbers),
        )

    def restrict(
        self, immutable: Iterable[Hashable], bounds: Mapping[Hashable, Any]
    ) -> None:
        """Take away what the user rules out.

        Parameters
        ----------
        immutable : iterable of column names
            Stay as they are.
        bounds : mapping of column names
            As `counterfactuals` has them.
        """
        if isinstance(immutable, str):
            raise TypeError(
                f"immutable must be a list of columns, got the text {immutable!r}"
            )
        places = {column.name: place for place, column in enumerate(self.columns)}
        for option, names in (("immutable", list(immutable)), ("bounds", list(bounds))):
            for name in names:
                if name not in places:
                    raise ValueError(
                        f"{option} must name columns of X, got {name!r}; "
                        f"there are {list(places)[:8]}"
                    )
        for name, bound in bounds.items():
            set_bound(self.columns[places[name]], bound)
        for name in immutable:
            self.columns[places[name]].values = np.empty(0)

    def seen(self, n_rows: int) -> Any:
        """Return the first rows of the reference in the form of `X`."""
        rows = self._seen.iloc[:n_rows]
        return rows if isinstance(self.X, pd.DataFrame) else rows.to_numpy()

    @property
    def n_free(self) -> int:
        """How many columns may change."""
        return sum(len(column.values) > 0 for column in self.columns)

    def thin(self, answers: np.ndarray, n_columns: int) -> None:
        """Keep the numbers that go most along with a model's answers, in three values.

        Parameters
        ----------
        answers : ndarray of shape (n_rows, n_outputs)
            The model's, to the first rows of the reference.
        n_columns : int
            How many numeric columns may still change.
        """
        numbers = [
            place
            for place, column in enumerate(self.columns)
            if column.levels is None and len(column.values)
        ]
        shown = self._seen.iloc[: len(answers), numbers]
        away = shown.to_numpy(np.float64, na_value=np.nan) - shown.mean().to_numpy()
        seen = np.nan_to_num(away)
        along = np.abs(seen.T @ (answers - answers.mean(axis=0))).max(axis=1)
        along /= np.sqrt((seen**2).sum(axis=0)).clip(min=np.finfo(np.float64).tiny)
        kept = set(np.argsort(-along, kind="stable")[:n_columns].tolist())
        for i, place in enumerate(numbers):
            values = self.columns[place].values
            ends = values[[0, len(values) // 2, -1]]
            self.columns[place].values = np.unique(ends) if i in kept else np.empty(0)

    def encode(self) -> np.ndarray:
        """Return the patients as a matrix of float64; NaN where a cell may not change.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        out = np.empty(self.frame.shape)
        for place, column in enumerate(self.columns):
            own = self.frame[column.name]
            if column.levels is None:
                out[:, place] = _numbers(own)
            elif isinstance(own.dtype, pd.CategoricalDtype):
                codes = own.cat.codes.to_numpy()
                out[:, place] = np.where(codes < 0, len(column.levels) - 1, codes)
            else:
                index = pd.Index(column.levels, dtype=object)
                out[:, place] = index.get_indexer(own.astype(object))
        return out

    def decode(self, matrix: np.ndarray) -> Any:
        """Return rows of numbers in the form of `X`.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)

        Returns
        -------
        DataFrame or ndarray of shape (n_rows, n_features)
        """
        if not isinstance(self.X, pd.DataFrame):
            return matrix.astype(self.X.dtype)
        dtypes = set(self.X.dtypes)
        if len(dtypes) == 1 and next(iter(dtypes)) in (np.float32, np.float64):
            return pd.DataFrame(
                matrix.astype(next(iter(dtypes))), columns=self.X.columns
            )
        data = [
            self._cells(place, matrix[:, place]) for place in range(matrix.shape[1])
        ]
        return pd.concat(data, axis=1)

    def _cells(self, place: int, numbers: np.ndarray) -> pd.Series:
        column, dtype = self.columns[place], self.frame.dtypes.iloc[place]
        if column.levels is None:
            if isinstance(dtype, pd.api.extensions.ExtensionDtype):
                cells = pd.array(np.where(np.isnan(numbers), pd.NA, numbers), dtype)
                return pd.Series(cells, name=column.name)
            return pd.Series(numbers.astype(dtype), name=column.name)
        codes = numbers.astype(np.intp)
        if isinstance(dtype, pd.CategoricalDtype):
            codes = np.where(codes == len(column.levels) - 1, -1, codes)
            return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype)).rename(
                column.name
            )
        levels = np.empty(len(column.levels), dtype=object)
        levels[:] = column.levels
        return pd.Series(levels[codes], name=column.name).astype(dtype)

    def write(self, values: np.ndarray) -> Any:
        """Return `X` with the cells that differ, all others as they were given.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_features)

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features)
        """
        out = self.X.copy()
        is_changed = self.differ(values, self.encode())
        for place in np.flatnonzero(is_changed.any(axis=0)).tolist():
            rows = np.flatnonzero(is_changed[:, place])
            cells = self._cells(place, values[rows, place])
            if isinstance(out, pd.DataFrame):
                column = out.iloc[:, place].copy()
                column.iloc[rows] = cells.array
                out.isetitem(place, column)
            else:
                out[rows, place] = cells
        return out

    @staticmethod
    def differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return where two matrices differ; two gaps are alike."""
        return (one != other) & ~(np.isnan(one) & np.isnan(other))

    def missing(self) -> np.ndarray:
        """Return where a value is missing, which is never changed.

        Returns
        -------
        ndarray of bool of shape (n_samples, n_features)
        """
        return self.frame.isna().to_numpy()

    def word(self, place: int, number: float) -> Any:
        """Return one cell as the table has it."""
        cell = self._cells(place, np.array([number])).iloc[0]
        return cell.item() if isinstance(cell, np.generic) else cell


def _check_kind(name: str, table: Any) -> None:
    if sparse.issparse(table):
        raise TypeError(f"{name} must be dense, got a sparse matrix: use .toarray()")
    is_numbers = isinstance(table, np.ndarray) and table.dtype.kind in "fiub"
    if not isinstance(table, pd.DataFrame) and not is_numbers:
        raise TypeError(
            f"{name} must be a pandas DataFrame or an array of numbers, got "
            f"{type(table).__name__}"
        )
    if table.ndim != 2 or not table.size:
        raise ValueError(
            f"{name} must have rows and columns, got the shape {table.shape}"
        )


def _as_frame(table: Any) -> pd.DataFrame:
    frame = pd.DataFrame(table)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"the names of columns must differ, got {twice!r} twice")
    return frame.reset_index(drop=True)


def _is_number(dtype: Any) -> bool:
    return pd.api.types.is_numeric_dtype(dtype)


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _quantiles(numbers: np.ndarray) -> np.ndarray:
    places = np.linspace(0, 1, N_VALUES)
    return np.unique(np.quantile(numbers, places, method="closest_observation"))
