"""A matrix in blocks of rows, and sums over its columns, never dense as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.ondisk._prefetch import prefetched

_ENTRIES = 2**22  # of a block if it were dense: 32 MiB of float64


def block_starts(n_rows: int, n_columns: int) -> tuple[range, int]:
    """Return where blocks of rows begin, and how many rows each has."""
    size = max(1, _ENTRIES // max(n_columns, 1))
    return range(0, n_rows, size), size


def row_blocks(X: Any, rows: np.ndarray | None = None) -> Iterator[Any]:
    """Yield a matrix, or some of its rows, in float64 blocks.

    Parameters
    ----------
    X : ndarray, CSR matrix or RowsOnDisk of shape (n_rows, n_columns)
    rows : ndarray of int, default=None
        Rows to take; None takes all.

    Yields
    ------
    block : ndarray or CSR matrix, of the kind of `X`
        A copy: it may be written to.
    """
    n_rows = X.shape[0] if rows is None else len(rows)
    starts, size = block_starts(n_rows, X.shape[1])
    if isinstance(X, RowsOnDisk):
        own = np.arange(n_rows) if rows is None else rows
        reads = (partial(X.take, own[i : i + size]) for i in starts)
        yield from (block.astype(np.float64) for block in prefetched(reads))
        return
    for start in starts:
        part = slice(start, start + size)
        yield X[part if rows is None else rows[part]].astype(np.float64, copy=True)


def values(X: Any) -> np.ndarray:
    """Return what a matrix stores: the non-zeros of a sparse one."""
    return X.data if sparse.issparse(X) else np.asarray(X)


def column_sums(block: Any) -> np.ndarray:
    """Return the sum of each column, shape (n_columns,)."""
    if sparse.issparse(block):
        return np.bincount(block.indices, block.data, minlength=block.shape[1])
    return block.sum(axis=0)


def row_sums(X: Any) -> np.ndarray:
    """Return the sum of each row in float64, shape (n_rows,)."""
    if isinstance(X, np.ndarray):
        return X.sum(axis=1, dtype=np.float64)
    ones = np.ones(X.shape[1])
    return np.concatenate([block @ ones for block in row_blocks(X)])


def scale_rows(X: Any, factors: np.ndarray) -> Any:
    """Return a copy with each row multiplied by its factor, in the dtype of `X`."""
    if not sparse.issparse(X):
        return (X * factors[:, None]).astype(X.dtype, copy=False)
    X = X.copy()
    starts, size = block_starts(*X.shape)
    for start in starts:
        ends = X.indptr[start : start + size + 1]
        repeated = np.repeat(factors[start : start + size], np.diff(ends))
        X.data[ends[0] : ends[-1]] *= repeated
    return X


def map_values(block: Any, function: Any) -> Any:
    """Apply a function with f(0) = 0 to a block, in place; return the block."""
    stored = values(block)
    stored[...] = function(stored)
    return block


def mean_and_variance(
    X: Any, rows: np.ndarray | None = None, function: Any = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and sample variance of the columns, two of shape (n_columns,).

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
    rows : ndarray of int, default=None
        Rows to take, two at least; None takes all.
    function : callable, default=None
        Applied to the entries first; must map zero to zero.
    """
    n = X.shape[0] if rows is None else len(rows)
    total, squares = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for block in row_blocks(X, rows):
        if function is not None:
            map_values(block, function)
        total += column_sums(block)
        squares += column_sums(map_values(block, np.square))
    mean = total / n
    variance = (squares / n - mean**2) * (n / (n - 1))
    # What is left of a constant column is rounding.
    variance[variance <= 1e-12 * mean**2] = 0
    return mean, variance
