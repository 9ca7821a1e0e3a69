"""Dropout with a rate a member, and masks that cost less than the matrix products."""

from __future__ import annotations

import random

import torch
from torch import Tensor, nn

_LEVELS = 2**16


class Dropout(nn.Module):
    """Drop units with a rate of each member's own.

    Input ``(M, B, H)`` → output ``(M, B, H)``.

    Drawing one random float an element costs more on a CPU than the layer's matrix
    product. Here :meth:`refresh` fills a pool of masks once an epoch, from 16 random
    bits an element, and each batch takes the window that starts at a random place of
    the pool. Within a batch the bits are independent; a unit sees the same bit twice
    only where two windows start at the same place.

    Parameters
    ----------
    rates : Tensor of shape (M,)
        Probability of dropping a unit, in [0, 1). Kept to 1/65536.

    References
    ----------
    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
    overfitting", JMLR 15. Scaled at training time, so that evaluation is the identity.
    """

    rates: Tensor

    def __init__(self, rates: Tensor):
        super().__init__()
        self.register_buffer("rates", rates.reshape(-1).float(), persistent=False)
        self._pool: Tensor | None = None
        self._width = 0
        self._random = random.Random(0)

    @property
    def active(self) -> bool:
        """Whether any member drops anything."""
        return bool((self.rates > 0).any())

    def refresh(self, seed: int, size: int, dtype: torch.dtype) -> None:
        """Fill the pool for an epoch whose batches take up to `size` masks a member."""
        device = self.rates.device
        n_members, width = len(self.rates), 2 * max(size, 1 << 14)
        source = device if device.type == "cuda" else torch.device("cpu")
        generator = torch.Generator(device=source).manual_seed(seed)
        bits = torch.empty(
            (n_members, -(-width // 4)), dtype=torch.int64, device=source
        )
        bits.random_(-(2**63), None, generator=generator)
        drop = (self.rates * _LEVELS).round().clamp(max=_LEVELS - 1)
        threshold = (drop - _LEVELS // 2).to(torch.int16).unsqueeze(1)
        scale = (_LEVELS / (_LEVELS - drop)).to(dtype).unsqueeze(1)
        kept = bits.view(torch.int16).to(device) >= threshold
        self._pool = kept.to(dtype).mul_(scale)
        self._width = self._pool.shape[1]
        self._random.seed(seed)

    def take(self, n_rows: int, n_units: int) -> Tensor:
        """Return masks (M, B, H): 0 for a dropped unit, 1 / (1 - rate) for a kept one.

        Raises
        ------
        RuntimeError
            If :meth:`refresh` was not called.
        """
        if self._pool is None:
            raise RuntimeError("refresh must be called before masks are taken")
        size = n_rows * n_units
        start = int(self._random.random() * (self._width - size))
        window = self._pool.narrow(1, start, size)
        return window.view(-1, n_rows, n_units)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.active:
            return x
        return x * self.take(x.shape[1], x.shape[2])
