"""Several processes that train one population: each takes its share of every batch.

``torchrun --nproc-per-node 2 script.py`` starts them; nothing else is to be said. Each
process computes the gradient of its rows, the sum of which is that of the whole batch
(weights are normalised over the batch, not over a share), so that all processes take
the same step: the data-parallel training of torch's distributed package (Li et al.,
2020), without its wrapper, which knows no member axis.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Processes:
    """The processes that train together, as one of them sees them.

    Parameters
    ----------
    rank : int, default=0
    size : int, default=1
    """

    def __init__(self, rank: int = 0, size: int = 1):
        self.rank, self.size = rank, size

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum over the processes, the same bits in each."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def sum_gradients(self, module: nn.Module) -> None:
        """Sum every gradient over the processes, in one message."""
        if self.size > 1:
            self._sum_flat(p.grad for p in module.parameters() if p.grad is not None)

    def average_buffers(self, module: nn.Module) -> None:
        """Average running statistics, which each process has of its own rows."""
        if self.size == 1:
            return
        floats = [b for b in module.buffers() if b.is_floating_point()]
        if floats:
            self._sum_flat(floats)
            for buffer in floats:
                buffer.div_(self.size)

    def _sum_flat(self, tensors: Iterable[Tensor]) -> None:
        own = list(tensors)
        flat = self.sum(torch.cat([t.reshape(-1) for t in own]))
        for tensor, part in zip(own, flat.split([t.numel() for t in own]), strict=True):
            tensor.copy_(part.view_as(tensor))


def join_processes(device: str) -> Processes:
    """Return the processes that torchrun started; this one alone without it.

    Threads and processes that work beside the main one (those of joblib) train alone.

    Parameters
    ----------
    device : str
        Of this process's weights: NCCL carries messages between GPUs, gloo else.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    alone = (
        size == 1
        or not dist.is_available()
        or not dist.is_torchelastic_launched()
        or threading.current_thread() is not threading.main_thread()
        or multiprocessing.parent_process() is not None
    )
    if alone:
        return Processes()
    if not dist.is_initialized():
        if device == "cuda":  # each process its own
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return Processes(dist.get_rank(), dist.get_world_size())
