"""Activations by name, each with its derivative for the hand-derived backward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_aten = torch.ops.aten
# Klambauer et al. (2017), "Self-normalizing neural networks".
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """An element-wise function and the gradient that flows back through it.

    Parameters
    ----------
    function : callable
        Pre-activation in, activation out.
    gradient : callable
        ``gradient(grad, pre, post)``: the gradient with respect to the
        pre-activation, given that of the output.
    gain : float
        By how much a layer before it scales its initial weights to keep the variance
        (He et al., 2015, for rectifiers).
    """

    function: Callable[[Tensor], Tensor]
    gradient: Callable[[Tensor, Tensor, Tensor], Tensor]
    gain: float = 1.0


_RECTIFIER = 2.0**0.5

ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(
        torch.relu,
        lambda grad, pre, post: _aten.threshold_backward(grad, post, 0),
        _RECTIFIER,
    ),
    "leaky_relu": Activation(
        F.leaky_relu,
        lambda grad, pre, post: _aten.leaky_relu_backward(grad, pre, 0.01, False),
        _RECTIFIER,
    ),
    "tanh": Activation(
        torch.tanh, lambda grad, pre, post: _aten.tanh_backward(grad, post)
    ),
    "sigmoid": Activation(
        torch.sigmoid, lambda grad, pre, post: _aten.sigmoid_backward(grad, post)
    ),
    "elu": Activation(
        F.elu,
        lambda grad, pre, post: _aten.elu_backward(grad, 1.0, 1.0, 1.0, False, pre),
        _RECTIFIER,
    ),
    "selu": Activation(
        torch.selu,
        lambda grad, pre, post: _aten.elu_backward(
            grad, _SELU_ALPHA, _SELU_SCALE, 1.0, False, pre
        ),
    ),
    "gelu": Activation(
        F.gelu, lambda grad, pre, post: _aten.gelu_backward(grad, pre), _RECTIFIER
    ),
    "silu": Activation(
        F.silu, lambda grad, pre, post: _aten.silu_backward(grad, pre), _RECTIFIER
    ),
    "mish": Activation(
        F.mish, lambda grad, pre, post: _aten.mish_backward(grad, pre), _RECTIFIER
    ),
    "identity": Activation(lambda x: x, lambda grad, pre, post: grad),
}


def activation_function(activation: Any) -> Callable[[Tensor], Tensor]:
    """Return the function that a name, a torch module class or a callable stands for.

    >>> import torch
    >>> activation_function("relu")(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])

    Raises
    ------
    ValueError
        If a module has parameters: they would have no member axis.
    """
    if isinstance(activation, str):
        return ACTIVATIONS[activation].function
    if isinstance(activation, type) and issubclass(activation, nn.Module):
        activation = activation()
    if isinstance(activation, nn.Module) and any(True for _ in activation.parameters()):
        raise ValueError(f"activation must have no parameters, got {activation!r}")
    return activation


def activation_gain(activation: Any) -> float:
    """Return the gain of an activation's name; a callable's is 1."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation].gain
    return 1.0
