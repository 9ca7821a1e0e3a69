"""The estimators' parameters, and their rules as data."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from sklearn.base import BaseEstimator

from sknn_bio._compat import HasMethods, Interval, StrOptions
from sknn_bio.data import SCALINGS
from sknn_bio.nn import ACTIVATIONS, LOSSES
from sknn_bio.training.any_optimizer import TORCH_OPTIMIZERS
from sknn_bio.training.metrics import METRICS
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
    "categorical_features": [StrOptions({"from_dtype"}), "array-like", None],
    "input_scaling": [StrOptions({"auto", *SCALINGS}), tuple, list, None],
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


class NetworkParameters(BaseEstimator):
    """Holds what all three estimators are told; they are documented there."""

    def __init__(
        self,
        *,
        n_neurons="auto",
        n_layers=2,
        activation="relu",
        dropout=0.2,
        input_dropout=0.0,
        normalization=None,
        residual=False,
        categorical_features="from_dtype",
        input_scaling="auto",
        n_members="auto",
        loss="auto",
        loss_params=None,
        optimizer="adamw",
        optimizer_params=None,
        lr=1e-3,
        weight_decay=0.01,
        l1=0.0,
        lr_schedule="cosine",
        gradient_clip=None,
        max_epochs=250,
        batch_size="auto",
        early_stopping="auto",
        validation=0.2,
        monitor="auto",
        patience=20,
        min_delta=0.0,
        module=None,
        module_params=None,
        callbacks=None,
        checkpoint_dir=None,
        device="auto",
        precision="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.n_neurons = n_neurons
        self.n_layers = n_layers
        self.activation = activation
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.normalization = normalization
        self.residual = residual
        self.categorical_features = categorical_features
        self.input_scaling = input_scaling
        self.n_members = n_members
        self.loss = loss
        self.loss_params = loss_params
        self.optimizer = optimizer
        self.optimizer_params = optimizer_params
        self.lr = lr
        self.weight_decay = weight_decay
        self.l1 = l1
        self.lr_schedule = lr_schedule
        self.gradient_clip = gradient_clip
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.early_stopping = early_stopping
        self.validation = validation
        self.monitor = monitor
        self.patience = patience
        self.min_delta = min_delta
        self.module = module
        self.module_params = module_params
        self.callbacks = callbacks
        self.checkpoint_dir = checkpoint_dir
        self.device = device
        self.precision = precision
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get parameters, those of the user's own module as ``module__*``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the module's.

        Returns
        -------
        params : dict
        """
        params = super().get_params(deep=deep)
        if deep and isinstance(self.module_params, dict):
            for name, value in self.module_params.items():
                params[f"module__{name}"] = value
        return params

    def set_params(self, **params: Any):
        """Set parameters; ``module__x`` sets ``x`` in `module_params`.

        Parameters
        ----------
        **params : dict

        Returns
        -------
        self : estimator
        """
        prefix = "module__"
        own = {k: v for k, v in params.items() if not k.startswith(prefix)}
        super().set_params(**own)
        routed = {k[len(prefix) :]: v for k, v in params.items() if k not in own}
        if routed:
            self.module_params = {**(self.module_params or {}), **routed}
        return self
