"""Train the jobs of many estimators as populations.

Jobs whose networks have one shape and whose members share what a population shares are
put on one member axis. The plan of chunks depends on the jobs alone: not on the number
of workers, nor on the memory that happens to be free.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import torch
from joblib import Parallel, delayed
from scipy import sparse

from sknn_bio.estimators._job import Job
from sknn_bio.estimators._layout import Rows, lay_out
from sknn_bio.estimators._merge import Chunk, Merged, rows_of
from sknn_bio.estimators._resume import chunk_fingerprint, table_fingerprint
from sknn_bio.training.checkpoint import open_checkpoint
from sknn_bio.training.network import build_network
from sknn_bio.training.plan import Network, TrainingSettings
from sknn_bio.training.population import Population, join_members, train_population
from sknn_bio.training.trained import TrainedPopulation

# More members a chunk save little (a step's overhead is shared by these already), and
# fewer chunks keep workers idle.
_CHUNK_MEMBERS = 24
_DEFAULT_MEMORY = 2**30
# Parameters, gradients, two moments and the best weights.
_COPIES = 5


def population_key(job: Job) -> str:
    """Return the same text for jobs that one population can train."""
    return same_text(
        (
            job.network,
            job.settings,
            type(job.loss),
            vars(job.loss),
            job.plan.views is None,
            sparse.issparse(rows_of(job)[0]),
        )
    )


def same_text(value: Any) -> str:
    """Return a text that is equal for equal values; for a lambda's sake, its identity.

    What cannot be pickled cannot be hashed; only the same object is then the same.
    """
    try:
        return joblib.hash(value)
    except Exception:
        pass
    if isinstance(value, dict):
        value = sorted((str(k), same_text(v)) for k, v in value.items())
    elif isinstance(value, (tuple, list)):
        value = [same_text(v) for v in value]
    elif isinstance(value, (Network, TrainingSettings)):
        value = same_text(vars(value))
    else:
        value = id(value)
    return joblib.hash(("parts", value))


def can_join(job: Job) -> bool:
    """Whether a job can share a population with others."""
    own_module = job.network.module is not None
    return job.given_validation is None and not own_module


def train_together(
    jobs: Sequence[Job],
    tables: Sequence[Hashable],
    n_jobs: int | None = None,
    max_memory: int | str = "auto",
) -> list[tuple[Job, TrainedPopulation]]:
    """Train jobs with one :func:`population_key` on one member axis.

    Parameters
    ----------
    jobs : sequence of Job
    tables : sequence of hashable
        A name a job; equal for jobs with the same rows, targets and weights.
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
    merged = Merged(jobs, [tables[i] for i in order])
    for job in jobs:
        job.inputs.X = job.shared = None  # the merged table has it
    chunks = _chunks(merged.plan.n_members, jobs[0], max_memory)
    parallel = Parallel(n_jobs=n_jobs, prefer="threads")
    workers = min(joblib.effective_n_jobs(n_jobs), len(chunks))
    allowed = torch.get_num_threads()
    threads = _Threads(max(1, allowed // workers), allowed, os.getpid())
    table = None
    if jobs[0].settings.checkpoint_dir is not None:
        table = table_fingerprint(merged.X, merged.y, merged.weight)
    parts = parallel(
        # The arrays are arguments of their own: a cluster receives them once.
        delayed(_train_chunk)(
            merged.chunk(members), merged.X, merged.y, merged.weight, threads, table
        )
        for members in chunks
    )
    torch.set_num_threads(allowed)
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


@dataclass
class _Threads:
    """How many threads a worker may use.

    Threads of this process share what it is allowed; another process has its own.
    """

    own: int
    allowed: int
    process: int

    @contextmanager
    def limit(self) -> Iterator[None]:
        if os.getpid() != self.process:
            yield
            return
        torch.set_num_threads(self.own)
        try:
            yield
        finally:
            torch.set_num_threads(self.allowed)


def _train_chunk(
    chunk: Chunk,
    X,
    y: np.ndarray,
    weight: np.ndarray,
    threads: _Threads,
    table: dict[str, str] | None,
) -> TrainedPopulation:
    settings, scaling = chunk.settings, chunk.scaling
    plan, *tables = lay_out(
        _rows(chunk, X, y, weight), None, chunk.plan, scaling.inputs, settings
    )

    def build() -> torch.nn.Module:
        return build_network(
            chunk.network,
            plan.seeds.tolist(),
            getattr(torch, settings.dtype),
            dropout=plan.dropout,
            input_dropout=plan.input_dropout,
        )

    population = Population(build, chunk.loss, plan, settings, scaling, tables)
    fingerprint = {} if table is None else chunk_fingerprint(chunk, table)
    with (
        threads.limit(),
        open_checkpoint(settings.checkpoint_dir, fingerprint) as checkpoint,
    ):
        return train_population(population, checkpoint)


def _rows(chunk: Chunk, X, y: np.ndarray, weight: np.ndarray) -> Rows:
    dtype = chunk.settings.dtype
    if chunk.settings.task == "regression" or chunk.network.d_out == 1:
        y = y.astype(dtype)
    return Rows(X, y, weight.astype(dtype))
