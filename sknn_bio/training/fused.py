"""AdamW, Adam and SGD of a population, by torch's fused kernels: one call a group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from sknn_bio.training.optimizers import PopulationOptimizer


class _FusedOptimizer(PopulationOptimizer):
    """An optimiser whose moments are stacked like the parameters."""

    n_moments = 0

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._moments = [
            {name: torch.zeros_like(p) for name, p in self.named}
            for _ in range(self.n_moments)
        ]
        self._counts = np.zeros(len(self.rates[0]), np.int64)
        self._bind()

    def _bind(self) -> None:
        """Give each group its slices of the moments and its count of steps."""
        name_of = {id(p): n for n, p in self.named}
        for group in self.param_groups:
            a, b = group["members"]
            names = [name_of[id(p)] for p in group["owners"]]
            group["moments"] = [
                [m[n].detach()[a:b] for n in names] for m in self._moments
            ]
            start = float(self._counts[a])
            device = self.named[0][1].device
            # One tensor for all: they count the same steps.
            group["counts"] = [torch.tensor(start, device=device)] * len(names)

    def arrays(self) -> dict[str, Any]:
        """Return moments and counts of steps as arrays, to go on from later."""
        self._read_counts()
        moments = [
            {name: m.cpu().numpy().copy() for name, m in own.items()}
            for own in self._moments
        ]
        return {"moments": moments, "counts": self._counts.copy()}

    def load_arrays(self, arrays: dict[str, Any]) -> None:
        """Go on from :meth:`arrays`."""
        for own, stored in zip(self._moments, arrays["moments"], strict=True):
            for name, moment in own.items():
                moment.copy_(torch.as_tensor(stored[name]))
        self._counts = arrays["counts"].copy()
        self._bind()

    def _read_counts(self) -> None:
        for group in self.param_groups:
            self._counts[slice(*group["members"])] = int(group["counts"][0].item())

    def keep(self, members: Sequence[int], n_batches: np.ndarray) -> None:
        """Go on with some of the members; their parameters are cut already."""
        current, initial = self.member_lr(), self.rates[0]
        self._read_counts()
        index = list(members)
        self._counts = self._counts[index]
        for moments in self._moments:
            for name in moments:
                moments[name] = moments[name][index]
        ratio = (current / np.where(initial > 0, initial, 1.0))[index]
        self.rates = (initial[index], self.rates[1][index], np.asarray(n_batches))
        self.param_groups = []
        for group in self._make_groups():
            lr = group["initial_lr"] * ratio[group["members"][0]]
            self.param_groups.append({**self.defaults, **group, "lr": lr})
        self._bind()


class FusedAdamW(_FusedOptimizer):
    """AdamW: decoupled weight decay (Loshchilov and Hutter, 2019)."""

    n_moments = 2
    kernel = staticmethod(torch._fused_adamw_)

    def __init__(self, *args, betas=(0.9, 0.999), eps=1e-8, **kwargs):
        super().__init__(*args, betas=tuple(betas), eps=eps, **kwargs)

    def _step_group(self, group, grads):
        group["counts"][0] += 1
        self.kernel(
            group["params"],
            grads,
            *group["moments"],
            [],
            group["counts"],
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


class FusedAdam(FusedAdamW):
    """Adam; the weight decay is an L2 penalty (Kingma and Ba, 2015)."""

    kernel = staticmethod(torch._fused_adam_)


class FusedSGD(_FusedOptimizer):
    """Stochastic gradient descent with (Nesterov's) momentum and an L2 penalty."""

    n_moments = 1

    def __init__(self, *args, momentum=0.0, nesterov=False, **kwargs):
        super().__init__(*args, momentum=momentum, nesterov=nesterov, **kwargs)

    def _step_group(self, group, grads):
        torch._fused_sgd_(
            group["params"],
            grads,
            group["moments"][0] if group["momentum"] else [],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=group["lr"],
            dampening=0.0,
            nesterov=group["nesterov"],
            maximize=False,
            is_first_step=False,  # the momentum starts at zero, which is the same
        )
