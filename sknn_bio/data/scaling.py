"""Column scaling: the table's once in float64, each member's relative to it.

A missing value (NaN) counts nowhere, and stays one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sknn_bio.data.moments import row_moments

_CHUNK = 1 << 22  # numbers converted at a time
# No input is further from 0: a network's sums and squares of it stay finite.
FURTHEST = 1e15


def column_moments(X, weight: np.ndarray | None = None) -> tuple:
    """Weighted mean and variance of each column, computed in float64.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
    weight : ndarray of shape (n_rows,) or None

    Returns
    -------
    mean, var : ndarray of shape (n_features,)
    """
    if sparse.issparse(X):
        weight = np.ones(X.shape[0]) if weight is None else weight
        means, variances = row_moments(X, weight[None])
        return means[0], variances[0]
    mean = np.zeros(X.shape[1])
    first, second = np.zeros_like(mean), np.zeros_like(mean)
    present: np.ndarray | float = np.zeros_like(mean)
    step = max(1, _CHUNK // max(1, X.shape[1]))
    chunks = [slice(i, i + step) for i in range(0, X.shape[0], step)]
    for rows in chunks:
        values = X[rows].astype(np.float64)
        missing = np.isnan(values)
        gaps = missing.any()
        present += _weighted_sum(~missing, weight, rows)
        mean += _weighted_sum(_without(values, missing, gaps), weight, rows)
    present = np.maximum(present, np.finfo(np.float64).tiny)
    mean /= present
    for rows in chunks:
        off = X[rows].astype(np.float64)
        off -= mean
        missing = np.isnan(off)
        off = _without(off, missing, missing.any())
        first += _weighted_sum(off, weight, rows)
        np.square(off, out=off)
        second += _weighted_sum(off, weight, rows)
    first, second = first / present, second / present
    return mean + first, np.maximum(second - first**2, 0.0)


def _without(values: np.ndarray, missing: np.ndarray, gaps: bool) -> np.ndarray:
    """Put 0 in the place of what is missing."""
    if gaps:
        values[missing] = 0.0
    return values


def _weighted_sum(values, weight, rows) -> np.ndarray:
    return values.sum(0) if weight is None else weight[rows] @ values


def scale_of(mean: np.ndarray, var: np.ndarray, constant: float) -> np.ndarray:
    """Standard deviations, and `constant` for a column that is so up to rounding."""
    scale = np.sqrt(var)
    # Relative: a concentration of 1e-18 mol/l is no constant.
    still = scale <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    return np.where(still, constant, scale)


@dataclass
class ColumnScaler:
    """Centre and scale columns; a sparse table is scaled only, its zeros stay.

    A column that was constant when the scaler was fitted becomes 0 (its scale is
    infinite): a network has learnt nothing of it, and must not react to it.

    Attributes
    ----------
    center, scale : ndarray of shape (n_features,), float64

    Notes
    -----
    What would be beyond ±1e15 is put there.
    """

    center: np.ndarray
    scale: np.ndarray

    @classmethod
    def identity(cls, n_features: int) -> ColumnScaler:
        """Return a scaler that changes nothing."""
        return cls(np.zeros(n_features), np.ones(n_features))

    @classmethod
    def fit(
        cls, X, weight: np.ndarray | None = None, constant: float = np.inf
    ) -> ColumnScaler:
        """Fit to the (weighted) rows; `constant` is the scale of constant columns."""
        mean, var = column_moments(X, weight)
        center = np.zeros_like(mean) if sparse.issparse(X) else mean
        return cls(center, scale_of(mean, var, constant))

    def transform(self, X, dtype=np.float32):
        """Return the scaled table in `dtype`, computed in float64 a chunk at a time."""
        if sparse.issparse(X):
            values = X.data / self.scale[X.indices]
            values = np.clip(values, -FURTHEST, FURTHEST).astype(dtype)
            shared = (values, X.indices, X.indptr)
            return sparse.csr_matrix(shared, shape=X.shape, copy=False)
        out = np.empty(X.shape, dtype)
        step = max(1, _CHUNK // max(1, X.shape[1]))
        for i in range(0, X.shape[0], step):
            chunk = np.subtract(X[i : i + step], self.center, dtype=np.float64)
            chunk /= self.scale
            np.clip(chunk, -FURTHEST, FURTHEST, out=chunk)
            out[i : i + step] = chunk
        return out


def relative_scaling(
    X,
    rows: Sequence[np.ndarray],
    weight: np.ndarray | None = None,
    constant: float = np.inf,
) -> tuple[np.ndarray, np.ndarray]:
    """Each member's standardisation of an already scaled table, from its own rows.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        After :meth:`ColumnScaler.transform`.
    rows : sequence of M index arrays
        Each member's training rows.
    weight : ndarray of shape (n_rows,) or None
    constant : float
        Scale of the columns that are constant in a member's rows.

    Returns
    -------
    scale, shift : ndarray of shape (M, 1, n_features), float64
        Member m's input is ``X * scale[m] + shift[m]``.
    """
    distinct, places = distinct_rows(rows)
    if sparse.issparse(X):
        mean, var = row_moments(X, set_weights(distinct, X.shape[0], weight))
    else:
        pairs = [
            column_moments(X[own], None if weight is None else weight[own])
            for own in distinct
        ]
        mean, var = (np.array(part) for part in zip(*pairs, strict=True))
    scale = 1.0 / scale_of(mean, var, constant)
    return scale[places][:, None], (-mean * scale)[places][:, None]


def distinct_rows(rows: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """Return the different sets of rows, and which of them each member has.

    The candidates of a search have the same folds.
    """
    known: dict[bytes, int] = {}
    places = [known.setdefault(own.tobytes(), len(known)) for own in rows]
    first = [places.index(place) for place in range(len(known))]
    return [rows[member] for member in first], places


def set_weights(
    rows: Sequence[np.ndarray], n_rows: int, weight: np.ndarray | None = None
) -> np.ndarray:
    """Return each row's weight in each set of rows, (K, n_rows); 0 outside of it."""
    out = np.zeros((len(rows), n_rows))
    for own, values in zip(rows, out, strict=True):
        values[own] = 1.0 if weight is None else weight[own]
    return out
