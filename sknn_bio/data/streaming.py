"""Batches of a table on disk: blocks of rows in random order, mixed in a buffer.

Reading rows one by one in random order is hundreds of times slower than reading them
in stretches, and reading them as they lie shows a network one class at a time where the
file is sorted. So an epoch takes short blocks of neighbouring rows in random order,
some hundred at once, and shuffles the rows of those: the block shuffling of D'Ascenzo
et al. (2025, scDataset).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import sparse

from sknn_bio.data.input_map import MappedInputs
from sknn_bio.data.loader import Batch, MemberRows, mixed_seed
from sknn_bio.data.stores import DiskStore, Table, as_tensor, make_store
from sknn_bio.ondisk._prefetch import prefetched

_BLOCK_ROWS = 64  # read together
_FEWEST_BLOCKS = 64  # of a buffer, and of a table
_BUFFER_BYTES = 1 << 25
_KEPT_BYTES = 1 << 28  # validation rows up to this stay in memory
_ENTRY_BYTES = {True: 8, False: 4}  # of a number in a sparse or a dense row


class StreamLoader:
    """Batches of a table on disk; every epoch reads each row once, for all members.

    All members see the same order, and rows that a member does not train on weigh
    nothing for it. The order of epoch e depends on the first member's seed and on e
    alone. Two buffers are in memory: one in use, the next one being read.

    Parameters
    ----------
    table : Table
        With a :class:`DiskStore`.
    rows : sequence of M int arrays
        Each member's rows of the table.
    batch_size : int
    seeds : sequence of M int
    maps : MappedInputs or None, default=None
        How each member sees a row; None: as the table has it.
    part, n_parts : int, default=0, 1
        Of several processes that share the blocks, this one's number and how many: each
        reads its own, and takes its share of every batch.
    """

    def __init__(
        self,
        table: Table,
        rows: Sequence[np.ndarray],
        batch_size: int,
        seeds: Sequence[int],
        maps: MappedInputs | None = None,
        part: int = 0,
        n_parts: int = 1,
    ):
        assert isinstance(table.store, DiskStore)
        self.table, self.maps = table, maps
        self.rows, self.seeds = list(rows), list(seeds)
        self.batch_size = batch_size
        self.epoch = 0
        self._part, self._n_parts = part, n_parts
        self._set_members()
        self._cut()

    def _set_members(self) -> None:
        n_rows, device = len(self.table), self.table.target.device
        member = torch.zeros(len(self.rows), n_rows, dtype=torch.bool)
        for m, own in enumerate(self.rows):
            member[m, torch.from_numpy(np.asarray(own))] = True
        self._member = member.to(device)
        self._total = (self._member * self.table.weight).sum(1)

    def _cut(self) -> None:
        """Cut the rows into blocks; blocks into buffers; buffers into batches."""
        store = self.table.store
        assert isinstance(store, DiskStore)
        taken = self._member.any(0).cpu().numpy()
        order = store.rows.positions
        self._stream = order[taken[order]]
        n_rows = len(self._stream)
        most = buffer_rows(store)
        block = max(store.rows.chunk, _BLOCK_ROWS)
        block = max(1, min(block, most // _FEWEST_BLOCKS, n_rows // _FEWEST_BLOCKS))
        n_blocks = -(-n_rows // block)
        self._edges = np.arange(n_blocks + 1) * n_rows // n_blocks
        self._n_buffers = -(-n_rows // most)
        longest = int(np.diff(self._edges).max())
        in_buffer = -(-n_blocks // self._n_buffers)
        self._per_buffer = -(-in_buffer * longest // self.batch_size)
        self.n_batches = self._n_buffers * self._per_buffer
        self.member_batches = np.full(len(self.rows), self.n_batches)
        own = -(-in_buffer // self._n_parts) * longest
        self.widths = [-(-own // self._per_buffer)]

    def __len__(self) -> int:
        """Batches an epoch."""
        return self.n_batches

    def keep(self, members: Sequence[int]) -> None:
        """Go on with some of the members only; the order and the batches stay."""
        self.rows = [self.rows[m] for m in members]
        if self.maps is not None:
            self.maps = self.maps.pick(members)
        self._set_members()
        self.member_batches = np.full(len(self.rows), self.n_batches)

    def _read(self, parts: list[np.ndarray]) -> tuple[list[np.ndarray], Any]:
        store = self.table.store
        assert isinstance(store, DiskStore)
        return parts, store.read(parts[self._part])

    def _buffers(self, epoch: int) -> Iterator[list[np.ndarray]]:
        """Yield a buffer: each process's rows of it, in the order of the file."""
        rng = np.random.default_rng(mixed_seed(self.seeds[0], epoch))
        blocks = rng.permutation(len(self._edges) - 1)
        for own in np.array_split(blocks, self._n_buffers):
            parts = [np.sort(own[p :: self._n_parts]) for p in range(self._n_parts)]
            yield [
                np.concatenate(
                    [self._stream[self._edges[b] : self._edges[b + 1]] for b in part]
                    or [self._stream[:0]]
                )
                for part in parts
            ]

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng(mixed_seed(self.seeds[0] + 1, self.epoch))
        buffers = self._buffers(self.epoch)
        self.epoch += 1
        for parts, block in prefetched(partial(self._read, own) for own in buffers):
            orders = [rng.permutation(len(rows)) for rows in parts]
            for b in range(self._per_buffer):
                slots = [self._slots(order, b) for order in orders]
                yield self._batch(parts, slots, block)

    def _slots(self, order: np.ndarray, b: int) -> np.ndarray:
        n = len(order)
        return order[b * n // self._per_buffer : (b + 1) * n // self._per_buffer]

    def _batch(self, parts, slots, block) -> Batch:
        everyone = [rows[own] for rows, own in zip(parts, slots, strict=True)]
        device = self.table.target.device
        together = torch.from_numpy(np.concatenate(everyone)).to(device)
        sums = (self._member[:, together] * self.table.weight[together]).sum(1)
        rows = torch.from_numpy(everyone[self._part]).to(device)
        weight = self._member[:, rows] * self.table.weight[rows]
        weight = weight / sums.clamp(min=torch.finfo(weight.dtype).tiny)[:, None]
        n_members = len(self.rows)
        x = as_tensor(block[slots[self._part]]).to(device).unsqueeze(0)
        x = x.expand(n_members, -1, -1) if self.maps is None else self.maps(x)
        y = self.table.target[rows]
        y = y.unsqueeze(0).expand(n_members, *y.shape)
        return Batch(x, y, weight, sums / self._total, None, True)


class StreamRows(MemberRows):
    """Validation rows of a table on disk: kept in memory where they are not many.

    Otherwise they are read again each epoch.
    """

    def __init__(
        self,
        table: Table,
        rows: Sequence[np.ndarray],
        maps: MappedInputs | None = None,
    ):
        store = table.store
        assert isinstance(store, DiskStore)
        union = np.unique(np.concatenate(list(rows)))
        entry = _ENTRY_BYTES[store.rows.is_sparse]
        if len(union) * store.rows.width * entry <= _KEPT_BYTES:
            chosen = torch.from_numpy(union).to(table.target.device)
            table = Table(
                make_store(_kept(store, union), table.target.device),
                table.target[chosen],
                table.weight[chosen],
            )
            rows = [np.searchsorted(union, own) for own in rows]
        super().__init__(table, rows, maps)


def buffer_rows(store: DiskStore) -> int:
    """Rows that are mixed at a time: 32 MiB, at least 64 blocks of one row."""
    row = store.rows.width * _ENTRY_BYTES[store.rows.is_sparse]
    return int(np.clip(_BUFFER_BYTES / row, _FEWEST_BLOCKS, 1 << 16))


def _kept(store: DiskStore, rows: np.ndarray):
    """Return some encoded rows, read a block at a time."""
    step = buffer_rows(store)
    starts = range(0, len(rows), step)
    parts = [store.read(rows[start : start + step]) for start in starts]
    if sparse.issparse(parts[0]):
        return sparse.vstack(parts, format="csr")
    return np.concatenate(parts)
