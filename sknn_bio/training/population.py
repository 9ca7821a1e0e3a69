"""A population as one piece or, where it must, in parts that are trained apart.

Parts are: one member each, where a callback must see one network at a time; halves of
the members, and then of the batch, where memory runs out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from sknn_bio.data import Table
from sknn_bio.nn.losses import Loss
from sknn_bio.training.callbacks import trains_alone, unnamed
from sknn_bio.training.checkpoint import Checkpoint
from sknn_bio.training.fit import train
from sknn_bio.training.network import keep_members
from sknn_bio.training.plan import MemberPlan, TrainingSettings
from sknn_bio.training.run import Scaling
from sknn_bio.training.trained import TrainedPopulation

_HALVES, _SMALLER = ("half-0", "half-1"), "smaller-batch"


@dataclass
class Population:
    """Members to be trained, together or in parts.

    Attributes
    ----------
    build : callable
        Returns the module of all members with its initial weights, on the CPU.
    loss : Loss
    plan : MemberPlan
    settings : TrainingSettings
    scaling : Scaling
    tables : sequence of two Table
        For training and for validation; they may be the same object.
    classes : ndarray or None
        A classifier's labels, for callbacks that score.
    callbacks : sequence of skorch callbacks
    answer : callable or None
        ``answer(module, X, members=...)`` → predictions, for callbacks that score.
    optimizer_state : dict or None
        Of an earlier call, to go on with its moments.
    """

    build: Callable[[], nn.Module]
    loss: Loss
    plan: MemberPlan
    settings: TrainingSettings
    scaling: Scaling
    tables: Sequence[Table]
    classes: np.ndarray | None = None
    callbacks: Sequence[Any] = ()
    answer: Callable[..., np.ndarray] | None = None
    optimizer_state: dict[str, Any] | None = None

    def train(
        self, members: np.ndarray, batch_size: int, checkpoint: Checkpoint | None
    ) -> TrainedPopulation:
        """Train some of the members as one piece."""
        module, answer = self.build(), self.answer
        state = self.optimizer_state
        if len(members) < self.plan.n_members:
            keep_members(module, members)
            answer = None if answer is None else partial(answer, members=members)
            state = _pick_moments(state, members)
        return train(
            module,
            self.loss,
            self.plan.pick(members),
            self.settings.but(batch_size=batch_size),
            self.scaling.pick(members),
            *self.tables,
            classes=self.classes,
            callbacks=self.callbacks,
            answer=answer,
            optimizer_state=state,
            checkpoint=checkpoint,
        )


def train_population(
    population: Population, checkpoint: Checkpoint | None = None
) -> TrainedPopulation:
    """Train a population; one member after the other if a callback needs it.

    Parameters
    ----------
    population : Population
    checkpoint : Checkpoint or None
    """
    batch_size, n_members = population.settings.batch_size, population.plan.n_members
    alone = [cb for cb in population.callbacks if trains_alone(cb)]
    if n_members == 1 or not alone:
        members = np.arange(n_members)
        trained = _within_memory(population, members, batch_size, checkpoint)
    else:
        names = sorted({type(unnamed(cb)).__name__ for cb in alone})
        warnings.warn(
            f"{', '.join(names)} must see one network at a time: the {n_members} "
            "members are trained one after the other",
            UserWarning,
            stacklevel=6,
        )
        each = [(np.array([m]), f"member-{m}") for m in range(n_members)]
        trained = _in_turn(population, each, batch_size, checkpoint)
    if checkpoint is not None and not trained.interrupted:
        checkpoint.finish()
    return trained


def _within_memory(
    population: Population,
    members: np.ndarray,
    batch_size: int,
    checkpoint: Checkpoint | None,
) -> TrainedPopulation:
    """Train members as one piece or, if memory runs out, as two halves of it.

    A lone member takes batches of half the size. A checkpoint knows of the parts it
    has: the resumed training goes by the same plan.
    """
    parts = (_SMALLER,) if len(members) == 1 else _HALVES
    if checkpoint is None or not checkpoint.has_part(parts[0]):
        try:
            return population.train(members, batch_size, checkpoint)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error) or len(members) == batch_size == 1:
                raise
        # Only here, past the error and its frames, is their memory free.
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    batch = min(batch_size, max(len(population.plan.train_rows[m]) for m in members))
    if len(members) == 1:
        batch = max(1, batch // 2)
        _warn(f"batches have {batch} rows from here on")
        own = None if checkpoint is None else checkpoint.part(_SMALLER)
        return _within_memory(population, members, batch, own)
    _warn(f"the {len(members)} members are trained in two halves")
    halves = list(zip(np.array_split(members, 2), _HALVES, strict=True))
    return _in_turn(population, halves, batch_size, checkpoint)


def _in_turn(
    population: Population,
    parts: Sequence[tuple[np.ndarray, str]],
    batch_size: int,
    checkpoint: Checkpoint | None,
) -> TrainedPopulation:
    """Train parts one after the other; what a Ctrl-C leaves out counts as failed."""
    trained: list[TrainedPopulation] = []
    n_missing = 0
    for members, name in parts:
        own = None if checkpoint is None else checkpoint.part(name)
        if trained and trained[-1].interrupted:
            n_missing += len(members)
            continue
        try:
            trained.append(_within_memory(population, members, batch_size, own))
        except KeyboardInterrupt:  # before a whole epoch
            if not trained:
                raise
            trained[-1].interrupted = True
            n_missing += len(members)
    whole = join_members(trained)
    return whole.with_failed(n_missing) if n_missing else whole


def _warn(what: str) -> None:
    warnings.warn(f"out of memory: {what}", RuntimeWarning, stacklevel=8)


def _is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, on the device (torch's own error) or the host (not)."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return any(part in str(error).lower() for part in words)


def _pick_moments(
    state: dict[str, Any] | None, members: np.ndarray
) -> dict[str, Any] | None:
    """Return the moments of some members; none where they are not a member's own."""
    if not state or "moments" not in state:
        return None
    moments = [
        {name: m[members] for name, m in own.items()} for own in state["moments"]
    ]
    return {"moments": moments, "counts": state["counts"][members]}


def join_members(parts: Sequence[TrainedPopulation]) -> TrainedPopulation:
    """Return populations of one shape, trained apart, as one."""
    histories = [
        part.history.assign(
            member=part.history["member"] + sum(len(p.best_epoch) for p in parts[:i])
        )
        for i, part in enumerate(parts)
    ]
    return TrainedPopulation(
        {
            name: np.concatenate([part.weights[name] for part in parts])
            for name in parts[0].weights
        },
        np.concatenate([part.best_epoch for part in parts]),
        np.concatenate([part.n_epochs for part in parts]),
        pd.concat(histories, ignore_index=True),
        parts[-1].net_history,
        _join_predictions([part.predictions for part in parts]),
        any(part.interrupted for part in parts),
        np.concatenate([part.diverged for part in parts]),
        np.concatenate([part.failed for part in parts]),
    )


def _join_predictions(parts: list[list[np.ndarray]]) -> list[np.ndarray]:
    """Each epoch's validation outputs of all; the last of one that ended earlier."""
    if not parts[0]:
        return []
    widest = max(part[0].shape[1] for part in parts)
    joined = []
    for epoch in range(max(map(len, parts))):
        own = [part[min(epoch, len(part) - 1)] for part in parts]
        padded = [np.pad(p, ((0, 0), (0, widest - p.shape[1]), (0, 0))) for p in own]
        joined.append(np.concatenate(padded))
    return joined
