"""A linear layer for every member of a population, in one batched matrix product."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class MemberLinear(nn.Module):
    """M linear layers side by side.

    Input ``(M, B, D)`` → output ``(M, B, H)``.

    Parameters
    ----------
    n_members : int
        Number of members, M.
    d_in, d_out : int
        Features in (D) and out (H).

    Attributes
    ----------
    weight : Parameter of shape (M, D, H)
    bias : Parameter of shape (M, 1, H)

    Examples
    --------
    >>> import torch
    >>> layer = MemberLinear(3, d_in=4, d_out=2)
    >>> layer(torch.zeros(3, 5, 4)).shape
    torch.Size([3, 5, 2])
    """

    def __init__(self, n_members: int, d_in: int, d_out: int):
        super().__init__()
        self.d_out = d_out
        self.weight = nn.Parameter(torch.empty(n_members, d_in, d_out))
        self.bias = nn.Parameter(torch.empty(n_members, 1, d_out))

    def reset(self, generators: Sequence[torch.Generator], gain: float) -> None:
        """Draw each member's weights with its own generator.

        Uniform with variance ``gain² / (3 D)``, so that members drawn in a population
        equal those drawn alone (He et al., 2015, fan-in mode). The biases are zero.
        """
        bound = gain / self.weight.shape[1] ** 0.5
        with torch.no_grad():
            for member, generator in enumerate(generators):
                self.weight[member].uniform_(-bound, bound, generator=generator)
            self.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``x @ weight + bias`` a member: (M, B, D), (M, D, H), (M, 1, H) → (M, B, H)."""
    if weight.shape[2] == 1 and weight.shape[0] > 1:
        # Many matrix-vector products: an element-wise product and a sum cost a quarter.
        return (x * weight.transpose(1, 2)).sum(2, keepdim=True) + bias
    return torch.baddbmm(bias, x, weight)
