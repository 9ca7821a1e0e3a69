"""The affine map in front of a network: each member standardises by its own rows."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class InputScaling(nn.Module):
    """``x * scale + shift`` a member and column. ``(M, B, D)`` → ``(M, B, D)``.

    Parameters
    ----------
    scale, shift : Tensor of shape (M, 1, D)
        Fitted on each member's training rows, so that nothing of its validation rows
        leaks into its inputs. Not trained.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, scale: Tensor, shift: Tensor):
        super().__init__()
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(self.shift, x, self.scale)
