"""Train the jobs of many estimators as populations.

Jobs whose networks have one shape and whose members share what a population shares are
put on one member axis. The plan of chunks depends on the jobs alone: not on the number
of workers, nor on the memory that happens to be free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import torch
from joblib import Parallel, delayed
from scipy import sparse

from sknn_bio.data import ColumnScaler, Table, make_store, relative_scaling
from sknn_bio.estimators._job import Job
from sknn_bio.training.devices import threads_for
from sknn_bio.training.fit import join_members, train
from sknn_bio.training.network import build_network
from sknn_bio.training.plan import MemberPlan
from sknn_bio.training.run import Scaling, TrainedPopulation

# More members a chunk save little (a step's overhead is shared by these already), and
# fewer chunks keep workers idle.
_CHUNK_MEMBERS = 24
_DEFAULT_MEMORY = 2**30
# Parameters, gradients, two moments and the best weights.
_COPIES = 5


def population_key(job: Job) -> str:
    """Return the same text for jobs that one population can train."""
    return joblib.hash((job.network, job.settings, type(job.loss), vars(job.loss)))


def can_join(job: Job) -> bool:
    """Whether a job can share a population with others."""
    own_module = job.network.module is not None
    return job.given_validation is None and not own_module


def train_together(
    jobs: Sequence[Job],
    tables: Sequence[int],
    n_jobs: int | None = None,
    max_memory: int | str = "auto",
) -> list[tuple[Job, TrainedPopulation]]:
    """Train jobs with one :func:`population_key` on one member axis.

    Parameters
    ----------
    jobs : sequence of Job
    tables : sequence of int
        A number a job; equal for jobs with the same rows, targets and weights.
    n_jobs : int or None
        Chunks trained at a time, by joblib (threads, unless a backend is configured).
    max_memory : int or "auto"
        Bytes for the weights, moments and activations of a chunk; "auto" is 1 GiB.

    Returns
    -------
    trained : list of (Job, TrainedPopulation)
        In the order of `jobs`, each with the scaling that it was trained with.
    """
    order = sorted(range(len(jobs)), key=lambda i: _rates(jobs[i]))
    jobs = [jobs[i] for i in order]
    merged = _Merged(jobs, [tables[i] for i in order])
    chunks = _chunks(merged.plan.n_members, jobs[0], max_memory)
    parallel = Parallel(n_jobs=n_jobs, prefer="threads")
    workers = min(joblib.effective_n_jobs(n_jobs), len(chunks))
    parts = parallel(delayed(_train_chunk)(merged, chunk, workers) for chunk in chunks)
    whole = join_members(parts)
    results: list[Any] = [None] * len(jobs)
    start = 0
    for place, job, number in zip(order, jobs, merged.tables, strict=True):
        members = np.arange(start, start + job.plan.n_members)
        own = replace(merged.scaling.pick(members), columns=merged.columns[number])
        results[place] = replace(job, scaling=own), whole.pick(members)
        start += job.plan.n_members
    return results


def _rates(job: Job) -> tuple[float, float]:
    return float(job.plan.lr[0]), float(job.plan.weight_decay[0])


def _chunks(n_members: int, job: Job, max_memory: int | str) -> list[np.ndarray]:
    """Cut the members into chunks of almost equal size."""
    budget = _DEFAULT_MEMORY if max_memory == "auto" else int(max_memory)
    widths = [job.network.d_in, *job.network.params["n_neurons"], job.network.d_out]
    weights = sum(a * b + b for a, b in zip(widths[:-1], widths[1:], strict=True))
    activations = 6 * min(job.settings.batch_size, 4096) * sum(widths)
    bytes_each = np.dtype(job.settings.dtype).itemsize * (
        _COPIES * weights + activations
    )
    most = max(1, min(_CHUNK_MEMBERS, budget // bytes_each))
    return np.array_split(np.arange(n_members), -(-n_members // most))


class _Merged:
    """Jobs on one member axis: one table of all rows, one plan of all members."""

    def __init__(self, jobs: Sequence[Job], tables: Sequence[int]):
        self.job = job = jobs[0]
        self.settings = job.settings
        self.tables = tables
        firsts = {
            number: jobs[tables.index(number)] for number in dict.fromkeys(tables)
        }
        sizes = [first.inputs.X.shape[0] for first in firsts.values()]
        offsets = dict(zip(firsts, np.cumsum([0, *sizes[:-1]]), strict=True))
        self.plan = _merge_plans(jobs, [offsets[number] for number in tables])
        parts = [self._scale(first) for first in firsts.values()]
        self.X = _stack(parts)
        self.y = np.concatenate([first.inputs.y for first in firsts.values()])
        self.weight = np.concatenate([f.inputs.weight for f in firsts.values()])
        self.columns = {n: f.scaling.columns for n, f in firsts.items()}
        self.input_scaling = None
        if job.input_scaling is not None or self._scales_inputs:
            self.input_scaling = relative_scaling(
                self.X, self.plan.train_rows, self.weight
            )
        self._scale_targets()

    @property
    def _scales_inputs(self) -> bool:
        return bool(np.any(self.job.scaling.columns.scale != 1))

    def _scale(self, first: Job):
        return first.scaling.columns.transform(
            first.inputs.X, np.dtype(self.settings.dtype)
        )

    def _scale_targets(self) -> None:
        self.scaling = Scaling(self.job.scaling.columns)
        if self.job.scaling.target is None:
            return
        target = ColumnScaler.fit(self.y, self.weight, constant=1.0)
        self.y = target.transform(self.y, np.float64)
        scale, shift = relative_scaling(
            self.y, self.plan.train_rows, self.weight, constant=1.0
        )
        self.scaling = Scaling(self.job.scaling.columns, target, scale, shift)

    def table(self) -> Table:
        """Return the table on the device."""
        device, dtype = torch.device(self.settings.device), self.settings.dtype
        y = self.y
        if self.settings.task == "regression" or self.job.network.d_out == 1:
            y = y.astype(dtype)
        return Table(
            make_store(self.X, device),
            torch.as_tensor(y, device=device),
            torch.as_tensor(self.weight.astype(dtype), device=device),
        )


def _stack(parts):
    if len(parts) == 1:
        return parts[0]
    if sparse.issparse(parts[0]):
        return sparse.csr_matrix(sparse.vstack(parts))
    return np.concatenate(parts)


def _merge_plans(jobs: Sequence[Job], offsets: Sequence[int]) -> MemberPlan:
    pairs = list(zip(jobs, offsets, strict=True))
    train_rows = tuple(r + at for job, at in pairs for r in job.plan.train_rows)
    valid_rows = None
    if jobs[0].plan.valid_rows is not None:
        valid_rows = tuple(r + at for job, at in pairs for r in job.plan.valid_rows)
    names = ("seeds", "lr", "weight_decay", "dropout", "input_dropout")
    return MemberPlan(
        train_rows,
        valid_rows,
        *(np.concatenate([getattr(job.plan, n) for job in jobs]) for n in names),
    )


def _train_chunk(
    merged: _Merged, members: np.ndarray, workers: int
) -> TrainedPopulation:
    plan = merged.plan.pick(members)
    relative = merged.input_scaling
    dtype = getattr(torch, merged.settings.dtype)
    module = build_network(
        merged.job.network,
        plan.seeds,
        dtype,
        input_scaling=None if relative is None else tuple(a[members] for a in relative),
        dropout=plan.dropout,
        input_dropout=plan.input_dropout,
    )
    table = merged.table()
    with threads_for(np.inf, share=workers):
        return train(
            module,
            merged.job.loss,
            plan,
            merged.settings,
            merged.scaling.pick(members),
            table,
            table,
        )
