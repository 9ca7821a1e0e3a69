"""What the three estimators share. ``fit`` is the table of contents."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_random_state

from sknn_bio._compat import (
    HAS_CALLBACKS,
    CallbackSupportMixin,
    fit_context,
    with_callbacks,
)
from sknn_bio.data import TableEncoder
from sknn_bio.estimators._defaults import check_together, resolve
from sknn_bio.estimators._inputs import Inputs
from sknn_bio.estimators._job import (
    Job,
    make_plan,
    make_settings,
    split_members,
    train_job,
)
from sknn_bio.estimators._prediction import FittedNetwork
from sknn_bio.estimators._resume import fit_fingerprint
from sknn_bio.estimators._scaling import fit_scaling
from sknn_bio.estimators._state import FittedPopulation
from sknn_bio.nn.any_loss import build_loss
from sknn_bio.nn.losses import Loss
from sknn_bio.training.callbacks import EpochPrinter, ProgressBar, TaskBridge
from sknn_bio.training.checkpoint import open_checkpoint
from sknn_bio.training.plan import Network
from sknn_bio.training.trained import TrainedPopulation


class NeuralNetBase(CallbackSupportMixin, FittedNetwork):
    """Base of the estimators; the parameters are documented there."""

    __metadata_request__fit = {"groups": True}

    history_: pd.DataFrame
    best_epoch_: np.ndarray
    n_iter_: int

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
            not isinstance(inputs.X, np.ndarray),
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
        params["checkpoint_dir"] = None  # a call is short, and each has other rows
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
        check_together(params)
        d_out = self._n_outputs(inputs)
        n_rows, d_in = inputs.X.shape
        is_plain = isinstance(inputs.X, np.ndarray)
        if continues and self.n_members == "auto":
            params["n_members"] = self.n_members_
        params.update(resolve(params, self._task, n_rows, d_in, d_out, not is_plain))
        views = params["input_scaling"]
        if not is_plain and views not in (None, "standard"):
            kind = "sparse table" if sparse.issparse(inputs.X) else "table on disk"
            raise ValueError(
                f"a {kind} is scaled only: input_scaling must be 'standard' or None, "
                f"got {views!r}"
            )
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
        has_validation = plan.valid_rows is not None
        settings = make_settings(
            params, self._task, getattr(self, "n_classes_", 0), has_validation
        )
        if earlier is None:
            scaling = fit_scaling(
                inputs,
                plan,
                {j: len(own) for j, own in self.categories_.levels.items()},
                embeds=self.module is None,
                standardize_target=self._standardizes(loss),
            )
        else:
            scaling = earlier.scaling
        network = self._network(scaling.columns, self._n_outputs(inputs), params)
        return Job(network, loss, plan, settings, scaling, inputs, validation)

    def _train(self, job: Job, earlier: FittedPopulation | None) -> TrainedPopulation:
        folder = job.settings.checkpoint_dir
        about = {} if folder is None else fit_fingerprint(self, job, earlier)
        with open_checkpoint(folder, about) as checkpoint:
            return train_job(
                job,
                earlier,
                classes=getattr(self, "classes_", None),
                callbacks=self._all_callbacks(job.settings.max_epochs),
                answer=self._callback_answer(job.scaling, job.settings.device),
                checkpoint=checkpoint,
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
        self.population_ = FittedPopulation.of(job, trained)
        self.n_members_ = job.plan.n_members
        self.history_ = trained.history
        self.best_epoch_ = trained.best_epoch
        self.n_iter_ = int(trained.n_epochs.max())
        self.interrupted_ = trained.interrupted
        for name in ("oof_prediction_", "oof_score_"):
            self.__dict__.pop(name, None)
        out_of_fold = self._out_of_fold(job, trained)
        if out_of_fold is not None:
            self.oof_prediction_, self.oof_score_ = out_of_fold
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

    def _out_of_fold(
        self, job: Job, trained: TrainedPopulation
    ) -> tuple[np.ndarray, float] | None:
        """Out-of-fold predictions and their score, where members have folds."""
        raise NotImplementedError

    def _standardizes(self, loss: Loss) -> bool:
        return False

    def _build_loss(self, params: dict[str, Any]) -> Loss:
        return build_loss(params["loss"], params["loss_params"], task=self._task)

    def _network(
        self, columns: TableEncoder, d_out: int, params: dict[str, Any]
    ) -> Network:
        d_in = columns.n_inputs
        if self.module is not None:
            return Network(d_in, d_out, self.module, dict(self.module_params or {}))
        names = ("n_neurons", "activation", "normalization", "residual")
        own = {name: params[name] for name in names}
        n_codes = tuple(columns.n_codes.tolist())
        return Network(d_in, d_out, None, {**own, "n_codes": n_codes})
