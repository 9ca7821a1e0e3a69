"""One fit of ``accuracy.py``, in a process of its own with one thread."""

from __future__ import annotations

import logging
import os
import threading
import time
import traceback
import warnings
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    r2_score,
    roc_auc_score,
)

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
OVER_TIME = 124


def serve(pipe, limit: float, folder: Path) -> None:
    """Take (table, fold, model), send back a row; die when a fit takes too long.

    The limit counts CPU seconds of this process, so a busy machine changes nothing.
    """
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # lightning says much
    clock = {"end": np.inf}
    threading.Thread(target=_watch, args=(clock,), daemon=True).start()
    warm: set[tuple[str, str]] = set()
    while True:
        try:
            table, fold, model = pipe.recv()
        except EOFError:  # the parent is done, or dead
            return
        try:
            row = _one(table, fold, model, warm, clock, limit, folder)
        except Exception as error:
            traceback.print_exc()
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:160]
            row = {"status": f"error: {reason}"}
        clock["end"] = np.inf
        pipe.send(row)


def _watch(clock) -> None:
    while time.process_time() < clock["end"]:
        time.sleep(0.5)
    os._exit(OVER_TIME)


@cache
def _table(name: str):
    from _tables import read

    _table.cache_clear()  # hold one table, not all of them
    return read(name)


def _one(table, fold, model, warm, clock, limit, folder) -> dict:
    from _peers import CONTENDERS

    contest, contender = _table(table), CONTENDERS[model]
    if (model, contest.task) not in warm:
        _warm_up(contender, contest.task)
        warm.add((model, contest.task))
    train, test = contest.folds()[fold]
    clock["end"] = time.process_time() + limit
    answer, row = _fit_and_predict(contender, contest, train, test)
    y = contest.target[test]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / prediction_file(table, fold, model), y_test=y, prediction=answer
    )
    row |= {"n_train": len(train), "n_test": len(test), "status": "ok"}
    return row | scores(contest.task, y, answer, np.var(contest.target))


def prediction_file(table: str, fold: int, model: str) -> str:
    """``<table>__<fold>__<model>.npz``: y_test, and probabilities or values."""
    return f"{table}__{fold}__{model.replace(' ', '-')}.npz"


def _fit_and_predict(contender, contest, train, test) -> tuple[np.ndarray, dict]:
    """Return the test rows' probabilities of all classes (or values), and seconds."""
    y = contest.target[train]
    if contest.task != "regression":
        present, y = np.unique(y, return_inverse=True)
    groups = None if contest.groups is None else contest.groups[train]
    wall, cpu = time.perf_counter(), time.process_time()
    X = contender.prepare(contest.frame.iloc[train])
    model = contender.build(contest.task, X, y)
    model.fit(X, y, **({"groups": groups} if contender.name == "ours" else {}))
    fit_wall, fit_cpu = time.perf_counter() - wall, time.process_time() - cpu
    cpu = time.process_time()
    X = contender.prepare(contest.frame.iloc[test])
    if contest.task == "regression":
        answer = np.asarray(model.predict(X), dtype=np.float64).reshape(len(test))
    else:
        # A class that the training rows lack has probability 0.
        answer = np.zeros((len(test), contest.n_classes))
        answer[:, present] = model.predict_proba(X)
    seconds = {"fit_wall": fit_wall, "fit_cpu": fit_cpu}
    return answer, seconds | {"predict_cpu": time.process_time() - cpu}


def _warm_up(contender, task: str) -> None:
    """Fit once on 60 rows: the first fit in a process loads and compiles things."""
    import pandas as pd
    from _tables import Contest

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    target = {"binary": np.arange(60) % 2, "multiclass": np.arange(60) % 3}
    y = target.get(task, rng.normal(size=60))
    rows = np.arange(60)
    _fit_and_predict(contender, Contest("warm", task, frame, y, None), rows, rows)


def scores(task: str, y, answer, variance: float) -> dict:
    """Score (AUC or R²), accuracy, and log loss (or squared error over variance)."""
    if not np.all(np.isfinite(answer)):
        return {"status": "error: predictions are not finite"}
    if task == "regression":
        loss = np.mean((y - answer) ** 2) / variance
        return {"score": r2_score(y, answer), "loss": loss}
    classes = np.arange(answer.shape[1])
    top = answer.argmax(axis=1)
    one_vs_rest = [
        roc_auc_score(y == c, answer[:, c])
        for c in (classes[1:] if task == "binary" else classes)
        if 0 < np.sum(y == c) < len(y)
    ]
    return {
        "score": np.mean(one_vs_rest),
        "accuracy": accuracy_score(y, top),
        "balanced": balanced_accuracy_score(y, top),
        "loss": log_loss(y, answer / answer.sum(1, keepdims=True), labels=classes),
    }
