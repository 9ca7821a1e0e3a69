"""Embeddings of categories with many levels, a table a member."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_WIDEST = 16


def embedding_width(n_codes: int) -> int:
    """Numbers that stand for a category: ``1.6 n**0.56``, 16 at most (fastai's rule).

    >>> embedding_width(34), embedding_width(3000)
    (12, 16)
    """
    return min(_WIDEST, round(1.6 * n_codes**0.56))


class MemberEmbedding(nn.Module):
    """The last columns hold codes; learned numbers take their places.

    ``(M, B, D)`` → ``(M, B, D - k + widths)`` for k columns of codes. The last two
    codes of a column stand for other levels and for a missing one: their numbers start
    at 0.

    Parameters
    ----------
    n_members : int
    n_codes : sequence of k int
        Number of codes of each column.
    """

    def __init__(self, n_members: int, n_codes: Sequence[int]):
        super().__init__()
        self.n_codes = tuple(n_codes)
        self.tables = nn.ParameterList(
            torch.zeros(n_members, n, embedding_width(n)) for n in n_codes
        )

    @property
    def added(self) -> int:
        """How many inputs more there are after it."""
        return sum(embedding_width(n) - 1 for n in self.n_codes)

    def reset(self, generators: Sequence[torch.Generator]) -> None:
        """Draw the numbers of each member from its own generator."""
        with torch.no_grad():
            for table in self.tables:
                n, width = table.shape[1:]
                for member, generator in enumerate(generators):
                    drawn = torch.randn(n, width, generator=generator) / width**0.5
                    drawn[-2:] = 0
                    table[member] = drawn

    def forward(self, x: Tensor) -> Tensor:
        return embed(x, list(self.tables))


def embed(x: Tensor, tables: Sequence[Tensor]) -> Tensor:
    """Return the inputs with the rows of `tables` in the places of their codes."""
    numbers, codes = x.tensor_split([x.shape[2] - len(tables)], dim=2)
    members = torch.arange(len(x), device=x.device)[:, None]
    chosen = [table[members, codes[:, :, i].long()] for i, table in enumerate(tables)]
    return torch.cat([numbers, *chosen], 2)
