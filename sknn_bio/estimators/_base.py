"""What the three estimators share. ``fit`` is the table of contents."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sknn_bio._compat import (
    HAS_CALLBACKS,
    CallbackSupportMixin,
    fit_context,
    with_callbacks,
)
from sknn_bio.estimators._defaults import resolve
from sknn_bio.estimators._inputs import Inputs, check_rows
from sknn_bio.estimators._job import (
    Job,
    fit_scaling,
    make_plan,
    make_settings,
    split_members,
)
from sknn_bio.nn.losses import Loss, build_loss
from sknn_bio.training.callbacks import (
    EpochPrinter,
    ProgressBar,
    TaskBridge,
    check_callbacks,
)
from sknn_bio.training.devices import resolve_device, threads_for
from sknn_bio.training.fit import make_net, train_population
from sknn_bio.training.network import build_network, restore_network, seeded
from sknn_bio.training.plan import Network
from sknn_bio.training.prediction import module_outputs, stored_outputs
from sknn_bio.training.run import (
    PopulationRun,
    ScaledRows,
    Scaling,
    TrainedPopulation,
)


@dataclass
class FittedPopulation:
    """A fitted estimator's state: arrays and plain values, nothing of a device.

    Attributes
    ----------
    network : Network
    weights : dict of ndarray
        Stacked on the member axis.
    scaling : Scaling
    settings : TrainingSettings
    plan : MemberPlan
    net_history : list of dict
    optimizer_state : dict
        Kept by ``partial_fit`` only.
    """

    network: Network
    weights: dict[str, np.ndarray]
    scaling: Scaling
    settings: Any
    plan: Any
    net_history: list[dict[str, Any]]
    optimizer_state: dict[str, Any] = field(default_factory=dict)


class NeuralNetBase(CallbackSupportMixin, BaseEstimator):
    """Base of the estimators; the parameters are documented there."""

    __metadata_request__fit = {"groups": True}

    _task: str
    population_: FittedPopulation
    history_: pd.DataFrame
    best_epoch_: np.ndarray
    n_iter_: int

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

    # Parameters ---------------------------------------------------------------------

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

    def resolve_defaults(self, X, y) -> dict[str, Any]:
        """Return the plain settings that each "auto" becomes for a table.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        settings : dict
            Setting them by ``set_params`` leads to the same model.
        """
        probe = type(self)(**self.get_params(deep=False))
        inputs = probe._read(X, y, None, None)
        return resolve(
            probe.get_params(deep=False),
            self._task,
            inputs.X.shape[0],
            inputs.X.shape[1],
            probe._n_outputs(inputs),
        )

    # Fitting ------------------------------------------------------------------------

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None, X_val=None, y_val=None):
        """Fit the network, or the cross-fitted ensemble of networks.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None
            Not negative; a row of weight 0 is as good as absent.
        groups : array-like of shape (n_samples,), default=None
            Patient, donor, site: no group stands on both sides of the inner split.
        X_val, y_val : array-like, default=None
            Rows to stop on, instead of an inner split.

        Returns
        -------
        self : estimator
        """
        job = self._prepare(X, y, sample_weight, groups, X_val, y_val)
        earlier = self.population_ if self._continues() else None
        return self._keep(job, self._train(job, earlier))

    def _prepare(
        self, X, y, sample_weight=None, groups=None, X_val=None, y_val=None
    ) -> Job:
        """Validate, encode, resolve the defaults and split: all but the training."""
        inputs = self._read(X, y, sample_weight, groups)
        validation = self._read_validation(X_val, y_val)
        params = self._resolve(inputs, continues=self._continues())
        rng = check_random_state(self.random_state)
        rows = split_members(inputs, validation, params, self._task, rng)
        return self._make_job(inputs, validation, params, make_plan(rows, params, rng))

    def _partial_fit(self, inputs: Inputs):
        """One pass over the rows: no split, no schedule, scaling of the first call."""
        earlier = getattr(self, "population_", None)
        params = self._resolve(inputs, continues=earlier is not None)
        params.update(max_epochs=1, lr_schedule="constant", early_stopping=False)
        rng = check_random_state(self.random_state)
        everything = np.arange(inputs.X.shape[0])
        rows = (tuple(everything for _ in range(params["n_members"])), None)
        plan = make_plan(rows, params, rng)
        if earlier is not None:  # other batches and other dropout than last time
            plan = replace(plan, seeds=plan.seeds + self.n_iter_)
        job = self._make_job(inputs, None, params, plan, earlier)
        trained = self._train(job, earlier)
        previous = getattr(self, "history_", None)
        self._keep(job, trained)
        self.population_.optimizer_state = trained.optimizer_state
        if earlier is not None and previous is not None:
            self.history_["epoch"] += int(previous["epoch"].max())
            self.history_ = pd.concat([previous, self.history_], ignore_index=True)
            self.population_.net_history = earlier.net_history + trained.net_history
            self.n_iter_ = int(self.history_["epoch"].max())
            self.best_epoch_ = np.full_like(self.best_epoch_, self.n_iter_)
        return self

    def _read_validation(self, X_val, y_val) -> Inputs | None:
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together, got one of them")
        if X_val is None:
            return None
        return self._read_more(X_val, y_val)

    def _resolve(self, inputs: Inputs, continues: bool = False) -> dict[str, Any]:
        """Return the parameters with every "auto" made plain; check how they agree."""
        params = self.get_params(deep=False)
        if self.module is None and self.module_params:
            raise ValueError("module_params needs module, got module=None")
        if self.module is not None and not issubclass(self.module, torch.nn.Module):
            raise ValueError(
                f"module must be a torch.nn.Module class, got {self.module.__name__}"
            )
        check_callbacks(self.callbacks or [])
        if any(
            not isinstance(n, (int, np.integer)) or n < 1
            for n in (
                self.n_neurons if isinstance(self.n_neurons, (tuple, list)) else ()
            )
        ):
            raise ValueError(
                f"n_neurons must hold integers >= 1, got {self.n_neurons!r}"
            )
        d_out = self._n_outputs(inputs)
        n_rows, d_in = inputs.X.shape
        params.update(resolve(params, self._task, n_rows, d_in, d_out))
        if continues and self.n_members == "auto":
            params["n_members"] = self.n_members_
        return params

    def _make_job(
        self,
        inputs: Inputs,
        validation: Inputs | None,
        params: dict[str, Any],
        plan,
        earlier: FittedPopulation | None = None,
    ) -> Job:
        loss = self._build_loss(params)
        network = self._network(inputs, params, loss)
        has_validation = plan.valid_rows is not None
        settings = make_settings(
            params, self._task, getattr(self, "n_classes_", 0), has_validation
        )
        if earlier is None:
            scaling, relative = fit_scaling(
                inputs, plan, params, self._standardizes(loss)
            )
        else:
            scaling, relative = earlier.scaling, _input_scaling(earlier.weights)
        return Job(network, loss, plan, settings, scaling, relative, inputs, validation)

    def _train(self, job: Job, earlier: FittedPopulation | None) -> TrainedPopulation:
        dtype = getattr(torch, job.settings.dtype)
        with seeded(job.network, int(job.plan.seeds[0])):
            module = build_network(
                job.network,
                job.plan.seeds.tolist(),
                dtype,
                input_scaling=job.input_scaling,
                dropout=job.plan.dropout,
                input_dropout=job.plan.input_dropout,
            )
            if earlier is not None:
                _load_earlier(module, earlier.weights)
            return train_population(
                module,
                job.loss,
                job.plan,
                job.settings,
                job.scaling,
                *job.tables(),
                classes=getattr(self, "classes_", None),
                callbacks=self._all_callbacks(job.settings.max_epochs),
                answer=self._callback_answer(job.scaling, job.settings.device),
                optimizer_state=earlier.optimizer_state if earlier else None,
            )

    def _all_callbacks(self, max_epochs: int) -> list[Any]:
        callbacks = list(self.callbacks or [])
        if self.verbose == 1:
            callbacks.append(ProgressBar())
        elif self.verbose > 1:
            callbacks.append(EpochPrinter())
        if HAS_CALLBACKS and getattr(self, "_skl_callbacks", None):
            context = self._init_callback_context(max_subtasks=max_epochs)
            context.call_on_fit_task_begin(estimator=self)
            callbacks.append(TaskBridge(self, context))
        return callbacks

    def _keep(self, job: Job, trained: TrainedPopulation):
        """Keep the results; a Ctrl-C during training is raised again after that."""
        job, trained = self._drop_failed(job, trained)
        self.population_ = FittedPopulation(
            job.network,
            trained.weights,
            job.scaling,
            job.settings,
            job.plan,
            trained.net_history,
        )
        self.n_members_ = job.plan.n_members
        self.history_ = trained.history
        self.best_epoch_ = trained.best_epoch
        self.n_iter_ = int(trained.n_epochs.max())
        self.interrupted_ = trained.interrupted
        self._keep_out_of_fold(job, trained)
        if trained.interrupted:
            raise KeyboardInterrupt
        return self

    def _drop_failed(self, job: Job, trained: TrainedPopulation):
        """Say which members diverged; go on without those that never had weights."""
        diverged, failed = trained.diverged, trained.failed
        advice = (
            f"became infinite or NaN in epoch {int(trained.n_epochs[diverged].min())} "
            f"at lr={self.lr:g}; try a lower lr, or gradient_clip=1.0"
            if diverged.any()
            else ""
        )
        if failed.all():
            raise ValueError(f"the loss {advice}")
        if diverged.any():
            warnings.warn(
                f"the loss of {int(diverged.sum())} of {len(diverged)} members "
                f"{advice}. Their best weights so far are kept",
                RuntimeWarning,
                stacklevel=4,
            )
        if failed.any():
            good = np.flatnonzero(~failed)
            job = replace(job, plan=job.plan.pick(good), scaling=job.scaling.pick(good))
            trained = trained.pick(good)
        return job, trained

    def _continues(self) -> bool:
        return bool(self.warm_start) and hasattr(self, "population_")

    # What the estimators fill in ----------------------------------------------------

    def _read(self, X, y, sample_weight, groups) -> Inputs:
        raise NotImplementedError

    def _read_more(self, X, y) -> Inputs:
        raise NotImplementedError

    def _n_outputs(self, inputs: Inputs) -> int:
        raise NotImplementedError

    def _answer(self, raw: np.ndarray, scaling: Scaling) -> np.ndarray:
        """Raw outputs (M, n, C) → each member's predictions, float64."""
        raise NotImplementedError

    def _keep_out_of_fold(self, job: Job, trained: TrainedPopulation) -> None:
        raise NotImplementedError

    def _standardizes(self, loss: Loss) -> bool:
        return False

    def _build_loss(self, params: dict[str, Any]) -> Loss:
        return build_loss(params["loss"], params["loss_params"], task=self._task)

    def _network(self, inputs: Inputs, params: dict[str, Any], loss: Loss) -> Network:
        d_in, d_out = inputs.X.shape[1], self._n_outputs(inputs)
        if self.module is not None:
            return Network(d_in, d_out, self.module, dict(self.module_params or {}))
        names = ("n_neurons", "activation", "normalization", "residual")
        return Network(d_in, d_out, None, {name: params[name] for name in names})

    # Prediction ---------------------------------------------------------------------

    def _member_outputs(self, X) -> tuple[np.ndarray, np.dtype]:
        """Return raw outputs (M, n, C), and the float type of the user's table."""
        check_is_fitted(self, "population_")
        X = check_rows(self, X)
        state = self.population_
        device = resolve_device(self.device)
        flops = 2.0 * X.shape[0] * sum(w.size for w in state.weights.values())
        with threads_for(flops):
            raw = stored_outputs(
                state.network, state.weights, state.scaling.columns, X, device
            )
        return raw, X.dtype

    def predict_members(self, X) -> np.ndarray:
        """Return each member's own answer.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        answers : ndarray of shape (n_members, n_samples, n_classes), or for a \
regressor (n_members, n_samples) or (n_members, n_samples, n_outputs)
        """
        raw, dtype = self._member_outputs(X)
        return self._answer(raw, self.population_.scaling).astype(dtype)

    def _callback_answer(self, scaling: Scaling, device: str):
        def answer(module, X):
            if isinstance(X, ScaledRows):
                with torch.inference_mode():
                    raw = module(X.x).cpu().numpy()
            else:
                raw = module_outputs(module, scaling.columns, X, device)
            return self._answer(raw, scaling).mean(0)

        return answer

    @property
    def net_(self):
        """The skorch net, rebuilt from the fitted state each time it is asked for."""
        if not hasattr(self, "population_"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' "
                "with appropriate arguments before using this estimator."
            )
        state = self.population_
        run = PopulationRun(
            state.plan,
            state.settings.but(device="cpu"),
            state.scaling,
            classes=getattr(self, "classes_", None),
            answer=self._callback_answer(state.scaling, "cpu"),
        )
        module = restore_network(state.network, state.weights)
        loss = self._build_loss(
            {"loss": self.loss, "loss_params": self.loss_params}
            if self.loss != "auto"
            else {"loss": _AUTO_LOSS[self._task], "loss_params": self.loss_params}
        )
        net = make_net(module, loss, run, self.callbacks or ())
        net.run.settings = state.settings.but(device="cpu", checkpoint_dir=None)
        net.initialize()
        net.history.extend(state.net_history)
        return net

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


_AUTO_LOSS = {"classification": "cross_entropy", "regression": "squared_error"}


def _input_scaling(weights: dict[str, np.ndarray]):
    if "input_scaling.scale" not in weights:
        return None
    return weights["input_scaling.scale"], weights["input_scaling.shift"]


def _load_earlier(module: torch.nn.Module, weights: dict[str, np.ndarray]) -> None:
    """Start from earlier weights, but for the input scaling, which is fitted anew."""
    state = module.state_dict()
    for name, value in weights.items():
        if name.startswith("input_scaling."):
            continue
        if name not in state or state[name].shape != value.shape:
            raise ValueError(
                "warm_start and partial_fit need the network's shape of the first "
                f"fit, got another one for {name!r}"
            )
        state[name] = torch.as_tensor(value)
    module.load_state_dict(state)
