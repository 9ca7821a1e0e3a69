"""Categories: which columns hold them, and their levels as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

UNSEEN = -1.0
# A level of fewer rows than this says more about these patients than about the next.
FEWEST_ROWS = 3


@dataclass
class Categories:
    """The categorical columns of a table, and the levels that each had in ``fit``.

    Attributes
    ----------
    levels : dict of int to list
        Levels by the column's position, in the order of a categorical type or sorted.
        Levels of fewer than three rows are left out: a network learns nothing of them,
        and a fitted model should not name them.
    """

    levels: dict[int, list[Any]] = field(default_factory=dict)

    @classmethod
    def fit(cls, X: pd.DataFrame, columns: Sequence[int]) -> Categories:
        """Learn the levels of some columns; missing values are none."""
        return cls({j: _levels(X.iloc[:, j]) for j in columns})

    def encode(self, X: pd.DataFrame) -> np.ndarray:
        """Return the table as float64, categories as codes.

        Parameters
        ----------
        X : DataFrame of shape (n_samples, n_features)

        Returns
        -------
        numbers : ndarray of shape (n_samples, n_features)
            A category is its place among the levels, NaN where it is missing, and -1
            where it is none of them.

        Raises
        ------
        ValueError
            If a column that is not categorical holds no numbers.
        """
        numbers = np.empty(X.shape)
        for j in range(X.shape[1]):
            column = X.iloc[:, j]
            if j in self.levels:
                numbers[:, j] = _codes(column, self.levels[j])
            else:
                numbers[:, j] = _numbers(column)
        return numbers


def as_frame(X: Any) -> pd.DataFrame | None:
    """Return a pandas view of a data frame (polars too); None for anything else."""
    if isinstance(X, pd.DataFrame):
        return X
    if hasattr(X, "to_dict") and hasattr(X, "get_column"):  # polars
        return pd.DataFrame({name: X[name].to_numpy() for name in X.columns})
    return None


def check_columns(X: pd.DataFrame) -> None:
    """Refuse a data frame that no network can read.

    Raises
    ------
    ValueError
        If there is no column, or one holds dates, durations or complex numbers.
    """
    if X.shape[1] == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is "
            "required."
        )
    for name, kind in zip(X.columns, X.dtypes, strict=True):
        _check_kind(name, kind)


def categorical_columns(X: Any, frame: pd.DataFrame | None, which: Any) -> list[int]:
    """Return the positions of the categorical columns.

    Parameters
    ----------
    X : array-like or DataFrame
    frame : DataFrame or None
        From :func:`as_frame`.
    which : "from_dtype", array-like or None
        Names, positions or a mask of the columns; "from_dtype": those of a data frame
        whose type is category, string, object or bool.

    Raises
    ------
    ValueError
        If a name, a position or the mask's length is not the table's.
    """
    if which is None:
        return []
    if isinstance(which, str):  # "from_dtype"
        if frame is None:
            return []
        return [j for j in range(frame.shape[1]) if _is_category(frame.iloc[:, j])]
    if sparse.issparse(X):
        raise ValueError(
            "a sparse table holds numbers only: categorical_features must be "
            f"'from_dtype' or None, got {which!r}"
        )
    if np.ndim(X) != 2:
        raise ValueError(f"Expected 2D array, got {np.ndim(X)}D array instead")
    n_features = np.shape(X)[1]
    chosen = np.asarray(which)
    if chosen.dtype == bool:
        if chosen.shape != (n_features,):
            raise ValueError(
                f"categorical_features as a mask must have {n_features} entries, got "
                f"{chosen.size}"
            )
        return np.flatnonzero(chosen).tolist()
    names = [] if frame is None else list(frame.columns)
    places = []
    for item in chosen.tolist():
        if item in names:
            places.append(names.index(item))
        elif isinstance(item, int) and 0 <= item < n_features:
            places.append(item)
        else:
            raise ValueError(f"categorical_features must name columns of X: {item!r}")
    return sorted(set(places))


def _is_category(column: pd.Series) -> bool:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(kind):
        return True
    if not pd.api.types.is_object_dtype(kind):
        return pd.api.types.is_string_dtype(kind)
    inferred = pd.api.types.infer_dtype(column, skipna=True)
    return inferred in ("string", "boolean", "mixed-integer", "mixed")


def _said(name: Any) -> str:
    """A column's name, as a person would write it."""
    return repr(name.item() if isinstance(name, np.generic) else name)


def _check_kind(name: Any, kind: Any) -> None:
    """Refuse times and complex numbers: pandas would cut them to numbers."""
    if getattr(kind, "kind", "O") == "c":
        raise ValueError(f"column {_said(name)}: Complex data not supported")
    if getattr(kind, "kind", "O") in "mM" or isinstance(kind, pd.PeriodDtype):
        raise ValueError(
            f"column {_said(name)} holds dates or durations: give the network a "
            "number, such as the days since a common start"
        )


def _check_cells(column: pd.Series) -> None:
    """Refuse lists and arrays, which are no levels."""
    if column.dtype != object or column.map(pd.api.types.is_hashable).all():
        return
    raise ValueError(
        f"column {_said(column.name)} must hold one value a cell, got lists or the like"
    )


def _levels(column: pd.Series) -> list[Any]:
    _check_cells(column)
    counts = column.astype(object).value_counts()  # what is missing is not counted
    present = counts.index[counts.to_numpy() >= FEWEST_ROWS].tolist()
    if isinstance(column.dtype, pd.CategoricalDtype):
        place = {level: i for i, level in enumerate(column.dtype.categories)}
        return sorted(present, key=place.__getitem__)
    try:
        return sorted(present)
    except TypeError:  # 1 and "1" have no order
        return sorted(present, key=lambda level: (str(type(level)), str(level)))


def _codes(column: pd.Series, levels: list[Any]) -> np.ndarray:
    _check_cells(column)
    place = {level: float(code) for code, level in enumerate(levels)}
    codes = column.astype(object).map(place).astype(float).to_numpy(copy=True)
    codes[np.isnan(codes) & column.notna().to_numpy()] = UNSEEN
    return codes


def _numbers(column: pd.Series) -> np.ndarray:
    _check_kind(column.name, column.dtype)
    try:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"column {_said(column.name)} must hold numbers, as it did not in fit or "
            f"is not among categorical_features; {error}"
        ) from error
