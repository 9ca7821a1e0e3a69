"""Routes by which attributions go back through a transformer to its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from scipy import sparse
from torch import Tensor


class Route(Protocol):
    """From the columns that come out of a step to those that went in."""

    @property
    def n_in(self) -> int:
        """Number of columns that go in."""

    @property
    def n_out(self) -> int:
        """Number of columns that come out."""

    def pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """Attributions (..., B, n_out) of some rows → (..., B, n_in)."""


@dataclass
class ByColumn:
    """Each output column stems from one input column.

    Attributes
    ----------
    n_in : int
    source : ndarray of shape (n_out,), int
        -1 for a column that is made of none, such as a gene that a table lacks.
    """

    n_in: int
    source: np.ndarray

    @property
    def n_out(self) -> int:
        """Number of columns that come out."""
        return len(self.source)

    def pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """Sum what stems from the same column."""
        return add_columns(values, self.source, self.n_in)


@dataclass
class Linear:
    """Each output column is a weighted sum of input columns.

    A straight path in is a straight path out, so what an output column gets is divided
    by the input columns' parts in its move away from the baseline. That is the
    integrated gradient itself where all that follows is linear up to the network, and
    the chain of multipliers of DeepLIFT (Shrikumar et al. 2017) where it is not.

    Attributes
    ----------
    matrix : ndarray of shape (n_in, n_out)
    X : ndarray or CSR matrix of shape (n_samples, n_in)
        The step's table.
    baselines : ndarray of shape (n_baselines, n_in)
    """

    matrix: np.ndarray
    X: Any
    baselines: np.ndarray

    @property
    def n_in(self) -> int:
        """Number of columns that go in."""
        return self.matrix.shape[0]

    @property
    def n_out(self) -> int:
        """Number of columns that come out."""
        return self.matrix.shape[1]

    def pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """Divide among the columns that moved the sum."""
        own = self.X[rows].toarray() if sparse.issparse(self.X) else self.X[rows]
        moved = np.subtract(own, self.baselines[baseline], dtype=np.float64)
        sums = moved @ self.matrix
        with np.errstate(divide="ignore"):
            inverse = np.where(sums == 0, 0.0, 1 / sums)
        matrix, each, way = (
            torch.as_tensor(a, dtype=values.dtype, device=values.device)
            for a in (self.matrix, inverse, moved)
        )
        return way * ((values * each) @ matrix.T)


@dataclass
class Chain:
    """Steps one after the other.

    Attributes
    ----------
    routes : list of Route
        In the order of the steps.
    """

    routes: Sequence[Route]

    @property
    def n_in(self) -> int:
        """Number of columns that go in."""
        return self.routes[0].n_in

    @property
    def n_out(self) -> int:
        """Number of columns that come out."""
        return self.routes[-1].n_out

    def pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """Go back step by step."""
        for route in reversed(self.routes):
            values = route.pull(values, rows, baseline)
        return values


@dataclass
class Blocks:
    """Steps side by side, each on some of the columns.

    Attributes
    ----------
    n_in, n_out : int
    blocks : list of (ndarray of int, Route, slice)
        A block's columns, its route, and where its answer stands.
    """

    n_in: int
    n_out: int
    blocks: list[tuple[np.ndarray, Route, slice]]

    def pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """Sum over the blocks that a column is in."""
        out = values.new_zeros((*values.shape[:-1], self.n_in))
        for columns, route, place in self.blocks:
            part = route.pull(values[..., place], rows, baseline)
            out.index_add_(-1, torch.as_tensor(columns, device=out.device), part)
        return out


def chained(n_in: int, routes: Sequence[Route]) -> Route:
    """Return routes one after the other, as one look-up where that is all they are."""
    if not all(isinstance(route, ByColumn) for route in routes):
        return Chain(routes)
    source = np.arange(n_in)
    for route in routes:
        assert isinstance(route, ByColumn)
        source = np.where(route.source < 0, -1, source[route.source])
    return ByColumn(n_in, source)


def side_by_side(
    n_in: int, n_out: int, blocks: list[tuple[np.ndarray, Route, slice]]
) -> Route:
    """Return routes side by side, as one look-up where that is all they are."""
    source = np.empty(n_out, np.int64)
    for columns, route, place in blocks:
        if not isinstance(route, ByColumn):
            return Blocks(n_in, n_out, blocks)
        source[place] = np.where(route.source < 0, -1, columns[route.source])
    return ByColumn(n_in, source)


def add_columns(values: Tensor, source: np.ndarray, n_columns: int) -> Tensor:
    """Sum columns (..., n) that have the same source, (..., n_columns)."""
    if np.array_equal(source, np.arange(n_columns)):
        return values
    if (source < 0).any():
        known = np.flatnonzero(source >= 0)
        values, source = values[..., known], source[known]
    index = torch.as_tensor(source, device=values.device)
    out = values.new_zeros((*values.shape[:-1], n_columns))
    return out.index_add_(-1, index, values)
