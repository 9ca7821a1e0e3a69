"""The regressor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d

from sknn_bio._compat import fit_context
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._docs import document
from sknn_bio.estimators._inputs import (
    Inputs,
    check_rows,
    check_size,
    gather_inputs,
    told_as_numbers,
)
from sknn_bio.estimators._out_of_fold import regressor_out_of_fold
from sknn_bio.estimators._parameters import REGRESSOR_CONSTRAINTS
from sknn_bio.nn.losses import Loss
from sknn_bio.training.prediction import in_float_type, original_targets

_LARGEST_COUNT = 1e15  # not standardised, and so to be kept in single precision


@document(task="regression")
class NeuralNetRegressor(RegressorMixin, NeuralNetBase):
    """Neural-network regressor, for one target or several."""

    _task = "regression"
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = REGRESSOR_CONSTRAINTS

    def _read(self, X, y, sample_weight, groups, reset: bool = True) -> Inputs:
        X, y = check_rows(
            self,
            X,
            reset=reset,
            y=y,
            sample_weight=sample_weight,
            multi_output=True,
            y_numeric=True,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if reset:
            self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
            self._flat_target = y.ndim == 1
        with told_as_numbers("y"):
            y = y.reshape(len(y), -1).astype(np.float64)
        if y.shape[1] != self.n_outputs_:
            raise ValueError(f"y must have {self.n_outputs_} outputs, got {y.shape[1]}")
        check_size(y, what="y")
        if self.loss == "poisson":
            if (y < 0).any():
                raise ValueError(f"y must be >= 0 for loss='poisson', got {y.min():g}")
            if (y > _LARGEST_COUNT).any():
                raise ValueError(
                    f"y must be <= {_LARGEST_COUNT:g} for loss='poisson', got "
                    f"{y.max():g}"
                )
        return gather_inputs(X, y, sample_weight, groups)

    def _read_more(self, X, y) -> Inputs:
        return self._read(X, y, None, None, reset=False)

    def _n_outputs(self, inputs: Inputs) -> int:
        return self.n_outputs_

    def _standardizes(self, loss: Loss) -> bool:
        return loss.standardize_target

    def _answer(self, raw, scaling):
        answer = original_targets(raw, scaling)
        return answer[..., 0] if self._flat_target else answer

    def _out_of_fold(self, job, trained):
        out = regressor_out_of_fold(job, trained)
        if out is None or not self._flat_target:
            return out
        return out[0][:, 0], out[1]

    def predict(self, X):
        """Return the predicted targets, the mean over the members.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the float type of `X`; in float64 where float32 has no such numbers.
        """
        raw, dtype = self._member_outputs(X)
        answer = self._answer(raw, self.population_.scaling).mean(0)
        return in_float_type(answer, dtype)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Make one pass over the rows, from where the last call ended.

        No inner split and no schedule; the scaling is that of the first call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : estimator
        """
        first = not hasattr(self, "population_")
        return self._partial_fit(self._read(X, y, sample_weight, None, reset=first))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
