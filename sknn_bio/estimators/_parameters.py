"""The rules of the estimators' parameters, as data."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from sknn_bio._compat import HasMethods, Interval, StrOptions
from sknn_bio.nn import ACTIVATIONS, LOSSES
from sknn_bio.training.metrics import METRICS
from sknn_bio.training.optimizers import TORCH_OPTIMIZERS
from sknn_bio.training.schedules import SCHEDULES

_unit = Interval(Real, 0, 1, closed="left")
_positive = Interval(Real, 0, None, closed="neither")
_not_negative = Interval(Real, 0, None, closed="left")
_count = Interval(Integral, 1, None, closed="left")

CONSTRAINTS: dict[str, list[Any]] = {
    "n_neurons": [_count, tuple, list, StrOptions({"two_thirds", "auto"})],
    "n_layers": [Interval(Integral, 0, None, closed="left")],
    "activation": [StrOptions(set(ACTIVATIONS)), callable],
    "dropout": [_unit],
    "input_dropout": [_unit],
    "normalization": [StrOptions({"batch", "layer"}), None],
    "residual": ["boolean"],
    "input_scaling": [StrOptions({"auto", "standard"}), None],
    "n_members": [_count, StrOptions({"auto"})],
    "loss_params": [dict, None],
    "optimizer": [StrOptions(set(TORCH_OPTIMIZERS)), type],
    "optimizer_params": [dict, None],
    "lr": [_positive],
    "weight_decay": [_not_negative],
    "l1": [_not_negative],
    "lr_schedule": [StrOptions(set(SCHEDULES))],
    "gradient_clip": [_positive, None],
    "max_epochs": [_count],
    "batch_size": [_count, StrOptions({"auto"})],
    "early_stopping": ["boolean", StrOptions({"auto"})],
    "validation": [
        Interval(Real, 0, 1, closed="neither"),
        HasMethods(["split"]),
    ],
    "patience": [_count],
    "min_delta": [_not_negative],
    "module": [type, None],
    "module_params": [dict, None],
    "callbacks": [list, tuple, None],
    "checkpoint_dir": [str, HasMethods(["__fspath__"]), None],
    "device": [str],
    "precision": [StrOptions({"auto", "float32", "float64", "bfloat16"})],
    "warm_start": ["boolean"],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


def task_constraints(task: str) -> dict[str, list[Any]]:
    """Return the rules for a kind of task."""
    return {
        **CONSTRAINTS,
        "loss": [StrOptions({"auto", *LOSSES[task]}), callable, type],
        "monitor": [StrOptions({"auto", "valid_loss", *METRICS[task]})],
    }


CLASSIFIER_CONSTRAINTS = {
    **task_constraints("classification"),
    "label_smoothing": [_unit],
    "class_weight": [StrOptions({"balanced"}), dict, None],
}
REGRESSOR_CONSTRAINTS = task_constraints("regression")
