"""Means and variances of columns for several sets of rows, in one pass over the table.

For tables of which no second copy fits into memory: CSR matrices, and tables on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.ondisk._prefetch import prefetched

_BLOCK_NUMBERS = 1 << 21
_ROUNDING = 1e-12


def row_moments(X, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and variance of each column, computed in float64.

    Parameters
    ----------
    X : CSR matrix, ndarray without NaN, or RowsOnDisk, of shape (n_rows, n_features)
    weights : ndarray of shape (K, n_rows)
        Of K sets of rows; 0 for a row that is not of the set.

    Returns
    -------
    mean, var : ndarray of shape (K, n_features)

    Raises
    ------
    ValueError
        If a table on disk holds NaN or infinity.

    Notes
    -----
    The sums are of distances to a first guess of the mean, from the first block, so
    that a great mean does not swallow a small variance (Chan, Golub and LeVeque, 1983,
    "Algorithms for computing the sample variance").
    """
    total = weights.sum(1)[:, None]
    first = second = guess = None
    for start, block in _blocks(X):
        w = weights[:, start : start + block.shape[0]]
        if guess is None:
            guess = np.asarray(block.mean(0), np.float64).ravel()
            first = np.zeros((len(weights), len(guess)))
            second = np.zeros_like(first)
        if isinstance(X, RowsOnDisk):
            _check_finite(block, start)
        a, b = _sums(block, w, guess)
        first += a
        second += b
    assert guess is not None and first is not None and second is not None
    first, second = first / total, second / total
    var = second - first**2
    # What is left of a constant column is rounding.
    var[var <= _ROUNDING * second] = 0.0
    return guess + first, var


def _blocks(X) -> Iterator[tuple[int, Any]]:
    """Yield (start, block), without reading any row twice."""
    if isinstance(X, RowsOnDisk):
        step = X.block_rows

        def read(start: int) -> tuple[int, Any]:
            return start, X.read(start, start + step)

        yield from prefetched(partial(read, i) for i in range(0, X.shape[0], step))
        return
    stored = X.nnz if sparse.issparse(X) else X.size
    step = max(1, int(_BLOCK_NUMBERS * X.shape[0] / max(1, stored)))
    for start in range(0, X.shape[0], step):
        yield start, X[start : start + step]


def _sums(block, w: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sums of distances to the guess, and of their squares: (K, D) each."""
    if not sparse.issparse(block):
        off = block - guess
        return w @ off, w @ np.square(off)
    off = block.data.astype(np.float64) - guess[block.indices]

    def summed(values: np.ndarray) -> np.ndarray:
        parts = (values, block.indices, block.indptr)
        return (sparse.csr_matrix(parts, shape=block.shape).T @ w.T).T

    absent = w.sum(1)[:, None] - summed(np.ones(len(off)))
    absent[np.abs(absent) <= _ROUNDING * w.sum()] = 0.0  # of a full column
    first, second = summed(off), summed(np.square(off))
    return first - absent * guess, second + absent * np.square(guess)


def _check_finite(block, start: int) -> None:
    values = block.data if sparse.issparse(block) else block
    if np.isfinite(values.sum(dtype=np.float64)) or np.isfinite(values).all():
        return
    dense = block.toarray() if sparse.issparse(block) else block
    row, column = np.argwhere(~np.isfinite(dense))[0]
    raise ValueError(
        "a table on disk must hold finite numbers, got "
        f"{dense[row, column]} in row {start + row}, column {column}"
    )
