"""Where the numbers are: CSR and dense tables in HDF5 and zarr, and memory maps.

A source is pickled as its place, and opened again by whoever unpickles it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from sknn_bio._optional import require

_GAP = 8  # rows: reading so many in vain is cheaper than another call


class Source(Protocol):
    """Rows of a table on disk, read in ascending order."""

    shape: tuple[int, int]
    dtype: np.dtype
    is_sparse: bool

    @property
    def width(self) -> float:
        """Numbers that a row stores, in the mean."""

    @property
    def chunk(self) -> int:
        """Rows that have to be read together; 1 where any can be."""

    def read(self, rows: np.ndarray) -> Any:
        """Return rows (ascending, distinct) as a CSR matrix or an ndarray."""


class CsrSource:
    """A CSR matrix as AnnData writes it: a group of `data`, `indices` and `indptr`.

    The row pointers are held in memory, 8 bytes a row.
    """

    is_sparse = True

    def __init__(self, group):
        self._group = group
        self.shape = _csr_shape(group)
        self._data, self._indices = group["data"], group["indices"]
        self.dtype = np.dtype(self._data.dtype)
        self._indptr = np.asarray(group["indptr"][:], np.int64)
        n_stored = int(self._indptr[-1]) if len(self._indptr) else -1
        if len(self._indptr) != self.shape[0] + 1 or n_stored > self._data.shape[0]:
            raise ValueError(
                f"a CSR matrix of {self.shape[0]} rows must have {self.shape[0] + 1} "
                f"row pointers within its {self._data.shape[0]} numbers, got "
                f"{len(self._indptr)} up to {n_stored}: the file is damaged"
            )

    def __reduce__(self):
        return _reopened_csr, _place(self._group)

    @property
    def width(self) -> float:
        """Numbers that a row stores, in the mean."""
        return max(1.0, self._indptr[-1] / max(1, self.shape[0]))

    @property
    def chunk(self) -> int:
        """Rows of a compressed chunk, about."""
        return max(1, int(_chunk_length(self._data) / self.width))

    def read(self, rows: np.ndarray) -> sparse.csr_matrix:
        """Return rows (ascending, distinct)."""
        runs = _runs(rows)
        edges = [(self._indptr[a], self._indptr[b]) for a, b in runs]
        size = int(sum(end - start for start, end in edges))
        data, indices = np.empty(size, self.dtype), np.empty(size, np.int32)
        at = 0
        for start, end in edges:
            to = at + int(end - start)
            _read_into(self._data, start, end, data[at:to])
            _read_into(self._indices, start, end, indices[at:to])
            at = to
        if size and not 0 <= indices.min() <= indices.max() < self.shape[1]:
            raise ValueError(
                f"CSR column numbers must be from 0 to {self.shape[1] - 1}, "
                f"got {indices.min()} to {indices.max()}: the file is damaged"
            )
        lengths = np.concatenate([np.diff(self._indptr[a : b + 1]) for a, b in runs])
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        shape = (len(lengths), self.shape[1])
        out = sparse.csr_matrix((data, indices, indptr), shape=shape, copy=False)
        if len(lengths) == len(rows):
            return out
        return out[_wanted(rows, runs)]


class DenseSource:
    """A two-dimensional array in HDF5 or zarr, or a memory map."""

    is_sparse = False

    def __init__(self, array):
        self._array = array
        self.shape = (int(array.shape[0]), int(array.shape[1]))
        self.dtype = np.dtype(array.dtype)

    def __reduce__(self):
        if isinstance(self._array, np.ndarray):
            return DenseSource, (self._array,)
        return _reopened_dense, _place(self._array)

    @property
    def width(self) -> float:
        """Numbers that a row stores."""
        return float(self.shape[1])

    @property
    def chunk(self) -> int:
        """Rows of a chunk."""
        chunks = getattr(self._array, "chunks", None)
        return 1 if chunks is None else int(chunks[0])

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows (ascending, distinct)."""
        runs = _runs(rows)
        out = np.concatenate([np.asarray(self._array[a:b]) for a, b in runs])
        return out if len(out) == len(rows) else out[_wanted(rows, runs)]


def _csr_shape(group) -> tuple[int, int]:
    kind = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", "csr"))
    if not str(kind).startswith("csr"):
        raise ValueError(
            f"a sparse table on disk must be CSR, to be read by rows, got {kind!r}: "
            "write it again as CSR"
        )
    shape = group.attrs["shape"] if "shape" in group.attrs else None
    if shape is None:
        shape = group.attrs["h5sparse_shape"]
    return int(shape[0]), int(shape[1])


def _runs(rows: np.ndarray) -> list[tuple[int, int]]:
    """Return the stretches [a, b) that hold the rows, small gaps included."""
    if not len(rows):
        return [(0, 0)]
    breaks = np.flatnonzero(np.diff(rows) > _GAP)
    starts = rows[np.r_[0, breaks + 1]]
    stops = rows[np.r_[breaks, len(rows) - 1]] + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def _wanted(rows: np.ndarray, runs: list[tuple[int, int]]) -> np.ndarray:
    """Return the places of the rows among all that the runs read."""
    return np.searchsorted(np.concatenate([np.arange(a, b) for a, b in runs]), rows)


def _read_into(array, start, end, out: np.ndarray) -> None:
    if end <= start:
        return
    if hasattr(array, "read_direct") and array.dtype == out.dtype:
        array.read_direct(out, np.s_[int(start) : int(end)])
    else:
        out[:] = array[int(start) : int(end)]


def _chunk_length(array) -> int:
    """Numbers that are decompressed together; 1 where nothing is compressed."""
    chunks = getattr(array, "chunks", None)
    if chunks is None or (hasattr(array, "compression") and array.compression is None):
        return 1
    return int(chunks[0])


def _place(node) -> tuple[str, str, str]:
    """Return the kind of a group's or an array's file, its path, and the name in it."""
    if type(node).__module__.partition(".")[0] == "h5py":
        return "h5py", str(node.file.filename), str(node.name)
    return "zarr", str(node.store.root), str(node.path)


def open_node(kind: str, path: str | Path, key: str):
    """Open a group or an array by its place, for reading."""
    if kind == "h5py":
        return require("h5py", extra="omics").File(path, "r")[key]
    root = require("zarr", extra="omics").open_group(str(path), mode="r")
    return root[key.strip("/")] if key.strip("/") else root


def _reopened_csr(kind: str, path: str, key: str) -> CsrSource:
    return CsrSource(open_node(kind, path, key))


def _reopened_dense(kind: str, path: str, key: str) -> DenseSource:
    return DenseSource(open_node(kind, path, key))
