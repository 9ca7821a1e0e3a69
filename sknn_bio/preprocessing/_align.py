"""Columns of a matrix in another order, with gaps filled."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse


def align_columns(X: Any, columns: np.ndarray, fill: np.ndarray) -> Any:
    """Take columns of a matrix in the order given.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
    columns : ndarray of int of shape (n_out,)
        The column to take, -1 where there is none.
    fill : ndarray of shape (n_out,)
        What stands where there is none.

    Returns
    -------
    out : ndarray or CSR matrix of shape (n_rows, n_out), of the kind of `X`
        `X` itself where its columns are as they should be.
    """
    found, missing = np.flatnonzero(columns >= 0), np.flatnonzero(columns < 0)
    shape = X.shape[0], len(columns)
    if np.array_equal(columns, np.arange(X.shape[1])):
        return X
    if not sparse.issparse(X):
        out = np.empty(shape, dtype=X.dtype)
        out[:, found] = X[:, columns[found]]
        out[:, missing] = fill[missing]
        return out
    taken = X[:, columns[found]]
    places = found.astype(taken.indices.dtype)[taken.indices]
    out = type(X)((taken.data, places, taken.indptr), shape=shape)
    constant = missing[fill[missing] != 0]
    if len(constant):
        out = out + _constant_columns(X, constant, fill[constant], shape)
    out.sort_indices()
    return out


def _constant_columns(
    X: Any, columns: np.ndarray, fill: np.ndarray, shape: tuple[int, int]
) -> Any:
    n_rows = shape[0]
    data = np.tile(fill.astype(X.dtype), n_rows)
    starts = np.arange(n_rows + 1) * len(columns)
    return type(X)((data, np.tile(columns, n_rows), starts), shape=shape)
