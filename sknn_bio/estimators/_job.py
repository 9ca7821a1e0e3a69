"""From checked inputs to a trained population: split, scale, build, train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch

from sknn_bio.data import Table
from sknn_bio.estimators._inputs import Inputs
from sknn_bio.estimators._layout import Rows, lay_out
from sknn_bio.estimators._state import FittedPopulation
from sknn_bio.nn.losses import Loss
from sknn_bio.training.checkpoint import Checkpoint
from sknn_bio.training.devices import resolve_device
from sknn_bio.training.network import build_network, seeded
from sknn_bio.training.parallel import join_processes
from sknn_bio.training.plan import MemberPlan, Network, TrainingSettings
from sknn_bio.training.population import Population, train_population
from sknn_bio.training.run import Scaling
from sknn_bio.training.splits import inner_split
from sknn_bio.training.trained import TrainedPopulation


@dataclass
class SharedTable:
    """A checked table that several jobs take their rows from, not scaled.

    Attributes
    ----------
    X : ndarray or CSR matrix
    rows : ndarray of int
        A job's rows of it.
    """

    X: Any
    rows: np.ndarray


@dataclass
class Job:
    """Everything that training needs, still in host memory.

    Attributes
    ----------
    network : Network
    loss : Loss
    plan : MemberPlan
    settings : TrainingSettings
    scaling : Scaling
    inputs : Inputs
        Not scaled.
    given_validation : Inputs or None
    shared : SharedTable or None
        Where the rows are, if `inputs` has none of its own.
    """

    network: Network
    loss: Loss
    plan: MemberPlan
    settings: TrainingSettings
    scaling: Scaling
    inputs: Inputs
    given_validation: Inputs | None = None
    shared: SharedTable | None = None

    def tables(self) -> tuple[MemberPlan, Table, Table]:
        """Return the training and validation tables on the device, and their plan."""
        given = self.given_validation
        return lay_out(
            self.rows(self.inputs),
            None if given is None else self.rows(given),
            self.plan,
            self.scaling.inputs,
            self.settings,
        )

    def rows(self, inputs: Inputs) -> Rows:
        """Return the encoded rows, in the types that training takes."""
        dtype = np.dtype(self.settings.dtype)
        y = inputs.y
        if self.scaling.target is not None:
            y = self.scaling.target.transform(y, dtype)
        encode = partial(self.scaling.columns.transform, dtype=dtype)
        target, weight = self.as_target(y), inputs.weight.astype(dtype)
        if isinstance(inputs.X, np.ndarray):
            return Rows(encode(inputs.X), target, weight)
        return Rows(inputs.X, target, weight, encode)

    def as_target(self, y: np.ndarray) -> np.ndarray:
        """Return targets in the type that the loss takes."""
        if self.settings.task == "regression" or self.network.d_out == 1:
            return y.astype(self.settings.dtype)
        return y


def split_members(
    inputs: Inputs,
    given_validation: Inputs | None,
    params: dict[str, Any],
    task: str,
    rng: np.random.RandomState,
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...] | None]:
    """Return each member's training and validation rows."""
    n_members, n_rows = params["n_members"], inputs.X.shape[0]
    everything = tuple(np.arange(n_rows) for _ in range(n_members))
    if given_validation is not None:
        rows = np.arange(given_validation.X.shape[0])
        return everything, tuple(rows for _ in range(n_members))
    if not params["early_stopping"] and n_members == 1:
        return everything, None
    strata = inputs.y if task == "classification" else None
    return inner_split(
        n_rows, strata, inputs.groups, n_members, params["validation"], rng
    )


def make_plan(rows, params: dict[str, Any], rng: np.random.RandomState) -> MemberPlan:
    """Return the plan of members that differ in rows, seeds and views only."""
    train_rows, valid_rows = rows
    n_members = len(train_rows)
    views = params["input_scaling"]
    if isinstance(views, str):
        views = (views,)
    return MemberPlan(
        train_rows,
        valid_rows,
        rng.randint(np.iinfo(np.int32).max, size=n_members).astype(np.int64),
        **{
            name: np.full(n_members, float(params[name]))
            for name in ("lr", "weight_decay", "dropout", "input_dropout")
        },
        views=None if views is None else tuple(islice(cycle(views), n_members)),
    )


def make_settings(
    params: dict[str, Any], task: str, n_classes: int, has_validation: bool
) -> TrainingSettings:
    """Return what the population's members share."""
    judged = has_validation and params["early_stopping"]
    return TrainingSettings(
        max_epochs=params["max_epochs"],
        batch_size=params["batch_size"],
        monitor=params["monitor"],
        restore_best=judged,
        patience=params["patience"] if judged else None,
        min_delta=params["min_delta"],
        optimizer=params["optimizer"],
        optimizer_params=dict(params["optimizer_params"] or {}),
        lr_schedule=params["lr_schedule"],
        l1=params["l1"],
        gradient_clip=params["gradient_clip"],
        device=resolve_device(params["device"]),
        dtype="float64" if params["precision"] == "float64" else "float32",
        half_products=params["precision"] == "bfloat16",
        task=task,
        n_classes=n_classes,
        keep_oof=params["n_members"] > 1 and has_validation,
        checkpoint_dir=params["checkpoint_dir"],
    )


def train_job(
    job: Job,
    earlier: FittedPopulation | None,
    *,
    classes: np.ndarray | None,
    callbacks: Sequence[Any],
    answer: Callable[..., np.ndarray],
    checkpoint: Checkpoint | None = None,
) -> TrainedPopulation:
    """Build the job's module and train it, from earlier weights where there are any."""
    join_processes(job.settings.device)  # before anything is on a GPU
    plan, *tables = job.tables()

    def build() -> torch.nn.Module:
        module = build_network(
            job.network,
            job.plan.seeds.tolist(),
            getattr(torch, job.settings.dtype),
            dropout=job.plan.dropout,
            input_dropout=job.plan.input_dropout,
        )
        if earlier is not None:
            earlier.start(module)
        return module

    population = Population(
        build,
        job.loss,
        plan,
        job.settings,
        job.scaling,
        tables,
        classes,
        callbacks,
        answer,
        earlier.optimizer_state if earlier else None,
    )
    with seeded(job.network, int(job.plan.seeds[0]), job.settings.device):
        return train_population(population, checkpoint)
