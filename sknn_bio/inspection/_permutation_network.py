"""Permuted tables for our networks: only the first layer's changed terms are new.

A column enters the first hidden layer as one term of a sum, so that the layer of a
permuted table is that of the table plus the difference of the permuted columns' terms.
For a table of D columns this saves a factor of about D in the widest layer.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from sklearn.pipeline import Pipeline
from torch import Tensor

from sknn_bio._compat import BaseSearchCV
from sknn_bio.data import InputMap, TableEncoder
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._inputs import check_rows
from sknn_bio.inspection._path_routes import ByColumn
from sknn_bio.inspection._path_steps import follow_steps
from sknn_bio.inspection._permutation_tables import (
    Answered,
    Shuffle,
    remembered,
    stack_tables,
)
from sknn_bio.nn import evaluate_mlp
from sknn_bio.nn.activations import activation_function
from sknn_bio.training.devices import resolve_device, threads_for

_MOST_UNITS = 1 << 22  # of the widest layer, over members, rows and copies
_ROUNDING = 1e-6


@dataclass
class Inputs:
    """A fitted network and the rows that reach it.

    Attributes
    ----------
    model : estimator
        The network, or the Pipeline that ends in it.
    network : NeuralNetBase
    X : table
        As the model takes it.
    rows : ndarray or CSR matrix of shape (n, D)
        Encoded, before the members' own maps.
    owners : ndarray of shape (D,), int
        The column of the table that each input stems from.
    """

    model: Any
    network: NeuralNetBase
    X: Any
    rows: Any
    owners: np.ndarray


def inputs_of(model: Any, X: Any, scorer: Any) -> Inputs | None:
    """Return what reaches the network; None where a model must be asked as it is.

    That is so for other models, a module of the user's own, embedded categories,
    normalisation, residual layers, steps that mix columns, and a scorer of the
    user's own, which may look at the table.
    """
    if not type(scorer).__module__.startswith("sklearn.metrics"):
        return None
    steps, network = _taken_apart(model)
    if not isinstance(network, NeuralNetBase):
        return None
    state = network.population_.network
    params = state.params
    if state.module is not None or params["n_codes"]:
        return None
    if params["normalization"] is not None or params["residual"]:
        return None
    reached, sources = X, np.arange(X.shape[1])
    if steps:
        before = Pipeline(steps)
        reached = before.transform(X)
        found = _column_sources(steps, before, X, reached)
        if found is None:
            return None
        sources = found
    checked = check_rows(network, reached)
    columns = network.population_.scaling.columns
    owners = sources[_encoded_owners(columns, checked.shape[1])]
    return Inputs(model, network, X, columns.transform(checked, np.float32), owners)


def _taken_apart(model: Any) -> tuple[list, Any]:
    """Return the steps before the last predictor, and it, through searches."""
    steps: list = []
    while True:
        if isinstance(model, Pipeline):
            steps += model.steps[:-1]
            model = model.steps[-1][1]
        elif isinstance(model, BaseSearchCV):
            model = model.best_estimator_
        else:
            return steps, model


def _column_sources(steps: list, before: Pipeline, X: Any, out: Any):
    """Return the column that each output of the steps is made of, or None.

    The names say so, and the numbers must bear it out: a step may name its outputs by
    columns and use others as well, as an imputer by neighbours does.
    """
    try:
        route = follow_steps(steps, X, None).route
    except ValueError:
        return None
    if not isinstance(route, ByColumn):
        return None
    rng = np.random.RandomState(0)
    order = rng.permutation(X.shape[0])
    chosen = rng.rand(X.shape[1]) < 0.5
    still = _plain(out)
    for columns in (np.flatnonzero(chosen), np.flatnonzero(~chosen)):
        moved = _plain(before.transform(stack_tables(X, [(columns, order)])))
        own = np.flatnonzero(np.isin(route.source, columns))
        other = np.setdiff1d(np.arange(len(route.source)), own)
        kept = _are_equal(moved[:, other], still[:, other])
        if not (kept and _are_equal(moved[:, own], still[order][:, own])):
            return None
    return route.source


def _plain(X: Any) -> Any:
    """Return a table without names: CSR or an array."""
    return sparse.csr_matrix(X) if sparse.issparse(X) else np.asarray(X)


def _are_equal(a: Any, b: Any) -> bool:
    """Whether tables are equal up to the rounding of sums in another order."""
    if sparse.issparse(a):
        return abs(a - b).max() <= _ROUNDING * abs(b).max() if a.nnz else b.nnz == 0
    if a.dtype == object:
        return pd.DataFrame(a).equals(pd.DataFrame(b))
    return np.allclose(a, b, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True)


def _encoded_owners(columns: TableEncoder, n_columns: int) -> np.ndarray:
    """Return the column that each input of the encoder stems from."""
    if columns.numeric is None:
        return np.arange(n_columns)
    widths = np.where(columns.n_levels == 2, 1, columns.n_levels)
    return np.r_[columns.numeric, columns.told, np.repeat(columns.one_hot, widths)]


class PermutedInputs:
    """Answers of a network to copies of a table with permuted columns."""

    def __init__(self, inputs: Inputs):
        self._inputs = inputs
        population = inputs.network.population_
        self._device = resolve_device(inputs.network.device)
        state = {
            name: torch.from_numpy(np.asarray(w, np.float32)).to(self._device)
            for name, w in population.weights.items()
        }
        params = population.network.params
        widths = tuple(params["n_neurons"])
        first = "hidden.0" if widths else "head"
        self._weight, self._bias = state[f"{first}.weight"], state[f"{first}.bias"]
        self._activation = activation_function(params["activation"])
        self._rest = _without_first(state)
        self._widths = widths
        self._params = {**params, "n_neurons": widths[1:]}
        self._maps = population.scaling.inputs
        sparse_rows = sparse.issparse(inputs.rows)
        self._rows = sparse.csc_matrix(inputs.rows) if sparse_rows else inputs.rows
        self._order = np.argsort(inputs.owners, kind="stable")
        self._owners = inputs.owners[self._order]

    def ask(self, shuffles: Sequence[Shuffle]) -> Iterator[Answered]:
        """Yield the model as it is on each permuted copy."""
        n_rows = self._rows.shape[0]
        n_members, _, width = self._weight.shape
        widest = max(width, *self._widths, 1)
        step = max(1, _MOST_UNITS // (n_members * n_rows * widest))
        flops = 2.0 * step * n_rows * sum(w.numel() for w in self._rest.values())
        layer = self._first_layer()
        for start in range(0, len(shuffles), step):
            some = shuffles[start : start + step]
            with torch.inference_mode(), threads_for(flops):
                raw = self._after(self._permuted(layer, some)).cpu().numpy()
            asked: Any = copy.copy(self._inputs.network)
            asked._member_outputs = _constant((raw, np.dtype(np.float64)))
            answers = remembered(asked, None)
            for place in range(len(some)):
                rows = slice(place * n_rows, (place + 1) * n_rows)
                yield Answered(self._inputs.model, self._inputs.X, rows, answers)

    def _permuted(self, layer: Tensor, shuffles: Sequence[Shuffle]) -> Tensor:
        """Return the first layer's sums on each copy: (M, copies · n, H)."""
        n_members, n_rows, width = layer.shape
        out = layer.new_empty((n_members, len(shuffles), n_rows, width))
        known: tuple[Any, Any, Any] = (None, None, None)
        for place, (columns, order) in enumerate(shuffles):
            if known[0] is not columns:
                inputs = self._inputs_from(columns)
                known = columns, self._mapped(inputs), self._weight[:, inputs]
            change = known[1][:, order] - known[1]
            torch.baddbmm(layer, change, known[2], out=out[:, place])
        return out.flatten(1, 2)

    def _inputs_from(self, columns: np.ndarray) -> np.ndarray:
        """Return the inputs that stem from some columns of the table."""
        low = np.searchsorted(self._owners, columns, "left")
        high = np.searchsorted(self._owners, columns, "right")
        parts = [self._order[a:b] for a, b in zip(low, high, strict=True)]
        return np.concatenate(parts)

    def _mapped(self, inputs: Any) -> Tensor:
        """Return some of the inputs as each member sees them: (M, n, inputs)."""
        rows = self._rows[:, inputs]
        rows = rows.toarray() if sparse.issparse(rows) else rows
        x = torch.from_numpy(np.ascontiguousarray(rows)).to(self._device)[None]
        if self._maps is None:
            return x.expand(len(self._weight), -1, -1)
        return _of_columns(self._maps, inputs).on(self._device, x.dtype)(x)

    def _first_layer(self) -> Tensor:
        """Return the sums of the first layer, a block of columns at a time."""
        n_members, n_inputs, width = self._weight.shape
        n_rows = self._rows.shape[0]
        layer = self._bias.expand(-1, n_rows, -1).clone()
        step = max(1, _MOST_UNITS // (n_members * n_rows))
        with torch.inference_mode():
            for start in range(0, n_inputs, step):
                some = np.arange(start, min(start + step, n_inputs))
                layer.baddbmm_(self._mapped(some), self._weight[:, some])
        return layer

    def _after(self, layer: Tensor) -> Tensor:
        if not self._widths:
            return layer
        return evaluate_mlp(self._rest, self._activation(layer), **self._params)


def _without_first(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the layers after the first, numbered from 0."""
    rest = {}
    for name, weight in state.items():
        kind, _, own = name.partition(".")
        if kind == "head":
            rest[name] = weight
        elif not own.startswith("0."):
            number, _, what = own.partition(".")
            rest[f"hidden.{int(number) - 1}.{what}"] = weight
    return rest


def _of_columns(maps: InputMap, columns: np.ndarray) -> InputMap:
    knots, scores = maps.knots, maps.scores
    if maps.quantile.any():
        # In one piece, as torch looks values up faster.
        knots, scores = (np.ascontiguousarray(a[:, columns]) for a in (knots, scores))
    scale, shift = maps.scale[:, :, columns], maps.shift[:, :, columns]
    return replace(maps, scale=scale, shift=shift, knots=knots, scores=scores)


def _constant(answer: Any) -> Any:
    return lambda X: answer
