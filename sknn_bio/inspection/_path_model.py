"""From whatever holds a fitted network to its parts: steps, network, target."""

from __future__ import annotations

from typing import Any, NamedTuple

from sklearn.compose import TransformedTargetRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sknn_bio.estimators._base import NeuralNetBase

# Wrappers whose answer is that of what they hold, by its name.
_HOLDERS = {
    FrozenEstimator: "estimator",
    FixedThresholdClassifier: "estimator_",
    TunedThresholdClassifierCV: "estimator_",
}


class ModelParts(NamedTuple):
    """A fitted model, taken apart.

    Attributes
    ----------
    steps : list of (str, transformer)
        What is before the network, in order.
    network : fitted network
    target : fitted transformer or None
        From a regressor's own targets to those that the network predicts.
    """

    steps: list[tuple[str, Any]]
    network: NeuralNetBase
    target: Any


def parts_of(model: Any) -> ModelParts:
    """Take a fitted model apart, through Pipelines, searches and thresholds.

    Raises
    ------
    TypeError
        If there is no network of this library at its end.
    """
    check_is_fitted(model)
    steps: list[tuple[str, Any]] = []
    target, inner = None, model
    while not isinstance(inner, NeuralNetBase):
        if isinstance(inner, Pipeline):
            steps += inner.steps[:-1]
            inner = inner.steps[-1][1]
        elif isinstance(inner, TransformedTargetRegressor):
            target, inner = inner.transformer_, inner.regressor_
        elif hasattr(inner, "best_estimator_"):  # any search
            inner = inner.best_estimator_
        elif hasattr(inner, "novelty_threshold_"):  # omics.RejectOption
            inner = inner.estimator_
        elif type(inner) in _HOLDERS:
            inner = getattr(inner, _HOLDERS[type(inner)])
        else:
            raise TypeError(
                "integrated_gradients needs a network of sknn_bio, alone or at the end "
                f"of a Pipeline or a search, got {type(inner).__name__}; "
                "permutation_importances and shap_values take any model"
            )
    return ModelParts(steps, inner, target)
