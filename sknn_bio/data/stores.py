"""Where the rows of a table live, and how a batch is taken out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


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
    """A CSR matrix in host memory; only the rows of a batch are ever dense."""

    def __init__(self, X: sparse.csr_matrix, device: torch.device):
        self.shape = X.shape
        self._X = X
        self._device = device

    def gather(self, rows: Tensor) -> Tensor:
        flat = self._X[rows.reshape(-1).cpu().numpy()].toarray()
        return torch.from_numpy(flat).to(self._device).view(*rows.shape, -1)


def make_store(X, device: torch.device) -> Store:
    """Return the store for a scaled table."""
    if sparse.issparse(X):
        return SparseStore(X, device)
    return DenseStore(X, device)


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
