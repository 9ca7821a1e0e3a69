"""Transformers over tables on disk: what is learnt is streamed, the answer is lazy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_non_negative, validate_data

from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.ondisk._open import as_rows

_FIRST = 1000  # rows that are looked at to tell counts from logs


def check_disk_rows(estimator: Any, X: Any, *, reset: bool) -> RowsOnDisk:
    """Check the columns of a table on disk, and return its rows as floats."""
    rows = as_rows(X)
    if rows.dtype.kind not in "fiub":
        raise ValueError(f"a table on disk must hold numbers, got dtype {rows.dtype}")
    validate_data(estimator, rows.header(), reset=reset, skip_check_array=True)
    if rows.dtype.kind == "f":
        return rows
    return rows.map(_as_float, rows.shape[1], rows.columns)


def non_negative(rows: RowsOnDisk, who: str) -> RowsOnDisk:
    """Return the rows, which raise where a negative entry is read."""
    return rows.map(_NonNegative(who), rows.shape[1], rows.columns)


def first_rows(X: Any) -> Any:
    """Return a table, or the first thousand rows of one on disk."""
    return X.read(0, _FIRST) if isinstance(X, RowsOnDisk) else X


class _NonNegative:
    def __init__(self, who: str):
        self.who = who

    def __call__(self, block):
        check_non_negative(block, self.who)
        return block


class KeepColumns:
    """Some columns of a block, by their numbers."""

    def __init__(self, columns: np.ndarray):
        self.columns = columns

    def __call__(self, block):
        if not sparse.issparse(block):
            return block[:, self.columns]
        # Renumbering what is stored is faster than indexing.
        place = np.full(block.shape[1], -1, np.int32)
        place[self.columns] = np.arange(len(self.columns))
        own = place[block.indices]
        kept = own >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[block.indptr]
        shape = (block.shape[0], len(self.columns))
        return sparse.csr_matrix((block.data[kept], own[kept], indptr), shape=shape)


def _as_float(block):
    return block.astype(np.float64)
