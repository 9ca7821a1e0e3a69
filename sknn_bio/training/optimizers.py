"""Optimisers for a population: a learning rate and a weight decay a member.

The members are cut into groups of neighbours with equal rates; each group's parameters
are slices of the stacked ones. The optimisers that matter most then step with torch's
fused kernels, one call a group; any other class of ``torch.optim`` steps on the same
slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


def decays(name: str, parameter: Tensor) -> bool:
    """Whether weight decay and L1 apply: to weight matrices, never to biases or norms.

    `parameter` has the member axis in front.
    """
    return "bias" not in name and not name.startswith("norms.") and parameter.ndim > 2


class PopulationOptimizer(torch.optim.Optimizer):
    """Groups of members, each with its learning rate, decay and count of batches.

    Parameters
    ----------
    named_parameters : iterable of (str, Parameter)
        Stacked parameters (M, …).
    lr, weight_decay : ndarray of shape (M,)
    n_batches : ndarray of shape (M,), int
        Batches an epoch of each member; past them it does not step.
    apart : bool, default=False
        One group a member, for schedules that treat each by itself.
    **options
        Options of the algorithm.
    """

    def __init__(
        self,
        named_parameters: Iterable[tuple[str, nn.Parameter]],
        lr: np.ndarray,
        weight_decay: np.ndarray,
        n_batches: np.ndarray,
        apart: bool = False,
        **options: Any,
    ):
        self.named = [(n, p) for n, p in named_parameters if p.requires_grad]
        self.apart = apart
        self.rates = (np.asarray(lr), np.asarray(weight_decay), np.asarray(n_batches))
        super().__init__(self._make_groups(), {"lr": 0.0, **options})
        # torch's schedulers ask whether `step` was called, which is `advance` here.
        self._opt_called = True

    def _make_groups(self) -> list[dict[str, Any]]:
        keys = list(zip(*(r.tolist() for r in self.rates), strict=True))
        edges = [0]
        for m in range(1, len(keys)):
            if self.apart or keys[m] != keys[m - 1]:
                edges.append(m)
        edges.append(len(keys))
        groups = []
        for a, b in zip(edges[:-1], edges[1:], strict=True):
            lr, decay, n_batches = keys[a]
            for decayed in (True, False):
                own = [p for n, p in self.named if decays(n, p) == decayed]
                if not own:
                    continue
                groups.append(
                    {
                        "params": [p.detach()[a:b] for p in own],
                        "owners": own,
                        "members": (a, b),
                        "lr": lr,
                        "initial_lr": lr,
                        "weight_decay": decay if decayed else 0.0,
                        "n_batches": n_batches,
                    }
                )
        return groups

    def member_lr(self) -> np.ndarray:
        """Return the present learning rate of each member, (M,)."""
        lr = np.empty(len(self.rates[0]))
        for group in self.param_groups:
            lr[slice(*group["members"])] = group["lr"]
        return lr

    def follow(
        self,
        schedule: Callable[[float], float],
        epoch: int,
        batch: int,
        max_epochs: int,
        plateau: np.ndarray | None = None,
    ) -> None:
        """Set each member's rate by the share of its own batches that is done.

        Parameters
        ----------
        schedule : callable
            From that share, of all epochs, to a factor.
        epoch, batch, max_epochs : int
            `epoch` and `batch` are 0-based.
        plateau : ndarray of shape (M,) or None
            Another factor of each member.
        """
        factors: dict[int, float] = {}
        for group in self.param_groups:
            count = group["n_batches"]
            if count not in factors:
                done = epoch + min(batch / count, 1.0)
                factors[count] = schedule(min(done / max_epochs, 1.0))
            own = 1.0 if plateau is None else plateau[group["members"][0]]
            if batch < count:
                group["lr"] = group["initial_lr"] * factors[count] * own

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the stacked parameters."""
        for _, p in self.named:
            p.grad = None

    def _gradients(self, group: dict[str, Any]) -> list[Tensor]:
        a, b = group["members"]
        if b - a == len(self.rates[0]):
            return [p.grad for p in group["owners"]]
        return [p.grad[a:b] for p in group["owners"]]

    def advance(self, batch: int = 0) -> None:
        """Step every member that has a batch number `batch` in this epoch.

        torch wraps each optimiser's ``step`` in a profiler, which costs more than a
        small network's step; hence another name.
        """
        for group in self.param_groups:
            if batch < group["n_batches"]:
                self._step_group(group, self._gradients(group))

    def step(self, closure=None):  # type: ignore[override]
        """Step every member."""
        self.advance()

    def _step_group(self, group: dict[str, Any], grads: list[Tensor]) -> None:
        raise NotImplementedError
