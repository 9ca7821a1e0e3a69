"""Evaluate a stored perceptron without building a module.

Building the modules of a small network takes several times as long as one row's
prediction; this is the same forward pass from a dict of tensors, with nothing to
switch to evaluation mode, and so safe in threads. ``tests/nn/test_evaluation.py``
holds it against :class:`~sknn_bio.nn.MLP`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sknn_bio.nn.activations import activation_function
from sknn_bio.nn.embedding import embed
from sknn_bio.nn.linear import linear


def evaluate_mlp(
    state: Mapping[str, Tensor],
    x: Tensor,
    *,
    n_neurons: Sequence[int],
    activation: Any = "relu",
    normalization: str | None = None,
    residual: bool = False,
    n_codes: Sequence[int] = (),
) -> Tensor:
    """Return what an :class:`~sknn_bio.nn.MLP` in evaluation mode returns.

    Parameters
    ----------
    state : mapping of str to Tensor
        Its ``state_dict()``.
    x : Tensor of shape (M, B, D)
    n_neurons, activation, normalization, residual, n_codes
        As it was built with.

    Returns
    -------
    raw : Tensor of shape (M, B, C)
    """
    function = activation_function(activation)
    if n_codes:
        tables = [state[f"embedding.tables.{i}"] for i in range(len(n_codes))]
        x = embed(x, tables)
    for i in range(len(n_neurons)):
        h = linear(x, state[f"hidden.{i}.weight"], state[f"hidden.{i}.bias"])
        if normalization is not None:
            h = _normalize(state, f"norms.{i}.", h)
        h = function(h)
        x = x + h if residual and h.shape == x.shape else h
    return linear(x, state["head.weight"], state["head.bias"])


def _normalize(state: Mapping[str, Tensor], prefix: str, h: Tensor) -> Tensor:
    weight, bias = state[prefix + "weight"], state[prefix + "bias"]
    if prefix + "running_var" not in state:
        return torch.addcmul(bias, F.layer_norm(h, h.shape[-1:]), weight)
    scale = weight * torch.rsqrt(state[prefix + "running_var"] + 1e-5)
    return torch.addcmul(bias - state[prefix + "running_mean"] * scale, h, scale)
