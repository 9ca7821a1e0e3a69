"""Train a population from start, or from its last checkpoint, to end."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from sknn_bio.data import Table
from sknn_bio.nn.losses import Loss
from sknn_bio.training.checkpoint import Checkpoint
from sknn_bio.training.devices import threads_for
from sknn_bio.training.net import PopulationNet
from sknn_bio.training.network import state_arrays
from sknn_bio.training.plan import MemberPlan, TrainingSettings
from sknn_bio.training.resume import resume, snapshot
from sknn_bio.training.run import PopulationRun, Scaling
from sknn_bio.training.trained import TrainedPopulation


def train(
    module: nn.Module,
    loss: Loss,
    plan: MemberPlan,
    settings: TrainingSettings,
    scaling: Scaling,
    train_table: Table,
    valid_table: Table | None = None,
    *,
    classes: np.ndarray | None = None,
    callbacks: Sequence[Any] = (),
    answer=None,
    optimizer_state: dict[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
) -> TrainedPopulation:
    """Train every member and keep its best weights.

    Parameters
    ----------
    module : nn.Module
        Stacked, with its initial weights, on the CPU.
    loss : Loss
    plan : MemberPlan
    settings : TrainingSettings
    scaling : Scaling
    train_table, valid_table : Table
        `valid_table` may be the same object; needed where the plan has validation rows.
    classes : ndarray or None
        A classifier's labels, for callbacks that score.
    callbacks : sequence of skorch callbacks
        Cloned before use: skorch changes them.
    answer : callable or None
        ``answer(module, X)`` → predictions, for callbacks that score.
    optimizer_state : dict or None
        Of an earlier call, to go on with its moments.
    checkpoint : Checkpoint or None
        Where training goes on from, and is kept; what it holds decides over all else.
    """
    run = PopulationRun(
        plan, settings, scaling, train_table, valid_table, classes, answer
    )
    net = make_net(module, loss, run, callbacks, checkpoint)
    flops = 6.0 * settings.batch_size * sum(p.numel() for p in module.parameters())
    with threads_for(flops):
        net.initialize()
        if optimizer_state:
            net.optimizer_.load_arrays(optimizer_state)
        stored = None if checkpoint is None else checkpoint.load()
        finished = stored is not None and resume(net, stored)
        if not finished:
            net.partial_fit(train_table, None)
    if checkpoint is not None and not finished and not run.interrupted:
        checkpoint.save(snapshot(net, finished=True))
    return _collect(net, run)


def make_net(
    module: nn.Module,
    loss: Loss,
    run: PopulationRun,
    callbacks: Sequence[Any] = (),
    checkpoint: Checkpoint | None = None,
) -> PopulationNet:
    """Return the skorch net around a module, not yet initialised."""
    settings = run.settings
    return PopulationNet(
        module,
        loss,
        run=run,
        checkpoint=checkpoint,
        max_epochs=settings.max_epochs,
        batch_size=settings.batch_size,
        train_split=None,
        callbacks=[_clone(cb) for cb in callbacks],
        predict_nonlinearity=None,
        verbose=0,
        device=settings.device,
        use_caching=False,
    )


def _clone(callback: Any) -> Any:
    """Return a copy: skorch changes callbacks. Shallow where one holds open files."""
    if isinstance(callback, tuple):
        return callback[0], _clone(callback[1])
    try:
        return copy.deepcopy(callback)
    except (TypeError, AttributeError, ValueError):
        return copy.copy(callback)


def _collect(net: PopulationNet, run: PopulationRun) -> TrainedPopulation:
    tracker = run.tracker
    current = net.module_.state_dict()
    if not tracker.curves:
        raise KeyboardInterrupt  # nothing else ends a fit before its first epoch
    weights = state_arrays(tracker.best_state or current)
    if tracker.best_state is not None:
        # Members that were never scored keep the weights they have.
        now = state_arrays(current)
        for place, member in enumerate(tracker.alive):
            if tracker.best_epoch[member] == 0:
                for name in weights:
                    weights[name][member] = now[name][place]
    best_epoch = np.where(
        tracker.best_epoch > 0, tracker.best_epoch, tracker.last_epoch
    )
    state = getattr(net.optimizer_, "arrays", dict)()
    return TrainedPopulation(
        weights,
        best_epoch,
        tracker.last_epoch.copy(),
        tidy_history(tracker),
        list(net.history)[: len(tracker.curves)],
        _full_predictions(tracker, run.plan.n_members),
        run.interrupted,
        tracker.diverged.copy(),
        tracker.diverged & (tracker.best_epoch == 0),
        state,
    )


def tidy_history(tracker) -> pd.DataFrame:
    """Return the curves as one row a member and epoch."""
    frames = []
    for epoch, curve in enumerate(tracker.curves, start=1):
        frames.append({"epoch": np.full(len(curve["member"]), epoch), **curve})
    columns = [
        "member",
        "epoch",
        *(k for k in frames[0] if k not in ("member", "epoch")),
    ]
    frame = pd.DataFrame(
        {name: np.concatenate([f[name] for f in frames]) for name in columns}
    )
    running = frame["epoch"].to_numpy() <= tracker.last_epoch[frame["member"]]
    frame = frame[running].sort_values(["member", "epoch"], kind="stable")
    return frame.reset_index(drop=True)


def _full_predictions(tracker, n_members: int) -> list[np.ndarray]:
    """Each epoch's validation outputs (M, n, C); a member's last stay after it left."""
    full: list[np.ndarray] = []
    for epoch, raw in enumerate(tracker.predictions):
        member = tracker.curves[epoch]["member"]
        if len(member) == n_members:
            full.append(raw)
            continue
        whole = full[-1].copy()
        whole[member, : raw.shape[1]] = raw
        full.append(whole)
    return full
