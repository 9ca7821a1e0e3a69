"""The state of a training after a whole epoch, taken and put back.

The orders of rows and the dropout masks are functions of the seeds and the epoch, and
so need no state; a user's own module draws from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from sknn_bio.nn import MLP
from sknn_bio.training.network import keep_members

if TYPE_CHECKING:
    from sknn_bio.training.net import PopulationNet


def snapshot(net: PopulationNet, finished: bool = False) -> dict[str, Any]:
    """Return all that the next epoch depends on, as a tree of arrays and plain values.

    Parameters
    ----------
    net : PopulationNet
        Between two epochs.
    finished : bool, default=False
        Whether there is no next epoch: the moments are then left out.
    """
    run = net.run
    state = {
        "finished": finished,
        "epoch": run.train_loader.epoch,
        "module": net.module_.state_dict(),
        "tracker": run.tracker.state(),
        "bests": run.bests,
        "history": list(net.history),
    }
    if finished:
        return state
    return {
        **state,
        "criterion": net.criterion_.state_dict(),
        "optimizer": net.optimizer_.arrays(),
        "lr": [group["lr"] for group in net.optimizer_.param_groups],
        "callbacks": [_attributes(callback) for _, callback in net.callbacks_],
        "generators": _generators(net),
    }


def resume(net: PopulationNet, state: dict[str, Any]) -> bool:
    """Bring an initialised net to where a :func:`snapshot` was taken.

    Returns
    -------
    finished : bool
        Whether nothing is left to be trained.
    """
    run = net.run
    device = next(net.module_.parameters()).device
    run.tracker.load(state["tracker"], device)
    alive = run.tracker.alive
    if len(alive) < run.plan.n_members:
        keep_members(net.module_, alive)
        run.keep(alive)
        net.optimizer_.keep(alive, run.train_loader.member_batches)
    net.module_.load_state_dict(state["module"])
    run.train_loader.epoch = state["epoch"]
    run.bests.update(state["bests"])
    net.history.extend(state["history"])
    if state["finished"]:
        return True
    net.criterion_.load_state_dict(state["criterion"])
    net.optimizer_.load_arrays(state["optimizer"])
    net.resumes_with = {name: state[name] for name in ("callbacks", "lr")}
    _set_generators(net, state["generators"])
    return False


def resume_callbacks(net: PopulationNet) -> None:
    """Give the callbacks back what they knew, after their ``on_train_begin``.

    And the learning rates, which that of a scheduler changes.
    """
    if not net.resumes_with:
        return
    stored = net.resumes_with["callbacks"]
    for (_, callback), state in zip(net.callbacks_, stored, strict=True):
        for name, value in state.items():
            owner = getattr(callback, name, None)
            if isinstance(value, dict) and hasattr(owner, "load_state_dict"):
                owner.load_state_dict(value)
            else:
                setattr(callback, name, value)
    rates = net.resumes_with["lr"]
    for group, lr in zip(net.optimizer_.param_groups, rates, strict=True):
        group["lr"] = lr
    net.resumes_with = {}


def _attributes(callback: Any) -> dict[str, Any]:
    """Return a callback's plain attributes, and the state of torch objects it holds."""
    found = {}
    for name, value in vars(callback).items():
        if not isinstance(value, type) and hasattr(value, "load_state_dict"):
            value = value.state_dict()
        if _is_plain(value):
            found[name] = value
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        keys = all(isinstance(key, str) for key in value)
        return keys and all(map(_is_plain, value.values()))
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf"
    return value is None or isinstance(value, (bool, int, float, str, Tensor))


def _generators(net: PopulationNet) -> dict[str, Tensor]:
    if isinstance(net.module_, MLP):
        return {}
    found = {"cpu": torch.get_rng_state()}
    device = torch.device(net.run.settings.device)
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    return found


def _set_generators(net: PopulationNet, states: dict[str, Tensor]) -> None:
    if "cpu" in states:
        torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], net.run.settings.device)
