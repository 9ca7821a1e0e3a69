"""A population's optimiser from whatever names it: ours, or a class of torch's."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch

from sknn_bio.training.fused import FusedAdam, FusedAdamW, FusedSGD
from sknn_bio.training.optimizers import PopulationOptimizer


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

    def arrays(self) -> dict[str, Any]:
        """Return each group's moments, to go on from later."""
        return {
            "inner": [
                [
                    {name: _as_array(value) for name, value in own.items()}
                    for own in inner.state_dict()["state"].values()
                ]
                for inner in self._inner
            ]
        }

    def load_arrays(self, arrays: dict[str, Any]) -> None:
        """Go on from :meth:`arrays`."""
        for inner, stored in zip(self._inner, arrays["inner"], strict=True):
            state = {
                place: {name: _as_tensor(value) for name, value in own.items()}
                for place, own in enumerate(stored)
            }
            groups = inner.state_dict()["param_groups"]
            inner.load_state_dict({"state": state, "param_groups": groups})


def _as_array(value: Any) -> Any:
    return value.cpu().numpy().copy() if isinstance(value, torch.Tensor) else value


def _as_tensor(value: Any) -> Any:
    return torch.as_tensor(value) if isinstance(value, np.ndarray) else value


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
