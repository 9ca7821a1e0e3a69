"""Fit every candidate on every split, as few populations as there are shapes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import clone

from sknn_bio._compat import check_method_params, safe_split
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._inputs import check_rows
from sknn_bio.estimators._job import Job, SharedTable
from sknn_bio.estimators._together import (
    can_join,
    population_key,
    same_text,
    train_together,
)
from sknn_bio.model_selection._pipeline import divide, preprocess, put_back
from sknn_bio.ondisk import is_on_disk


@dataclass
class Fitted:
    """One candidate on one split.

    Attributes
    ----------
    model : estimator or None
        Fitted; None where fitting failed.
    seconds : float
        Its share of the population's time.
    error : Exception or None
    trace : traceback or None
        The error's own; each time it is raised again, it would grow.
    """

    model: Any
    seconds: float
    error: Exception | None = None
    trace: Any = None


@dataclass
class _Waiting:
    """A network that is ready to be trained with others."""

    place: int
    fitted: Any
    network: NeuralNetBase
    job: Job
    table: tuple


def fit_populations(
    estimator: Any,
    candidates: Sequence[dict[str, Any]],
    splits: Sequence[tuple[np.ndarray, np.ndarray]],
    X,
    y,
    fit_params: dict[str, Any],
    n_jobs: int | None,
    max_memory: int | str,
) -> list[Fitted]:
    """Fit candidates × splits, in this order.

    Each distinct preprocessing is fitted once a split. Candidates that no population
    can take (a table on disk, a user's own module, callbacks, another estimator at the
    Pipeline's end)
    are fitted the ordinary way, with a warning that says how many.
    """
    n_splits = len(splits)
    results: list[Fitted | None] = [None] * (len(candidates) * n_splits)
    alone: list[tuple[int, dict[str, Any], Any]] = []
    waiting: list[_Waiting] = []
    divided = [divide(estimator, params) for params in candidates]
    whole = _WholeTable(estimator, X)
    for s, (train, _) in enumerate(splits):
        ready: dict[str, tuple] = {}
        for c, (before, template, own) in enumerate(divided):
            place = c * n_splits + s
            if not (isinstance(template, NeuralNetBase) and _joins(template, own)):
                alone.append((place, candidates[c], train))
                continue
            step = same_text(before)
            if step not in ready:
                ready[step] = _preprocess(estimator, before, X, y, fit_params, train)
            fitted, arguments, seconds, error = ready[step]
            if error is not None:
                results[place] = Fitted(None, seconds, error)
                continue
            if is_on_disk(arguments[0]):
                alone.append((place, candidates[c], train))
                continue
            start = time.perf_counter()
            try:
                network = clone(template).set_params(**clone(own, safe=False))
                job = _prepare(network, arguments)
            except Exception as problem:
                spent = time.perf_counter() - start
                results[place] = Fitted(None, spent, problem)
                continue
            if not can_join(job):
                alone.append((place, candidates[c], train))
                continue
            job, table = whole.share(job, network, train, (s, step))
            waiting.append(_Waiting(place, fitted, network, job, table))
    _train_waiting(waiting, results, n_jobs, max_memory)
    _fit_alone(estimator, alone, results, X, y, fit_params, n_jobs)
    for result in results:
        if result is not None and result.error is not None:
            result.trace = result.error.__traceback__
    return results  # type: ignore[return-value]


def _joins(network: NeuralNetBase, own: dict[str, Any]) -> bool:
    for name in ("callbacks", "verbose", "warm_start"):
        if own.get(name, getattr(network, name)):
            return False
    return True


class _WholeTable:
    """The user's table, which the folds of a bare network share.

    A Pipeline makes other numbers of each fold's rows, so that each has a table of its
    own, and so does a table with categories or missing values; balanced class weights
    make other weights of them.
    """

    def __init__(self, estimator: Any, X):
        self._X = None
        if isinstance(estimator, NeuralNetBase) and not is_on_disk(X):
            probe = clone(estimator)
            try:
                checked = check_rows(probe, X, reset=True)
            except (ValueError, TypeError):
                return  # each fold says for itself what is wrong with its rows
            if sparse.issparse(checked) or not np.isnan(checked.sum()):
                # Levels and missing values are a fold's own, and so are the inputs.
                self._X = None if probe.categories_.levels else checked

    def share(
        self, job: Job, network: NeuralNetBase, train, own: tuple
    ) -> tuple[Job, tuple]:
        """Return the job without rows of its own, and the name of its table."""
        weights = getattr(network, "class_weight", None)
        name = (type(network), same_text(weights))
        if self._X is None or weights == "balanced":
            return job, (*own, *name)
        rows = np.asarray(train)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows
        rows = rows if job.inputs.kept is None else rows[job.inputs.kept]
        inputs = replace(job.inputs, X=None)
        job = replace(job, inputs=inputs, shared=SharedTable(self._X, rows))
        return job, (*name, same_text(getattr(network, "classes_", None)))


def _preprocess(estimator, before, X, y, fit_params, train):
    start = time.perf_counter()
    fitted = arguments = error = None
    try:
        X_train, y_train = safe_split(estimator, X, y, train)
        own_params = check_method_params(X, params=fit_params, indices=train)
        fitted, arguments = preprocess(estimator, before, X_train, y_train, own_params)
    except Exception as problem:
        error = problem
    return fitted, arguments, time.perf_counter() - start, error


def _prepare(network: NeuralNetBase, arguments) -> Job:
    X, y, params = arguments
    network._validate_params()
    return network._prepare(X, y, **params)


def _train_waiting(waiting, results, n_jobs, max_memory) -> None:
    groups: dict[str, list[_Waiting]] = {}
    for item in waiting:
        groups.setdefault(population_key(item.job), []).append(item)
    waiting.clear()
    while groups:
        _, items = groups.popitem()
        start = time.perf_counter()
        tables = [item.table for item in items]
        jobs = [item.job for item in items]
        try:
            trained = train_together(jobs, tables, n_jobs, max_memory)
        except Exception as problem:
            spent = (time.perf_counter() - start) / len(items)
            for item in items:
                results[item.place] = Fitted(None, spent, problem)
            continue
        seconds = (time.perf_counter() - start) / len(items)
        for item, (job, own) in zip(items, trained, strict=True):
            try:
                network = item.network._keep(job, own)
                model = put_back(item.fitted, network)
                results[item.place] = Fitted(model, seconds)
            except Exception as problem:
                results[item.place] = Fitted(None, seconds, problem)


def _fit_alone(estimator, alone, results, X, y, fit_params, n_jobs) -> None:
    if not alone:
        return
    warnings.warn(
        f"{len(alone)} of {len(results)} fits cannot share a population (a table on "
        "disk, a module of your own, callbacks, verbose, warm_start, X_val or another "
        "estimator) and are fitted one by one",
        UserWarning,
        stacklevel=4,
    )
    done = Parallel(n_jobs=n_jobs)(
        delayed(_fit_one)(estimator, params, X, y, fit_params, train)
        for _, params, train in alone
    )
    for (place, _, _), fitted in zip(alone, done, strict=True):
        results[place] = fitted


def _fit_one(estimator, params, X, y, fit_params, train) -> Fitted:
    start = time.perf_counter()
    try:
        model = clone(estimator).set_params(**clone(params, safe=False))
        X_train, y_train = safe_split(model, X, y, train)
        own_params = check_method_params(X, params=fit_params, indices=train)
        model.fit(X_train, y_train, **own_params)
    except Exception as problem:
        return Fitted(None, time.perf_counter() - start, problem)
    return Fitted(model, time.perf_counter() - start)
