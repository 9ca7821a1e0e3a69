"""From checked inputs to a trained population: split, scale, build, train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse

from sknn_bio.data import ColumnScaler, Table, make_store, relative_scaling
from sknn_bio.estimators._inputs import Inputs
from sknn_bio.estimators._state import FittedPopulation
from sknn_bio.nn.losses import Loss
from sknn_bio.training.devices import resolve_device
from sknn_bio.training.fit import train_population
from sknn_bio.training.network import build_network, seeded
from sknn_bio.training.plan import MemberPlan, Network, TrainingSettings
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
    input_scaling : pair of ndarray of shape (M, 1, D), or None
        Scale and shift of each member, relative to the table's.
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
    input_scaling: tuple[np.ndarray, np.ndarray] | None
    inputs: Inputs
    given_validation: Inputs | None = None
    shared: SharedTable | None = None

    def tables(self) -> tuple[Table, Table | None]:
        """Return the scaled training and validation tables on the device."""
        train = self._table(self.inputs)
        if self.given_validation is not None:
            return train, self._table(self.given_validation)
        return train, train

    def _table(self, inputs: Inputs) -> Table:
        device = torch.device(self.settings.device)
        dtype = self.settings.dtype
        X = self.scaling.columns.transform(inputs.X, np.dtype(dtype))
        y = inputs.y
        if self.settings.task == "regression":
            if self.scaling.target is not None:
                y = self.scaling.target.transform(y, np.dtype(dtype))
        if self.settings.task == "regression" or self.network.d_out == 1:
            y = y.astype(dtype)
        return Table(
            make_store(X, device),
            torch.as_tensor(y, device=device),
            torch.as_tensor(inputs.weight.astype(dtype), device=device),
        )


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
    """Return the plan of members that differ in rows and seeds only."""
    train_rows, valid_rows = rows
    n_members = len(train_rows)
    return MemberPlan(
        train_rows,
        valid_rows,
        rng.randint(np.iinfo(np.int32).max, size=n_members).astype(np.int64),
        *(
            np.full(n_members, float(params[name]))
            for name in ("lr", "weight_decay", "dropout", "input_dropout")
        ),
    )


def fit_scaling(
    inputs: Inputs, plan: MemberPlan, params: dict[str, Any], standardize_target: bool
) -> tuple[Scaling, tuple[np.ndarray, np.ndarray] | None]:
    """Fit the table's scaling and each member's own relative to it."""
    single = plan.n_members == 1
    own = plan.train_rows[0] if single else slice(None)
    relative = None
    columns = ColumnScaler.identity(inputs.X.shape[1])
    if params["input_scaling"] == "standard":
        columns = ColumnScaler.fit(inputs.X[own], inputs.weight[own])
        if not single or sparse.issparse(inputs.X):
            scaled = columns.transform(inputs.X, np.float64)
            relative = relative_scaling(scaled, plan.train_rows, inputs.weight)
    if not standardize_target:
        return Scaling(columns), relative
    target = ColumnScaler.fit(inputs.y[own], inputs.weight[own], constant=1.0)
    if single:
        return Scaling(columns, target), relative
    scale, shift = relative_scaling(
        target.transform(inputs.y, np.float64),
        plan.train_rows,
        inputs.weight,
        constant=1.0,
    )
    return Scaling(columns, target, scale, shift), relative


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
) -> TrainedPopulation:
    """Build the job's module and train it, from earlier weights where there are any."""
    with seeded(job.network, int(job.plan.seeds[0])):
        module = build_network(
            job.network,
            job.plan.seeds.tolist(),
            getattr(torch, job.settings.dtype),
            input_scaling=job.input_scaling,
            dropout=job.plan.dropout,
            input_dropout=job.plan.input_dropout,
        )
        if earlier is not None:
            earlier.start(module)
        return train_population(
            module,
            job.loss,
            job.plan,
            job.settings,
            job.scaling,
            *job.tables(),
            classes=classes,
            callbacks=callbacks,
            answer=answer,
            optimizer_state=earlier.optimizer_state if earlier else None,
        )
