"""What a fitted estimator answers, from its state alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sknn_bio.estimators._html import FittedHTML
from sknn_bio.estimators._inputs import check_query
from sknn_bio.estimators._parameters import NetworkParameters
from sknn_bio.estimators._state import FittedPopulation
from sknn_bio.nn.losses import Loss
from sknn_bio.training.dataset import ScaledRows
from sknn_bio.training.devices import resolve_device, threads_for
from sknn_bio.training.fit import make_net
from sknn_bio.training.network import restore_network
from sknn_bio.training.prediction import in_float_type, module_outputs
from sknn_bio.training.run import PopulationRun, Scaling

_AUTO_LOSS = {"classification": "cross_entropy", "regression": "squared_error"}


class FittedNetwork(FittedHTML, NetworkParameters):
    """The side of an estimator that is asked after ``fit``."""

    _task: str
    population_: FittedPopulation

    def _answer(self, raw: np.ndarray, scaling: Scaling) -> np.ndarray:
        """Raw outputs (M, n, C) → each member's predictions, float64."""
        raise NotImplementedError

    def _build_loss(self, params: dict[str, Any]) -> Loss:
        raise NotImplementedError

    def _member_outputs(self, X) -> tuple[np.ndarray, np.dtype]:
        """Return raw outputs (M, n, C), and the float type of the user's table."""
        if not hasattr(self, "population_"):  # the check costs as much as a layer
            check_is_fitted(self, "population_")
        X = check_query(self, X)
        state = self.population_
        device = resolve_device(self.device)
        flops = 2.0 * X.shape[0] * sum(w.size for w in state.weights.values())
        with threads_for(flops):
            raw = state.outputs(X, device)
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
        answer = self._answer(raw, self.population_.scaling)
        return in_float_type(answer, dtype)

    def _callback_answer(self, scaling: Scaling, device: str):
        def answer(module, X, members=slice(None)):
            own = scaling.pick(members)
            if isinstance(X, ScaledRows):
                with torch.inference_mode():
                    raw = module(X.x).cpu().numpy()
            else:
                raw = module_outputs(module, own, X, device)
            return self._answer(raw, own).mean(0)

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

    def __getstate__(self):
        # Arrays and plain values, which skops reads as well as pickle.
        state = super().__getstate__()
        if "history_" in state:
            curves = state["history_"]
            state = {**state, "history_": {k: curves[k].to_numpy() for k in curves}}
        return state

    def __setstate__(self, state):
        if "history_" in state:
            state = {**state, "history_": pd.DataFrame(state["history_"])}
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        return tags
