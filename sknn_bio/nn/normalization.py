"""Batch and layer normalisation for every member of a population."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MemberLayerNorm(nn.Module):
    """Normalise each row over its units. Input ``(M, B, H)`` → output ``(M, B, H)``.

    References
    ----------
    Ba, Kiros and Hinton (2016), "Layer normalization".
    """

    def __init__(self, n_members: int, d_in: int, eps: float = 1e-5):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(n_members, 1, d_in))
        self.bias = nn.Parameter(torch.zeros(n_members, 1, d_in))

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        normed = nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps)
        return torch.addcmul(self.bias, normed, self.weight)


class MemberBatchNorm(nn.Module):
    """Normalise each unit over the rows of a batch, a member at a time.

    Input ``(M, B, H)`` → output ``(M, B, H)``; ``valid`` of shape ``(M, B, 1)`` is 0
    for the rows that only pad a member's batch, which then leave no trace in it.
    A member whose batch has a single row uses its running statistics.

    References
    ----------
    Ioffe and Szegedy (2015), "Batch normalization".
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self, n_members: int, d_in: int, eps: float = 1e-5, momentum: float = 0.1
    ):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(n_members, 1, d_in))
        self.bias = nn.Parameter(torch.zeros(n_members, 1, d_in))
        self.register_buffer("running_mean", torch.zeros(n_members, 1, d_in))
        self.register_buffer("running_var", torch.ones(n_members, 1, d_in))

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = self._batch_statistics(x, valid)
        scale = self.weight * torch.rsqrt(var + self.eps)
        return torch.addcmul(self.bias - mean * scale, x, scale)

    def _batch_statistics(
        self, x: Tensor, valid: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        if valid is None:
            count = x.new_full((x.shape[0], 1, 1), float(x.shape[1]))
            mean = x.mean(1, keepdim=True)
            var = x.var(1, correction=0, keepdim=True)
        else:
            count = valid.sum(1, keepdim=True)
            mean = (x * valid).sum(1, keepdim=True) / count.clamp(min=1)
            var = ((x - mean).square() * valid).sum(1, keepdim=True)
            var = var / count.clamp(min=1)
        with torch.no_grad():
            step = self.momentum * (count > 1)
            unbiased = var * count / (count - 1).clamp(min=1)
            self.running_mean.add_(step * (mean - self.running_mean))
            self.running_var.add_(step * (unbiased - self.running_var))
        many = count > 1
        return (
            torch.where(many, mean, self.running_mean),
            torch.where(many, var, self.running_var),
        )
