"""Callbacks of our own, and what skorch's need."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from skorch.callbacks import Callback
from skorch.callbacks.scoring import ScoringBase

from sknn_bio._optional import require


class CSVLogger(Callback):
    """Write one row an epoch to a CSV file, as training goes.

    Parameters
    ----------
    path : str or Path
        Written anew by each fit; one that is resumed writes its first epochs too.
    """

    def __init__(self, path):
        self.path = path

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self._header_written = False
        for row in net.history:
            self._write(row)

    def on_epoch_end(self, net, **kwargs):
        self._write(net.history[-1])

    def _write(self, row: dict[str, Any]) -> None:
        row = {
            k: v for k, v in row.items() if k != "batches" and not k.endswith("_best")
        }
        mode = "a" if self._header_written else "w"
        with Path(self.path).open(mode, newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if not self._header_written:
                writer.writeheader()
            writer.writerow(row)
        self._header_written = True


class ProgressBar(Callback):
    """A bar with the epochs, the losses and the time left (needs `rich`)."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        progress = require("rich.progress", extra="cli")
        self._progress = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
        )
        self._progress.start()
        self._task = self._progress.add_task(
            "training", total=net.max_epochs, completed=len(net.history)
        )

    def on_epoch_end(self, net, **kwargs):
        losses = "  ".join(
            f"{name} {net.history[-1][name]:.4f}"
            for name in ("train_loss", "valid_loss")
            if name in net.history[-1]
        )
        self._progress.update(self._task, advance=1, description=losses)

    def on_train_end(self, net, X=None, y=None, **kwargs):
        self._progress.stop()


class EpochPrinter(Callback):
    """Print one line an epoch."""

    def on_epoch_end(self, net, **kwargs):
        row = net.history[-1]
        print(
            "  ".join(
                f"{k} {v:.4g}"
                for k, v in row.items()
                if k != "batches" and not isinstance(v, (bool, np.bool_))
            )
        )


class TaskBridge(Callback):
    """Report each epoch to scikit-learn's callbacks (1.9 and later).

    Parameters
    ----------
    estimator : estimator
        That is being fitted.
    context : sklearn.callback.CallbackContext
        Of its fit.
    """

    def __init__(self, estimator, context):
        self.estimator, self.context = estimator, context

    def __deepcopy__(self, memo):
        return self

    def on_epoch_begin(self, net, **kwargs):
        self._task = self.context.subcontext(task_name="epoch")
        self._task.call_on_fit_task_begin(estimator=self.estimator)

    def on_epoch_end(self, net, **kwargs):
        if self._task.call_on_fit_task_end(estimator=self.estimator):
            net.run.tracker.stopped[:] = True


def check_callbacks(callbacks) -> None:
    """Refuse what is no skorch callback, class of callbacks or (name, callback) pair.

    Raises
    ------
    ValueError
        With the first wrong one.
    """
    for given in callbacks:
        callback = unnamed(given)
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise ValueError(f"callbacks must hold skorch callbacks, got {given!r}")


def trains_alone(callback: Any) -> bool:
    """Whether a callback must see one member at a time.

    Those do that score through the net, or that touch gradients, optimiser or module.
    """
    callback = unnamed(callback)
    kind = callback if isinstance(callback, type) else type(callback)
    if issubclass(kind, ScoringBase):
        return True
    own = (CSVLogger, ProgressBar, EpochPrinter, TaskBridge)
    if issubclass(kind, own):
        return False
    return (
        kind.__name__
        in {
            "LRScheduler",
            "WarmRestartLR",
            "GradientNormClipping",
            "Freezer",
            "Unfreezer",
            "Initializer",
            "ParamMapper",
            "InputShapeLogger",
            "Checkpoint",
            "LoadInitState",
        }
        or kind.on_grad_computed is not Callback.on_grad_computed
    )


def unnamed(callback: Any) -> Any:
    """Return the callback of a (name, callback) pair, or the callback."""
    return callback[1] if isinstance(callback, tuple) else callback
