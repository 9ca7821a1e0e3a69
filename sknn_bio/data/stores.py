"""Where the rows of a table live, and how a batch is taken out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from sknn_bio.ondisk import RowsOnDisk

Encode = Callable[[Any], Any]


class Store(Protocol):
    """Rows that can be gathered by index."""

    shape: tuple[int, int]

    def gather(self, rows: Tensor) -> Tensor:
        """Return rows ``(M, B)`` → ``(M, B, D)`` on the store's device."""


class DenseStore:
    """A dense table on the training device."""

    def __init__(self, X: np.ndarray, device: torch.device):
        self.shape = X.shape
        self._X = torch.as_tensor(X, device=device)

    def gather(self, rows: Tensor) -> Tensor:
        flat = self._X.index_select(0, rows.reshape(-1))
        return flat.view(*rows.shape, -1)


class SparseStore:
    """A CSR matrix in host memory; only the rows of a batch are ever dense.

    Parameters
    ----------
    X : CSR matrix of shape (N, D)
    device : torch.device
    encode : callable or None
        From some rows to inputs, as CSR; None: they are inputs.
    """

    def __init__(
        self, X: sparse.csr_matrix, device: torch.device, encode: Encode | None = None
    ):
        self.shape = X.shape
        self._X, self._encode = X, encode
        self._device = device

    def gather(self, rows: Tensor) -> Tensor:
        block = self._X[rows.reshape(-1).cpu().numpy()]
        flat = as_tensor(block if self._encode is None else self._encode(block))
        return flat.to(self._device).view(*rows.shape, -1)


class DiskStore:
    """A table on disk.

    Parameters
    ----------
    rows : RowsOnDisk
    device : torch.device
    encode : callable
        From some rows to inputs, as CSR or ndarray.
    """

    def __init__(self, rows: RowsOnDisk, device: torch.device, encode: Encode):
        self.shape = rows.shape
        self.rows, self._encode = rows, encode
        self._device = device

    def read(self, rows: np.ndarray) -> Any:
        """Return the inputs of some rows, as CSR or ndarray in host memory."""
        return self._encode(self.rows.take(rows))

    def gather(self, rows: Tensor) -> Tensor:
        flat = as_tensor(self.read(rows.reshape(-1).cpu().numpy()))
        return flat.to(self._device).view(*rows.shape, -1)


def as_tensor(block: Any) -> Tensor:
    """Return some rows, CSR or ndarray, as a dense tensor of the host."""
    array = block.toarray() if sparse.issparse(block) else block
    return torch.from_numpy(np.ascontiguousarray(array))


def make_store(X, device: torch.device, encode: Encode | None = None) -> Store:
    """Return the store for a table; `encode` where it is not inputs yet."""
    if isinstance(X, RowsOnDisk):
        assert encode is not None
        return DiskStore(X, device, encode)
    if sparse.issparse(X):
        return SparseStore(X, device, encode)
    return DenseStore(X if encode is None else encode(X), device)


@dataclass
class Table:
    """Rows, their targets and their weights, as training sees them.

    Parameters
    ----------
    store : Store
        N rows of D features.
    target : Tensor of shape (N,) int64, or (N, C) float
        Class codes, or regression targets in their own unit.
    weight : Tensor of shape (N,)
    mapped : bool, default=False
        Whether the rows are as the members see them: no map is left to apply.
    """

    store: Store
    target: Tensor
    weight: Tensor
    mapped: bool = False

    def __len__(self) -> int:
        return self.store.shape[0]
