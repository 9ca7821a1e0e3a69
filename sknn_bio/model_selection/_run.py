"""Fit every model on every fold, and keep what is finished."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import Any

from joblib import Parallel, delayed

from sknn_bio.model_selection._checkpoint import Checkpoint
from sknn_bio.model_selection._fingerprint import describe, digest
from sknn_bio.model_selection._folds import Fold
from sknn_bio.model_selection._gather import Done, versions
from sknn_bio.model_selection._one_fit import FoldResult, fit_one
from sknn_bio.model_selection._problem import Problem
from sknn_bio.model_selection._progress import progress


def open_checkpoint(
    folder: str | PathLike | None,
    models: dict[str, Any],
    problem: Problem,
    folds: list[Fold],
) -> Checkpoint | None:
    """Return the folder of finished folds, if it is of this comparison."""
    if folder is None:
        return None
    return Checkpoint(folder, _fingerprint(models, problem, folds))


def _fingerprint(
    models: dict[str, Any],
    problem: Problem,
    folds: list[Fold],
) -> dict[str, Any]:
    tables = {"X": digest(problem.X), "y": digest(problem.decode(problem.y))}
    for name, values in (("groups", problem.groups), ("weight", problem.weight)):
        tables[name] = "none" if values is None else digest(values)
    if problem.test is not None:
        tables["X of the test"] = digest(problem.test.X)
        tables["y of the test"] = digest(problem.decode(problem.test.y))
    return {
        "data": tables,
        "models": {name: describe(model) for name, model in models.items()},
        "folds": {
            f"repeat {f.repeat}, fold {f.fold}": [
                digest(f.train),
                digest(f.test),
                f.seed,
            ]
            for f in folds
        },
        "classes": describe(problem.classes),
        "versions": versions(),
    }


def fit_all(
    models: dict[str, Any],
    problem: Problem,
    folds: list[Fold],
    store: Checkpoint | None,
    n_jobs: int | None,
    verbose: int,
) -> Done:
    """Fit what is not in the checkpoint; the order of the answer is the models'."""
    keys = [(name, f.repeat, f.fold) for name in models for f in folds]
    done: dict[Any, FoldResult | None] = dict.fromkeys(keys)
    numbers = {name: number for number, name in enumerate(models)}
    todo = []
    for fold in folds:  # fold by fold, so that the time left is known early
        for name in models:
            place = (numbers[name], fold.repeat, fold.fold)
            found = None if store is None else store.load(*place)
            done[name, fold.repeat, fold.fold] = found
            if found is None:
                todo.append((name, fold, place))
    run = _parallel(n_jobs)(
        delayed(_fit_and_save)(models[name], problem, fold, store, place)
        for name, fold, place in todo
    )
    with progress(len(todo), verbose) as bar:
        for (name, fold, _), result in zip(todo, run, strict=True):
            done[name, fold.repeat, fold.fold] = result
            bar.done(name)
    return done  # type: ignore[return-value]


def _parallel(n_jobs: int | None) -> Parallel:
    try:
        return Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # dask's backend answers at the end only
        return Parallel(n_jobs=n_jobs)


def _fit_and_save(model, problem, fold, store, place) -> FoldResult:
    result = fit_one(model, problem, fold)
    if store is not None:
        store.save(*place, result)
    return result


def report_failures(done: Done, names: list[str]) -> None:
    for name in names:
        errors = [r.error for (n, _, _), r in done.items() if n == name and r.error]
        if errors:
            total = sum(n == name for n, _, _ in done)
            warnings.warn(
                f"{name} failed in {len(errors)} of {total} folds, and has no value "
                f"there; the first error: {errors[0]}",
                UserWarning,
                stacklevel=3,
            )
    if all(result.error for result in done.values()):
        first = next(iter(done.values())).error
        raise ValueError(f"no model could be fitted; the first error: {first}")
