"""The gradient of a plain perceptron, derived by hand.

Automatic differentiation costs more than the arithmetic on networks of this size: a
step of two hidden layers of 100 with 32 rows takes about 90 µs of matrix products and
360 µs under autograd. Here are the products and little else.
``tests/nn/test_backprop.py`` holds them against autograd and ``gradcheck``.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sknn_bio.nn.activations import ACTIVATIONS
from sknn_bio.nn.linear import MemberLinear, linear
from sknn_bio.nn.mlp import MLP


class Tape(NamedTuple):
    """What the forward pass keeps for the backward one, an entry a layer."""

    inputs: list[Tensor]
    pre: list[Tensor]
    post: list[Tensor]
    masks: list[Tensor | None]


class PlainPass:
    """Forward and backward passes of a plain perceptron, without autograd.

    Holds views of the parameters, so that a step has no look-ups: build it anew when
    the members change.

    Parameters
    ----------
    net : MLP
        A plain one (``net.is_plain``).
    compute_dtype : torch.dtype or None, default=None
        Of activations and matrix products, such as bfloat16; the weights and their
        gradients keep their own. None: that of the weights.

    Raises
    ------
    ValueError
        If the network has normalisation, residual links, embeddings or a callable
        activation.

    Examples
    --------
    >>> import torch
    >>> net = MLP(2, d_in=3, d_out=1, n_neurons=(4,)).reset([0, 1])
    >>> plain = PlainPass(net)
    >>> raw, tape = plain.forward(torch.ones(2, 5, 3))
    >>> plain.backward(tape, torch.ones_like(raw))
    >>> net.head.weight.grad.shape
    torch.Size([2, 4, 1])
    """

    def __init__(self, net: MLP, compute_dtype: torch.dtype | None = None):
        if not net.is_plain:
            raise ValueError("PlainPass needs a plain network, got one that is not")
        layers = (*net.hidden, net.head)
        self._layers = [_Layer(layer, compute_dtype) for layer in layers]
        self._compute_dtype = compute_dtype
        self._activation = ACTIVATIONS[net.activation]
        self._input_dropout = net.input_dropout
        self._dropout = net.dropout

    def forward(self, x: Tensor) -> tuple[Tensor, Tape]:
        """Run a training pass: ``(M, B, D)`` → raw output ``(M, B, C)``, tape."""
        tape = Tape([], [], [], [])
        if self._input_dropout is not None:
            x = x * self._input_dropout.take(x.shape[1], x.shape[2])
        if self._compute_dtype is not None:
            x = x.to(self._compute_dtype)
            for layer in self._layers:
                layer.refresh()
        function, dropout = self._activation.function, self._dropout
        *hidden, head = self._layers
        for layer in hidden:
            tape.inputs.append(x)
            pre = linear(x, layer.weight, layer.bias)
            x = post = function(pre)
            mask = None
            if dropout is not None:
                mask = dropout.take(post.shape[1], post.shape[2])
                x = post * mask
            tape.pre.append(pre)
            tape.post.append(post)
            tape.masks.append(mask)
        tape.inputs.append(x)
        raw = linear(x, head.weight, head.bias)
        return raw if self._compute_dtype is None else raw.to(head.dtype), tape

    def backward(self, tape: Tape, grad: Tensor) -> None:
        """Set ``.grad`` of every parameter.

        Parameters
        ----------
        tape : Tape
            From :meth:`forward`.
        grad : Tensor of shape (M, B, C)
            Gradient of the loss with respect to the raw output.
        """
        gradient = self._activation.gradient
        *hidden, head = self._layers
        if self._compute_dtype is not None:
            grad = grad.to(self._compute_dtype)
        grad = head.backward(tape.inputs[-1], grad, bool(hidden))
        for i in range(len(hidden) - 1, -1, -1):
            mask = tape.masks[i]
            if mask is not None:
                grad = grad * mask
            grad = gradient(grad, tape.pre[i], tape.post[i])
            grad = hidden[i].backward(tape.inputs[i], grad, i > 0)


class _Layer:
    """A linear layer's parameters, and their gradients."""

    def __init__(self, layer: MemberLinear, compute_dtype: torch.dtype | None):
        self._weight_parameter, self._bias_parameter = layer.weight, layer.bias
        self._compute_dtype = compute_dtype
        self.dtype = layer.weight.dtype
        self._is_vector = layer.weight.shape[2] == 1 and layer.weight.shape[0] > 1
        self.refresh()

    def refresh(self) -> None:
        """Take the parameters as they are now (views stay so without a cast)."""
        self.weight = self._weight_parameter.detach()
        self.bias = self._bias_parameter.detach()
        if self._compute_dtype is not None:
            self.weight = self.weight.to(self._compute_dtype)
            self.bias = self.bias.to(self._compute_dtype)
        self._transposed = self.weight.transpose(1, 2)

    def backward(self, x: Tensor, grad: Tensor, needs_input: bool) -> Tensor:
        """Set the gradients; return that of the input (M, B, D) where it is needed."""
        dtype = self.dtype
        self._bias_parameter.grad = grad.sum(1, keepdim=True, dtype=dtype)
        if self._is_vector:
            product = (x * grad).sum(1, dtype=dtype)
            self._weight_parameter.grad = product.unsqueeze(2)
            return grad * self._transposed if needs_input else grad
        product = torch.bmm(x.transpose(1, 2), grad)
        self._weight_parameter.grad = product.to(dtype)
        return torch.bmm(grad, self._transposed) if needs_input else grad
