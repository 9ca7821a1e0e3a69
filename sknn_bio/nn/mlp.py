"""The multi-layer perceptron of a population."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sknn_bio.nn.activations import (
    ACTIVATIONS,
    activation_function,
    activation_gain,
)
from sknn_bio.nn.dropout import Dropout
from sknn_bio.nn.embedding import MemberEmbedding
from sknn_bio.nn.linear import MemberLinear
from sknn_bio.nn.normalization import MemberBatchNorm, MemberLayerNorm

NORMALIZATIONS: dict[str, type[nn.Module]] = {
    "batch": MemberBatchNorm,
    "layer": MemberLayerNorm,
}


class MLP(nn.Module):
    """M perceptrons of one shape.

    Input ``(M, B, D)`` → raw output ``(M, B, C)``: logits, or standardised targets.
    Categories of many levels are embedded first.
    A hidden layer is linear → normalisation → activation → dropout; where it is
    `residual` and keeps its width, its input is added to that.

    Parameters
    ----------
    n_members : int
        Number of members, M.
    d_in, d_out : int
        Features in (D) and outputs (C).
    n_neurons : sequence of int, default=(128, 128)
        Units a hidden layer; empty for a linear model.
    activation : str, nn.Module class or callable, default="relu"
    dropout, input_dropout : float or Tensor of shape (M,), default=0
        Rates of dropped hidden units and of dropped inputs.
    normalization : {"batch", "layer"} or None, default=None
    residual : bool, default=False
    n_codes : sequence of int, default=()
        Codes of each of the last columns, which hold categories to be embedded.

    Examples
    --------
    >>> import torch
    >>> net = MLP(8, d_in=30, d_out=1, n_neurons=(16, 16)).reset(range(8)).eval()
    >>> net(torch.zeros(8, 4, 30)).shape
    torch.Size([8, 4, 1])
    """

    def __init__(
        self,
        n_members: int,
        d_in: int,
        d_out: int,
        n_neurons: Sequence[int] = (128, 128),
        activation: Any = "relu",
        dropout: float | Tensor = 0.0,
        input_dropout: float | Tensor = 0.0,
        normalization: str | None = None,
        residual: bool = False,
        n_codes: Sequence[int] = (),
    ):
        super().__init__()
        self.embedding = MemberEmbedding(n_members, n_codes) if n_codes else None
        first = d_in + (self.embedding.added if self.embedding else 0)
        widths = (first, *n_neurons)
        self.activation = activation
        self.residual = residual
        self.act: Callable[[Tensor], Tensor] = activation_function(activation)
        self.input_dropout = _dropout(n_members, input_dropout)
        self.dropout = _dropout(n_members, dropout)
        self.hidden = nn.ModuleList(
            MemberLinear(n_members, a, b)
            for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.norms = nn.ModuleList(
            NORMALIZATIONS[normalization](n_members, width)
            for width in (n_neurons if normalization else ())
        )
        self.head = MemberLinear(n_members, widths[-1], d_out)
        self.d_in, self.d_out = first, d_out

    @property
    def n_members(self) -> int:
        """Number of members, M."""
        return self.head.weight.shape[0]

    @property
    def is_plain(self) -> bool:
        """Whether :class:`~sknn_bio.nn.PlainPass` knows its gradient."""
        named = isinstance(self.activation, str) and self.activation in ACTIVATIONS
        return not (self.embedding or self.residual or len(self.norms) or not named)

    def reset(self, seeds: Sequence[int]) -> MLP:
        """Draw the initial weights, each member from its own seed."""
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        if self.embedding is not None:
            self.embedding.reset(generators)
        for layer in self.hidden:
            layer.reset(generators, gain=activation_gain(self.activation))
        self.head.reset(generators, gain=1.0)
        return self

    def begin_epoch(
        self, seed: int, n_rows: int, dtype: torch.dtype | None = None
    ) -> None:
        """Draw the dropout masks for an epoch with batches of up to `n_rows` rows."""
        weight_dtype = self.head.weight.dtype
        dtype = dtype or weight_dtype
        if self.dropout is not None:
            widest = max((layer.d_out for layer in self.hidden), default=1)
            self.dropout.refresh(seed, n_rows * widest, dtype)
        if self.input_dropout is not None:
            self.input_dropout.refresh(seed + 1, n_rows * self.d_in, weight_dtype)

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        if self.embedding is not None:
            x = self.embedding(x)
        if self.input_dropout is not None:
            x = self.input_dropout(x)
        for i, layer in enumerate(self.hidden):
            h = layer(x)
            if len(self.norms):
                h = self.norms[i](h, valid)
            h = self.act(h)
            if self.dropout is not None:
                h = self.dropout(h)
            x = x + h if self.residual and h.shape == x.shape else h
        return self.head(x)


def _dropout(n_members: int, rate: float | Tensor) -> Dropout | None:
    rates = torch.as_tensor(rate, dtype=torch.float32).expand(n_members).clone()
    return Dropout(rates) if bool((rates > 0).any()) else None
