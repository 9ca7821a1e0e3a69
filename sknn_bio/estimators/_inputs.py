"""A user's X and y, checked and brought to numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array, check_X_y, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from sknn_bio._compat import check_sample_weight
from sknn_bio.data import Categories, as_frame, categorical_columns, check_columns
from sknn_bio.ondisk import RowsOnDisk, is_on_disk
from sknn_bio.ondisk._open import as_rows

_FEW_NUMBERS = 10_000
# The squares of larger numbers, and sums of these, may not be finite.
_LARGEST = 1e100
_PLAIN_TYPES = {
    np.dtype(np.float64): _LARGEST,
    np.dtype(np.float32): np.finfo(np.float32).max,
}
# Weights count relative to one another; these become single precision unharmed.
_WEIGHTS_RANGE = (1e-15, 1e15)
_LEAST_WEIGHT = 1e-30
_CHECKS = {
    "accept_sparse": "csr",
    "dtype": (np.float64, np.float32),
    "ensure_all_finite": "allow-nan",
}
# What pandas, numpy and scikit-learn say of one value, without saying where it is.
_NO_NUMBER = (
    "could not convert",
    "Cannot cast",
    "float() argument",
    "setting an array element",
)
_NO_TARGET = "no_validation"


@dataclass
class Inputs:
    """Rows with a positive weight.

    Attributes
    ----------
    X : ndarray, CSR matrix or RowsOnDisk of shape (n, D)
    y : ndarray
        Class codes (n,), or float targets (n, C).
    weight : ndarray of shape (n,), float64
    groups : ndarray of shape (n,) or None
    kept : ndarray of int or None
        Numbers of these rows among the user's; None: all of them.
    n_given : int
        Number of the user's rows.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray
    groups: np.ndarray | None
    kept: np.ndarray | None
    n_given: int


# Sums of numbers that are then refused may overflow.
@np.errstate(over="ignore", invalid="ignore")
def check_rows(
    estimator,
    X,
    reset: bool = False,
    y: Any = _NO_TARGET,
    sample_weight=None,
    **checks,
):
    """Check a table (and its target) in scikit-learn's words.

    Returns CSR or dense floats, with NaN for what is missing and codes for categories;
    `reset` learns the categories, and keeps them as ``categories_``. A table on disk is
    returned as rows, unread.
    """
    if is_on_disk(X):
        return _check_disk_rows(estimator, as_rows(X), reset, y, **checks)
    frame = as_frame(X)
    if frame is not None:
        check_columns(frame)
    if reset:
        columns = categorical_columns(X, frame, estimator.categorical_features)
        if columns and frame is None:
            frame = _as_frame(X)
        estimator.categories_ = Categories.fit(
            _weighted(frame, sample_weight) if columns else frame, columns
        )
    elif estimator.categories_.levels and frame is None:
        frame = _as_frame(X)
    if not estimator.categories_.levels:
        about = "X" if isinstance(y, str) else "X and a regressor's y"
        with told_as_numbers(about, frame):
            out = validate_data(estimator, X, y, reset=reset, **_CHECKS, **checks)
    else:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        numbers = estimator.categories_.encode(frame)
        if isinstance(y, str):
            out = check_array(numbers, input_name="X", **_CHECKS)
        else:
            with told_as_numbers("a regressor's y"):
                out = check_X_y(numbers, y, estimator=estimator, **_CHECKS, **checks)
    table = out[0] if isinstance(out, tuple) else out
    if sparse.issparse(table):
        table = sparse.csr_matrix(table)
        if np.isnan(table.data.sum()) and np.isnan(table.data).any():
            raise ValueError("sparse X must hold no NaN; missing counts are 0")
        if not table.has_canonical_format:
            table = table.copy()
            table.sum_duplicates()
    check_size(table, getattr(estimator, "feature_names_in_", None))
    return (table, out[1]) if isinstance(out, tuple) else table


def _as_frame(X) -> pd.DataFrame:
    """Return an array as a data frame, in this machine's order of bytes."""
    X = np.asarray(X)
    return pd.DataFrame(X.astype(X.dtype.newbyteorder("="), copy=False))


@contextmanager
def told_as_numbers(what: str, frame: pd.DataFrame | None = None) -> Iterator[None]:
    """Let an error about one value say what it is about: the column where there is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not str(error).startswith(_NO_NUMBER):
            raise
        if frame is not None:
            Categories().encode(frame)
        raise type(error)(f"{what} must hold numbers; {error}") from error


def _check_disk_rows(estimator, rows: RowsOnDisk, reset: bool, y: Any, **checks):
    """Check the columns of a table on disk, and the target that goes with it."""
    if reset and not (
        estimator.categorical_features is None
        or isinstance(estimator.categorical_features, str)
    ):
        raise ValueError(
            "a table on disk holds numbers only: categorical_features must be "
            f"'from_dtype' or None, got {estimator.categorical_features!r}"
        )
    if rows.dtype.kind not in "fiub":
        raise ValueError(f"a table on disk must hold numbers, got dtype {rows.dtype}")
    if rows.shape[0] == 0:
        raise ValueError("a table on disk must have rows, got 0")
    if reset:
        estimator.categories_ = Categories({})
    elif estimator.categories_.levels:
        raise ValueError(
            "the estimator was fitted with categories, which a table on disk has not"
        )
    validate_data(estimator, rows.header(), reset=reset, skip_check_array=True)
    if isinstance(y, str):
        return rows
    # One column of zeros stands for the table: the checks of y need its length only.
    stand_in = np.broadcast_to(np.zeros((1, 1)), (rows.shape[0], 1))
    return rows, check_X_y(stand_in, y, estimator=estimator, **checks)[1]


def check_size(table, names=None, what: str = "X") -> None:
    """Refuse numbers whose squares are not finite, by the column that has one.

    Parameters
    ----------
    table : ndarray or CSR matrix
    names : sequence of str or None
        Of the columns.
    what : str, default="X"
        What the table is called.

    Raises
    ------
    ValueError
        If a number is beyond 1e100; NaN is none.
    """
    values = (table.data if sparse.issparse(table) else table).ravel(order="K")
    if not values.size or values.dtype == np.float32:
        return
    if max(np.fmax.reduce(values), -np.fmin.reduce(values)) <= _LARGEST:
        return
    found = sparse.coo_matrix(abs(table.reshape(table.shape[0], -1)) > _LARGEST)
    if found.nnz:
        j = found.col[0]
        raise ValueError(
            f"{what} must hold numbers of at most {_LARGEST:g} in size, got larger "
            f"ones in column {j if names is None else repr(names[j])}"
        )


def _weighted(frame: pd.DataFrame, sample_weight) -> pd.DataFrame:
    """Return the rows with a weight; the weights are checked later."""
    weight = np.asarray(1.0 if sample_weight is None else sample_weight)
    if weight.shape != (len(frame),) or weight.dtype.kind not in "biuf":
        return frame
    return frame[weight > 0]


def check_query(estimator, X):
    """Check a table to predict for, as :func:`check_rows` does.

    The checks take longer than a small network's answer, so a few rows that would pass
    them unchanged go by.
    """
    passes = (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype in _PLAIN_TYPES
        and 0 < X.size <= _FEW_NUMBERS
        and X.shape[1] == estimator.n_features_in_
        and not hasattr(estimator, "feature_names_in_")
        and not estimator.categories_.levels
        and bool(np.abs(X).max() <= _PLAIN_TYPES[X.dtype])
    )
    return X if passes else check_rows(estimator, X)


@np.errstate(over="ignore", invalid="ignore")
def check_labels(y) -> np.ndarray:
    """Check the labels of a classifier: (n,), or (n, 1) with a warning."""
    y = column_or_1d(y, warn=True)
    if y.dtype == object:
        kinds = sorted({type(label).__name__ for label in y})
        if len(kinds) > 1 and any(isinstance(label, str) for label in y):
            raise TypeError(
                f"y must hold labels of one kind, got {' and '.join(kinds)}"
            )
    check_classification_targets(y)
    return y


def _comparable(weight: np.ndarray) -> np.ndarray:
    """Bring very large and very small weights near 1; the tiniest are none."""
    low, high = _WEIGHTS_RANGE
    largest = weight.max()
    if largest and not low <= largest <= high:
        weight = weight / largest
        largest = 1.0
    tiny = weight < _LEAST_WEIGHT * largest
    return np.where(tiny, 0.0, weight) if tiny.any() else weight


def gather_inputs(X, y, sample_weight, groups) -> Inputs:
    """Put rows together, without those of weight zero.

    Raises
    ------
    ValueError
        If a weight is negative, all are zero, or the lengths differ.
    """
    n_rows = X.shape[0]
    weight = np.ones(n_rows)
    if sample_weight is not None:
        with told_as_numbers("sample_weight"):
            weight = check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        weight = _comparable(weight)
    if groups is not None:
        groups = column_or_1d(groups)
        check_consistent_length(X, groups)
        groups = np.unique(groups.astype(str), return_inverse=True)[1]
    kept = np.flatnonzero(weight > 0)
    if len(kept) == n_rows:
        return Inputs(X, y, weight, groups, None, n_rows)
    if len(kept) == 0:
        raise ValueError("sample_weight must be positive for some rows, got all zero")
    return Inputs(
        X[kept],
        y[kept],
        weight[kept],
        None if groups is None else groups[kept],
        kept,
        n_rows,
    )
