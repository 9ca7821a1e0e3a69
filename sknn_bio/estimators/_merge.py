"""Many jobs on one member axis: one table of their rows, one plan of their members."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from sknn_bio.data import ColumnScaler, InputMap, relative_scaling
from sknn_bio.estimators._job import Job
from sknn_bio.nn.losses import Loss
from sknn_bio.training.plan import MemberPlan, Network, TrainingSettings
from sknn_bio.training.run import Scaling


@dataclass
class Chunk:
    """Members that train together; nothing of the table."""

    network: Network
    loss: Loss
    settings: TrainingSettings
    plan: MemberPlan
    scaling: Scaling


class Merged:
    """Jobs on one member axis: one table of all rows, one plan of all members."""

    def __init__(self, jobs: Sequence[Job], tables: Sequence[Hashable]):
        self.job = job = jobs[0]
        self.tables = tables
        members: dict[Hashable, list[Job]] = {}
        for own, name in zip(jobs, tables, strict=True):
            members.setdefault(name, []).append(own)
        parts = {name: _Part(own) for name, own in members.items()}
        sizes = [part.X.shape[0] for part in parts.values()]
        offsets = dict(zip(parts, np.cumsum([0, *sizes[:-1]]), strict=True))
        self.plan = _merge_plans(jobs, [offsets[name] for name in tables])
        self.columns = {name: part.columns for name, part in parts.items()}
        self.X = _stack(list(parts.values()), np.dtype(job.settings.dtype))
        self.y = np.concatenate([part.y for part in parts.values()])
        self.weight = np.concatenate([part.weight for part in parts.values()])
        self.scaling = Scaling(job.scaling.columns)
        if self.plan.views is not None:
            n_numbers = self.X.shape[1] - len(job.scaling.columns.embedded)
            self.scaling.inputs = InputMap.fit(
                self.X[:, :n_numbers],
                self.plan.train_rows,
                self.plan.views,
                self.weight,
            )
        self._scale_targets()

    def _scale_targets(self) -> None:
        if self.job.scaling.target is None:
            return
        scaling = self.scaling
        scaling.target = ColumnScaler.fit(self.y, self.weight, constant=1.0)
        self.y = scaling.target.transform(self.y, np.float64)
        scaling.target_scale, scaling.target_shift = relative_scaling(
            self.y, self.plan.train_rows, self.weight, constant=1.0
        )

    def chunk(self, members: np.ndarray) -> Chunk:
        """Return what some of the members need, but for the table."""
        return Chunk(
            self.job.network,
            self.job.loss,
            self.job.settings,
            self.plan.pick(members),
            self.scaling.pick(members),
        )


class _Part:
    """One table of a merged one, with the targets of the jobs that share it."""

    def __init__(self, jobs: Sequence[Job]):
        first = jobs[0]
        self.X = rows_of(first)[0]
        n_rows = self.X.shape[0]
        self.y = np.zeros((n_rows, *first.inputs.y.shape[1:]), first.inputs.y.dtype)
        self.weight = np.zeros(n_rows)
        for job in jobs:
            rows = rows_of(job)[1]
            self.y[rows], self.weight[rows] = job.inputs.y, job.inputs.weight
        self.columns = first.scaling.columns
        if first.plan.views is not None:
            # Fitted to all rows: what is constant in one job's may vary in another's.
            self.columns = self.columns.refitted(self.X, self.weight)


def rows_of(job: Job) -> tuple[Any, np.ndarray]:
    """Return the table that a job's rows are in, and which they are."""
    if job.shared is not None:
        return job.shared.X, job.shared.rows
    return job.inputs.X, np.arange(len(job.inputs.y))


def _stack(parts: Sequence[_Part], dtype: np.dtype):
    """Return the scaled rows of all parts, one after the other."""
    if sparse.issparse(parts[0].X):
        scaled = [part.columns.transform(part.X, dtype) for part in parts]
        return sparse.csr_matrix(sparse.vstack(scaled))
    if len(parts) == 1:
        return parts[0].columns.transform(parts[0].X, dtype)
    edges = np.cumsum([0, *(part.X.shape[0] for part in parts)])
    out = np.empty((edges[-1], parts[0].columns.n_inputs), dtype)
    for part, start, stop in zip(parts, edges[:-1], edges[1:], strict=True):
        out[start:stop] = part.columns.transform(part.X, dtype)
    return out


def _merge_plans(jobs: Sequence[Job], offsets: Sequence[int]) -> MemberPlan:
    places = [rows_of(job)[1] + at for job, at in zip(jobs, offsets, strict=True)]
    pairs = list(zip(jobs, places, strict=True))
    train_rows = tuple(at[rows] for job, at in pairs for rows in job.plan.train_rows)
    valid_rows = None
    if jobs[0].plan.valid_rows is not None:
        valid_rows = tuple(
            at[rows] for job, at in pairs for rows in job.plan.valid_rows or ()
        )
    views = None
    if jobs[0].plan.views is not None:
        views = tuple(view for job in jobs for view in job.plan.views or ())
    names = ("seeds", "lr", "weight_decay", "dropout", "input_dropout")
    return MemberPlan(
        train_rows,
        valid_rows,
        **{n: np.concatenate([getattr(job.plan, n) for job in jobs]) for n in names},
        views=views,
    )
