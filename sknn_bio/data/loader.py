"""One loader: each member's own rows, in batches that are sliced whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sknn_bio.data.input_map import MappedInputs
from sknn_bio.data.stores import Table

# An epoch's inputs are gathered at once up to this many numbers, else batch by batch.
_EPOCH_NUMBERS = 1 << 23
# Validation inputs are gathered this many at a time where they are not kept.
_CHUNK_NUMBERS = 1 << 21


class Batch(NamedTuple):
    """A batch for every member.

    Attributes
    ----------
    x : Tensor of shape (M, B, D)
    y : Tensor of shape (M, B) or (M, B, C)
    weight : Tensor of shape (M, B)
        Sums to 1 a member; 0 for rows that only pad, and for a member out of batches.
    share : Tensor of shape (M,)
        The batch's share of the member's total weight: the epoch's loss is the sum of
        ``share * loss``.
    valid : Tensor of shape (M, B, 1) or None
        0 for padding; None where there is none.
    full : bool
        Whether every member has rows in this batch.
    """

    x: Tensor
    y: Tensor
    weight: Tensor
    share: Tensor
    valid: Tensor | None
    full: bool


class MemberLoader:
    """Batches of a table, each member's rows shuffled by its own seed.

    A member's rows are cut into ``ceil(n / batch_size)`` batches of almost equal size,
    so no batch is a small remainder. The order of epoch e depends on the member's seed
    and e alone: a member sees the same batches in any population, and after a resume.

    Parameters
    ----------
    table : Table
    rows : sequence of M int arrays
        Each member's rows of the table.
    batch_size : int
    seeds : sequence of int, or None
        A seed a member; None keeps the rows in order.
    maps : MappedInputs or None, default=None
        How each member sees a row; None: as the table has it.
    part, n_parts : int, default=0, 1
        Of several processes that share each batch, this one's number and how many.
    """

    def __init__(
        self,
        table: Table,
        rows: Sequence[np.ndarray],
        batch_size: int,
        seeds: Sequence[int] | None,
        maps: MappedInputs | None = None,
        part: int = 0,
        n_parts: int = 1,
    ):
        self.table, self.seeds, self.maps = table, seeds, maps
        self._part, self._n_parts = part, n_parts
        self.rows = list(rows)
        self.batch_size = batch_size
        self.epoch = 0
        self._lay_out()

    def __len__(self) -> int:
        """Batches an epoch of the member that has most."""
        return self.n_batches

    def keep(self, members: Sequence[int]) -> None:
        """Go on with some of the members only."""
        self.rows = [self.rows[m] for m in members]
        if self.seeds is not None:
            self.seeds = [self.seeds[m] for m in members]
        if self.maps is not None:
            self.maps = self.maps.pick(members)
        self._lay_out()

    def _lay_out(self) -> None:
        """Plan the slots of an epoch: which of a member's rows each batch takes."""
        sizes = [len(own) for own in self.rows]
        self.member_batches = np.array([-(-n // self.batch_size) for n in sizes])
        self.n_batches = int(self.member_batches.max())
        edges = [
            [n * b // k for b in range(k + 1)] + [n] * (self.n_batches - k)
            for n, k in zip(sizes, self.member_batches.tolist(), strict=True)
        ]
        edge = np.array(edges)  # (M, n_batches + 1)
        self.widths = np.diff(edge, axis=1).max(0).tolist()
        slots = np.zeros((len(sizes), sum(self.widths)), np.int64)
        present = np.zeros(slots.shape, bool)
        start = 0
        for b, width in enumerate(self.widths):
            position = edge[:, b, None] + np.arange(width)
            inside = position < edge[:, b + 1, None]
            # Padding repeats a row of the same batch, with weight 0.
            slots[:, start : start + width] = np.where(
                inside, position, np.maximum(edge[:, b + 1, None] - 1, 0)
            )
            present[:, start : start + width] = inside
            start += width
        self.padded = not present.all()
        self._no_padding = [None] * self.n_batches
        device = self.table.target.device
        self._slots = torch.from_numpy(slots).to(device)
        self._present = torch.from_numpy(present).to(device)
        index = np.zeros((len(sizes), max(sizes)), np.int64)
        for member, own in enumerate(self.rows):
            index[member, : len(own)] = own
        self._index = torch.from_numpy(index).to(device)

    def _order(self) -> Tensor:
        """Row numbers of the table in the epoch's order, (M, slots)."""
        if self.seeds is None:
            return self._index.gather(1, self._slots)
        longest = self._index.shape[1]
        order = torch.zeros(len(self.rows), longest, dtype=torch.int64)
        generator = torch.Generator()
        for member, own in enumerate(self.rows):
            generator.manual_seed(mixed_seed(self.seeds[member], self.epoch))
            order[member, : len(own)] = torch.randperm(len(own), generator=generator)
        shuffled = self._index.gather(1, order.to(self._index.device))
        return shuffled.gather(1, self._slots)

    def _own_slots(self) -> tuple[Tensor, list[int]]:
        """Return this process's slots of an epoch, and how many of each batch."""
        edges = np.r_[0, np.cumsum(self.widths)].tolist()
        n, p = self._n_parts, self._part
        own = [
            np.arange(start + width * p // n, start + width * (p + 1) // n)
            for start, width in zip(edges[:-1], self.widths, strict=True)
        ]
        slots = torch.from_numpy(np.concatenate(own)).to(self._slots.device)
        return slots, [len(part) for part in own]

    def __iter__(self) -> Iterator[Batch]:
        rows = self._order()
        self.epoch += 1
        weight = self.table.weight[rows] * self._present
        sums = torch.stack(
            [part.sum(1) for part in weight.split(self.widths, 1)], 1
        )  # (M, n_batches)
        spread = sums.repeat_interleave(
            torch.tensor(self.widths, device=sums.device), dim=1
        )
        weight = weight / spread.clamp(min=torch.finfo(weight.dtype).tiny)
        share = sums / sums.sum(1, keepdim=True)
        present, widths = self._present, self.widths
        if self._n_parts > 1:
            own, widths = self._own_slots()
            rows, weight, present = rows[:, own], weight[:, own], present[:, own]
        y = self.table.target[rows]
        whole = rows.numel() * self.table.store.shape[1] <= _EPOCH_NUMBERS
        x = self.table.store.gather(rows) if whole else None
        valid = present.unsqueeze(2).to(weight.dtype) if self.padded else None
        n_full = int(self.member_batches.min())
        parts = zip(
            x.split(widths, 1) if whole else rows.split(widths, 1),
            y.split(widths, 1),
            weight.split(widths, 1),
            share.unbind(1),
            self._no_padding if valid is None else valid.split(widths, 1),
            strict=True,
        )
        for b, (part, *rest) in enumerate(parts):
            inputs = part if whole else self.table.store.gather(part)
            if self.maps is not None:
                inputs = self.maps(inputs)
            yield Batch(inputs, *rest, b < n_full)


def mixed_seed(seed: int, epoch: int) -> int:
    """A 63-bit seed from two numbers (splitmix64's finaliser, Steele et al. 2014)."""
    z = (int(seed) + (epoch + 1) * 0x9E3779B97F4A7C15) & (2**64 - 1)
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
    return (z ^ (z >> 31)) >> 1


class MemberRows:
    """The same rows of each member every epoch, in order: a validation set a member.

    Parameters
    ----------
    table : Table
    rows : sequence of M int arrays
    maps : MappedInputs or None, default=None
        How each member sees a row.

    Attributes
    ----------
    y : Tensor of shape (M, n) or (M, n, C)
    weight : Tensor of shape (M, n)
        0 for padding.
    """

    def __init__(
        self,
        table: Table,
        rows: Sequence[np.ndarray],
        maps: MappedInputs | None = None,
    ):
        self.table, self.rows, self.maps = table, list(rows), maps
        self._lay_out()

    def _lay_out(self) -> None:
        index = np.zeros((len(self.rows), max(map(len, self.rows))), np.int64)
        present = np.zeros(index.shape, bool)
        for member, own in enumerate(self.rows):
            index[member, : len(own)] = own
            index[member, len(own) :] = own[-1]
            present[member, : len(own)] = True
        device = self.table.target.device
        self._index = torch.from_numpy(index).to(device)
        self.y = self.table.target[self._index]
        self.weight = self.table.weight[self._index] * torch.from_numpy(present).to(
            device
        )
        numbers = self._index.numel() * self.table.store.shape[1]
        small = numbers <= _EPOCH_NUMBERS
        self._x = self._gather(self._index) if small else None

    def _gather(self, rows: Tensor) -> Tensor:
        x = self.table.store.gather(rows)
        return x if self.maps is None else self.maps(x)

    def keep(self, members: Sequence[int]) -> None:
        """Go on with some of the members only."""
        self.rows = [self.rows[m] for m in members]
        if self.maps is not None:
            self.maps = self.maps.pick(members)
        self._lay_out()

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the inputs (M, B, D), a chunk of rows at a time."""
        return (x for _, x in self.shares(0, 1))

    def shares(self, part: int, n_parts: int) -> Iterator[tuple[int, Tensor]]:
        """Yield (start, inputs): one of `n_parts` equal shares of each chunk."""
        n_members, n_rows = self._index.shape
        step = max(1, _CHUNK_NUMBERS // (n_members * self.table.store.shape[1]))
        step = step if self._x is None else n_rows
        for start in range(0, n_rows, step):
            size = min(step, n_rows - start)
            a, b = (start + size * p // n_parts for p in (part, part + 1))
            kept = self._x is not None
            yield a, self._x[:, a:b] if kept else self._gather(self._index[:, a:b])
