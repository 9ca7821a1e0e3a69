"""A table on disk as the estimators see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.ondisk._sources import Source

_BLOCK_NUMBERS = 1 << 22


class RowsOnDisk:
    """Rows on disk, some of them, or what functions make of them.

    Made by :func:`open_rows`. Slices and arrays of row numbers give a view, which reads
    nothing, so scikit-learn's splitters and searches work on it.

    Parameters
    ----------
    source : Source
    index : ndarray of int or None, default=None
        Rows of the source, in any order; None: all.
    columns : ndarray of str or None, default=None
        Names of the columns.

    Attributes
    ----------
    shape : tuple of two int
    dtype : dtype
    is_sparse : bool
        Whether blocks are CSR matrices.
    columns : ndarray of str or None

    See Also
    --------
    open_rows : Opens a file.
    """

    ndim = 2

    def __init__(
        self,
        source: Source,
        index: np.ndarray | None = None,
        columns: np.ndarray | None = None,
    ):
        self._source, self._index = source, index
        self._functions: tuple[Callable[[Any], Any], ...] = ()
        self.columns = columns
        n_rows = source.shape[0] if index is None else len(index)
        self.shape = (int(n_rows), source.shape[1])
        self.dtype, self.is_sparse = source.dtype, source.is_sparse

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        kind = "CSR" if self.is_sparse else "dense"
        return f"RowsOnDisk({self.shape[0]} × {self.shape[1]}, {self.dtype}, {kind})"

    def __array__(self, *args, **kwargs):
        raise TypeError(
            "a table on disk is not read whole: this step needs an array; read some "
            "rows of it by .read(start, stop)"
        )

    def __getitem__(self, key) -> RowsOnDisk:
        """Return a view of some rows: a slice, row numbers, or a mask of bool."""
        if isinstance(key, tuple):
            key, *others = key
            if any(o is not Ellipsis and o != slice(None) for o in others):
                raise IndexError("a table on disk is cut by rows only")
        rows = np.arange(self.shape[0])[key]
        if rows.ndim != 1:
            raise IndexError("a table on disk is cut by slices, arrays or masks")
        return self._with(
            _index=rows if self._index is None else self._index[rows],
            shape=(len(rows), self.shape[1]),
        )

    def map(
        self,
        function: Callable[[Any], Any],
        n_columns: int,
        columns: np.ndarray | None = None,
        is_sparse: bool | None = None,
    ) -> RowsOnDisk:
        """Return the table that a function makes of it, block by block, when read.

        Parameters
        ----------
        function : callable
            Takes a block (CSR or ndarray), returns one with as many rows.
        n_columns : int
            Columns of what it returns.
        columns : ndarray of str or None, default=None
            Their names.
        is_sparse : bool or None, default=None
            Whether it returns CSR matrices; None: as it gets.
        """
        return self._with(
            _functions=(*self._functions, function),
            shape=(self.shape[0], n_columns),
            columns=columns,
            is_sparse=self.is_sparse if is_sparse is None else is_sparse,
        )

    def _with(self, **changes) -> RowsOnDisk:
        out = object.__new__(RowsOnDisk)
        out.__dict__.update(self.__dict__, **changes)
        return out

    def header(self) -> pd.DataFrame | np.ndarray:
        """Return a table without rows, with the columns and their names."""
        if self.columns is None:
            return np.empty((0, self.shape[1]), self.dtype)
        return pd.DataFrame(columns=self.columns)

    @property
    def width(self) -> float:
        """Numbers that a row takes while it is read, in the mean."""
        return max(self._source.width, 0.0 if self.is_sparse else self.shape[1])

    @property
    def chunk(self) -> int:
        """Rows of the file that are decompressed together, about."""
        return self._source.chunk

    @property
    def positions(self) -> np.ndarray:
        """Row numbers in the order of the file, which is how to read them fast."""
        if self._index is None:
            return np.arange(self.shape[0])
        return np.argsort(self._index, kind="stable")

    def read(self, start: int, stop: int) -> Any:
        """Return the rows from `start` to `stop` as a CSR matrix or an ndarray."""
        return self.take(np.arange(*slice(start, stop).indices(self.shape[0])))

    def take(self, rows: np.ndarray) -> Any:
        """Return some rows, in the order given, as a CSR matrix or an ndarray."""
        wanted = np.asarray(rows) if self._index is None else self._index[rows]
        distinct, places = np.unique(wanted, return_inverse=True)
        block = self._source.read(distinct)
        if len(distinct) != len(wanted) or (np.diff(places) < 0).any():
            block = block[places]
        for function in self._functions:
            block = function(block)
        return block

    @property
    def block_rows(self) -> int:
        """Rows of a block: about four million numbers."""
        return int(np.clip(_BLOCK_NUMBERS / self.width, 1, 1 << 16))

    def blocks(self) -> Iterator[tuple[int, Any]]:
        """Yield (start, block) from the first row to the last."""
        for start in range(0, self.shape[0], self.block_rows):
            yield start, self.read(start, start + self.block_rows)
