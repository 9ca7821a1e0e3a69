"""What a target is, and how well a network predicts it, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sknn_bio.cli._data import Data
from sknn_bio.cli._messages import listed
from sknn_bio.cli._model_file import Model
from sknn_bio.model_selection._metadata import last_step
from sknn_bio.model_selection._problem import read_problem

SCORES = {"binary": "ROC AUC", "multiclass": "mean ROC AUC", "regression": "R²"}
MONITORED = {"binary": "roc_auc", "multiclass": "roc_auc", "regression": "r2"}


def as_task(data: Data, task: str | None) -> tuple[pd.Series, str]:
    """Return the target as the task wants it, and the task.

    Parameters
    ----------
    data : Data
        The rows.
    task : {"binary", "multiclass", "regression"} or None
        None infers it from the target.

    Returns
    -------
    y : Series of shape (n_samples,)
        Numbers that are to be classes as words.
    task : str

    Raises
    ------
    ValueError
        If the target does not suit the task.
    """
    y = data.y
    if task is None:
        return y, read_problem(data.X, y, data.groups, None, None, None).task
    if task == "regression":
        if y.dtype == object:
            raise ValueError(
                f"--task regression needs a target of numbers, got {listed(y.unique())}"
            )
        return y.astype(np.float64), task
    n_classes = y.nunique()
    if (n_classes == 2) != (task == "binary") or n_classes < 2:
        rule = "two classes" if task == "binary" else "three classes or more"
        raise ValueError(f"--task {task} needs {rule}, got {n_classes} in {y.name!r}")
    return (y.astype(str) if y.dtype == np.float64 else y), task


def describe_target(y: pd.Series, task: str) -> str:
    """Return what the target holds, for a terminal.

    Parameters
    ----------
    y : Series of shape (n_samples,)
        The target, under its name.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.

    Returns
    -------
    str
    """
    if task == "regression":
        return f"{y.name} is a number: mean {y.mean():.4g}, sd {y.std():.4g}"
    tally = ", ".join(f"{label} {n}" for label, n in y.value_counts().items())
    return f"{y.name}: {tally}"


def _of_positive(model: Model) -> str:
    if model.task != "binary":
        return ""
    return f" (positive class: {model.estimator.classes_[1]})"


def describe_score(model: Model) -> str:
    """Return how good a network is on rows it did not learn from, for a terminal.

    Parameters
    ----------
    model : Model
        Just fitted.

    Returns
    -------
    str
    """
    network = last_step(model.estimator)
    best = np.unique(network.best_epoch_)
    epochs = f"{best[0]}" if len(best) == 1 else f"{best[0]} to {best[-1]}"
    networks = f"{network.n_members_} network{'s' * (network.n_members_ > 1)}"
    metric = MONITORED[model.task]
    score = "no out-of-fold score, as a class has too few rows"
    if model.score is not None:
        score = f"out-of-fold {SCORES[model.task]} {model.score:.3f}"
    elif metric in network.history_:  # a single network on a large table
        curve = network.history_.set_index("epoch")[metric]
        score = (
            f"{SCORES[model.task]} {curve[best[0]]:.3f} on the rows held out to choose "
            "the epoch, so a little too high"
        )
    return f"{networks}, best epoch {epochs}: {score}{_of_positive(model)}"
