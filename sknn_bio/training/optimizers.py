"""Optimisers for a population: a learning rate and a weight decay a member.

The members are cut into groups of neighbours with equal rates; each group's parameters
are slices of the stacked ones. The optimisers that matter most then step with torch's
fused kernels, one call a group; any other class of ``torch.optim`` steps on the same
slices.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
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
        first = group["counts"][0].item() == 0
        group["counts"][0] += 1
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
            is_first_step=first,
        )


class SlicedOptimizer(PopulationOptimizer):
    """Any class of ``torch.optim``, which sees each group as parameters of its own.

    Its algorithm must treat each number by itself, as nearly all do.
    """

    def __init__(self, *args, algorithm: type[torch.optim.Optimizer], **kwargs):
        rates = {k: kwargs.pop(k) for k in ("lr", "weight_decay", "n_batches", "apart")}
        super().__init__(*args, **rates)
        self._inner = []
        for group in self.param_groups:
            own = {**kwargs, "lr": group["lr"]}
            if "weight_decay" in inspect.signature(algorithm).parameters:
                own["weight_decay"] = group["weight_decay"]
            elif group["weight_decay"]:
                raise ValueError(
                    f"weight_decay must be 0 for {algorithm.__name__}, which has none, "
                    f"got {group['weight_decay']:g}"
                )
            self._inner.append(algorithm(group["params"], **own))

    def advance(self, batch: int = 0) -> None:
        """Step every member that has a batch number `batch` in this epoch."""
        for group, inner in zip(self.param_groups, self._inner, strict=True):
            if batch >= group["n_batches"]:
                continue
            inner.param_groups[0]["lr"] = group["lr"]
            for part, grad in zip(group["params"], self._gradients(group), strict=True):
                part.grad = grad
            inner.step()


_FUSED = {
    "adamw": (FusedAdamW, {"betas", "eps"}),
    "adam": (FusedAdam, {"betas", "eps"}),
    "sgd": (FusedSGD, {"momentum", "nesterov"}),
}

TORCH_OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "nadam": torch.optim.NAdam,
}


def build_optimizer(
    optimizer: Any, options: dict[str, Any], named_parameters, **rates: Any
) -> PopulationOptimizer:
    """Return the population's optimiser for a name or a ``torch.optim`` class."""
    if isinstance(optimizer, str):
        fused, known = _FUSED.get(optimizer, (None, set()))
        if fused is not None and set(options) <= known:
            return fused(named_parameters, **rates, **options)
        optimizer = TORCH_OPTIMIZERS[optimizer]
    unknown = set(options) - set(inspect.signature(optimizer).parameters)
    if unknown:
        raise ValueError(
            f"optimizer_params must be options of {optimizer.__name__}, got "
            f"{sorted(unknown)}"
        )
    return SlicedOptimizer(named_parameters, algorithm=optimizer, **rates, **options)
