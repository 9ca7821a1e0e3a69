"""A fitted population as a linear stem and the rest, on straight paths.

Between two rows the first hidden layer moves on a straight line as well, so that it
need not be computed again at each point of a path: two products with its weights reach
both ends, and one more carries the mean gradient back to the inputs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from sknn_bio.data import TableEncoder
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.training.network import restore_network
from sknn_bio.training.run import Scaling

_FURTHEST_LOG = 700.0  # of a rate that float64 has
_PATH_NUMBERS = 1 << 20  # hidden units of the points that are held at a time


class PathNetwork:
    """All members of a fitted estimator, with gradients along straight paths.

    The path is straight in what each member sees: its own scaled columns, and the
    numbers that stand for an embedded category.

    Parameters
    ----------
    estimator : fitted network
    output : {"probability", "raw", "prediction"}
    dtype : torch.dtype
    device : str

    Attributes
    ----------
    owner : Tensor of shape (D,), int64
        The column of the estimator's table that each input of the first layer is of.
    wide : torch.dtype
        Of answers and sums: float64 where the device has it.
    """

    def __init__(
        self, estimator: NeuralNetBase, output: str, dtype: torch.dtype, device: str
    ):
        state = estimator.population_
        self._scaling, self._output = state.scaling, output
        self._has_two_classes = len(getattr(estimator, "classes_", ())) == 2
        self._dtype, self._device = dtype, device
        on_mps = torch.device(device).type == "mps"
        self.wide = torch.float32 if on_mps else torch.float64
        maps = state.scaling.inputs
        self._maps = None if maps is None else maps.on(device, dtype)
        self._module: Any = restore_network(state.network, state.weights)
        self._module.to(device, dtype).requires_grad_(False)
        self._is_mlp = state.network.module is None
        self._embedding: Any = self._module.embedding if self._is_mlp else None
        self._stem = self._linear_stem(state.network.params)
        n_features = estimator.n_features_in_
        owner = _owners(state.scaling.columns, n_features, self._embedding)
        self.owner = torch.as_tensor(owner, device=device)
        self.n_members = len(next(iter(state.weights.values())))
        self.width = max(len(owner), *(w.shape[-1] for w in state.weights.values()))

    def _linear_stem(self, params: dict[str, Any]) -> Any:
        """Return the first layer, where everything before its units is linear."""
        if not self._is_mlp:
            return None
        layers = [*self._module.hidden, self._module.head]
        is_added_to = params.get("residual") and layers[0].d_out == self._module.d_in
        return None if is_added_to and len(layers) > 1 else layers[0]

    # Ends of paths ------------------------------------------------------------------

    def inputs(self, block: Any) -> Tensor:
        """Return some rows of a checked table as the members see them, (M, B, D)."""
        dtype = np.float64 if self._dtype == torch.float64 else np.float32
        rows = self._scaling.columns.transform(block, dtype)
        if sparse.issparse(rows):
            rows = rows.toarray()
        x = torch.from_numpy(rows).to(self._device).unsqueeze(0)
        x = x.expand(self.n_members, -1, -1) if self._maps is None else self._maps(x)
        return x if self._embedding is None else self._embedding(x)

    def center(self) -> Tensor:
        """Return the middle of what each member was trained on, (M, 1, D).

        It is 0 where inputs are scaled; of an embedded category, the mean over its
        levels.
        """
        n_embedded = 0
        means = []
        for table in [] if self._embedding is None else self._embedding.tables:
            levels = table[:, :-2] if table.shape[1] > 2 else table
            means.append(levels.mean(1, keepdim=True))
            n_embedded += table.shape[2]
        shape = (self.n_members, 1, len(self.owner) - n_embedded)
        zeros = torch.zeros(shape, dtype=self._dtype, device=self._device)
        return torch.cat([zeros, *means], 2)

    def starts(self, block: Any, is_centered: np.ndarray) -> Tensor:
        """Return baselines as the members see them, (M, n_baselines, D).

        Parameters
        ----------
        block : checked table of shape (n_baselines, n_features)
        is_centered : ndarray of bool of shape (n_baselines, n_features)
            Columns that are at the centre instead.
        """
        x = self.inputs(block)
        if not is_centered.any():
            return x
        mask = torch.as_tensor(is_centered, device=self._device)[:, self.owner]
        return torch.where(mask, self.center(), x)

    # From inputs to answers ---------------------------------------------------------

    def stem(self, x: Tensor) -> Tensor:
        """Inputs (M, B, D) → first hidden units before their activation, (M, B, H)."""
        return x if self._stem is None else self._stem(x)

    def back(self, gradient: Tensor) -> Tensor:
        """Gradient of the units (M, B, H) → that of the inputs, (M, B, D)."""
        if self._stem is None:
            return gradient
        return gradient @ self._stem.weight.transpose(1, 2)

    def answer(self, z: Tensor) -> Tensor:
        """Units (M, B, H) → each member's answer (M, B, K), in `wide` numbers."""
        raw = self._rest(z).to(self.wide)
        if self._output == "prediction":
            return _original_targets(raw, self._scaling)
        if self._has_two_classes and raw.shape[2] == 2:
            raw = raw[..., 1:] - raw[..., :1]
        if self._output == "raw":
            return raw
        return torch.softmax(raw, 2) if raw.shape[2] > 1 else torch.sigmoid(raw)

    def _rest(self, x: Tensor) -> Tensor:
        if not self._is_mlp:
            return self._module(x)
        module = self._module
        if self._stem is module.head:
            return x
        for i, layer in enumerate(module.hidden):
            is_stem = layer is self._stem
            h = x if is_stem else layer(x)
            if len(module.norms):
                h = module.norms[i](h, None)
            # A user's activation may work in place, on what a path begins with.
            in_place = h is x and not isinstance(module.activation, str)
            h = module.act(h.clone() if in_place else h)
            x = x + h if module.residual and not is_stem and h.shape == x.shape else h
        return module.head(x)

    def unit(self, base: Tensor) -> Tensor:
        """Return what counts as one unit of each answer, for the baselines' (B, K)."""
        if self._output != "prediction":
            return torch.ones_like(base)
        if self._scaling.target is None:
            return base.abs()
        return torch.as_tensor(
            self._scaling.target.scale, dtype=base.dtype, device=base.device
        )

    def mean_gradients(
        self, start: Tensor, end: Tensor, n_steps: int, only: int | None = None
    ) -> Tensor:
        """Return the mean gradient of each answer along paths, (K, M, B, H).

        By Gauss-Legendre quadrature, which is exact for polynomials of degree
        ``2 n_steps - 1``.

        Parameters
        ----------
        start : Tensor of shape (M, 1, H) or (M, B, H)
        end : Tensor of shape (M, B, H)
        n_steps : int
            Points of a path.
        only : int or None, default=None
            Of this answer alone.
        """
        nodes, weights = (
            torch.as_tensor(a, dtype=self._dtype, device=self._device)
            for a in _quadrature(n_steps)
        )
        n_members, n_rows, width = end.shape
        at_once = max(1, _PATH_NUMBERS // (n_members * n_rows * width))
        total: Tensor | None = None
        for some, weight in zip(
            nodes.split(at_once), weights.split(at_once), strict=True
        ):
            points = start[:, None] + some[:, None, None] * (end - start)[:, None]
            points = points.reshape(n_members, -1, width).requires_grad_()
            with torch.enable_grad():
                answers = self.answer(points).unbind(2)
            if only is not None:
                answers = answers[only : only + 1]
            each = weight.to(self.wide).repeat_interleave(n_rows).expand(n_members, -1)
            last = len(answers) - 1
            grads = [
                torch.autograd.grad(answer, points, each, retain_graph=k < last)[0]
                for k, answer in enumerate(answers)
            ]
            shape = (n_members, -1, n_rows, width)
            part = torch.stack([grad.view(shape).sum(1) for grad in grads])
            total = part if total is None else total + part
        assert total is not None
        return total


@cache
def _quadrature(n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Legendre nodes and weights on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return (nodes + 1) / 2, weights / 2


def _original_targets(raw: Tensor, scaling: Scaling) -> Tensor:
    """Raw outputs (M, B, C) of a regressor → the user's unit.

    It is :func:`sknn_bio.training.prediction.original_targets` with a gradient.
    """
    if scaling.target is None:
        return raw.clamp(-_FURTHEST_LOG, _FURTHEST_LOG).exp()
    own = (scaling.target_scale, scaling.target_shift)
    if own[0] is not None:
        scale, shift = (raw.new_tensor(a) for a in own)
        raw = (raw - shift) / scale
    whole = (scaling.target.scale, scaling.target.center)
    scale, center = (raw.new_tensor(a) for a in whole)
    return raw * scale + center


def _owners(columns: TableEncoder, n_features: int, embedding: Any) -> np.ndarray:
    """Return the column that each input of the first layer is of."""
    if columns.is_plain:
        return np.arange(n_features)
    widths = np.where(columns.n_levels == 2, 1, columns.n_levels)
    parts: list[Any] = [
        columns.numeric,
        columns.told,
        np.repeat(columns.one_hot, widths),
    ]
    if embedding is not None:
        tables = [table.shape[2] for table in embedding.tables]
        parts.append(np.repeat(columns.embedded, tables))
    owner: np.ndarray = np.concatenate(parts)
    # A table of categories without levels is one input that is always 0.
    return owner if len(owner) else np.zeros(1, np.int64)
