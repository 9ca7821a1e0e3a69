"""Take a Pipeline apart: what is before the network, and what reaches it."""

from __future__ import annotations

import copy
from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline

from sknn_bio.estimators._base import NeuralNetBase


class Reached(BaseEstimator):
    """Stand-in for the network at the end of a Pipeline: keeps what reaches ``fit``.

    It requests the metadata that the network requests.
    """

    def __init__(self, network=None):
        self.network = network

    def get_metadata_routing(self):
        """Return the network's requests."""
        return self.network.get_metadata_routing()

    def __sklearn_tags__(self):
        return self.network.__sklearn_tags__()

    def fit(self, X, y, **params):
        """Keep the arguments."""
        self.arguments_ = (X, y, params)
        return self


def network_of(estimator: Any) -> NeuralNetBase | None:
    """Return the network that an estimator is, or that its Pipeline ends in."""
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return last if isinstance(last, NeuralNetBase) else None


def divide(
    estimator: Any, params: dict[str, Any]
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Divide a candidate's parameters at the network.

    Returns
    -------
    before : dict
        Parameters of the steps before the network.
    template : estimator
        The last step, which the candidate may replace.
    own : dict
        Parameters of the last step, without its prefix.
    """
    if not isinstance(estimator, Pipeline):
        return {}, estimator, params
    name, template = estimator.steps[-1]
    own, before = {}, {}
    for key, value in params.items():
        if key.startswith(f"{name}__"):
            own[key[len(name) + 2 :]] = value
        elif key == name:
            template = value
        else:
            before[key] = value
    return before, template, own


def preprocess(estimator: Any, params: dict[str, Any], X, y, fit_params):
    """Fit what is before the network; return it, and what reaches the network.

    Parameters
    ----------
    estimator : NeuralNetBase or Pipeline that ends in one
    params : dict
        Parameters of the steps before the network.
    X, y : array-like
        Training rows.
    fit_params : dict
        Of the whole estimator.

    Returns
    -------
    fitted : Pipeline or None
        With a :class:`Reached` in the network's place; None for a bare network.
    arguments : tuple
        X, y and the keyword arguments of the network's ``fit``.
    """
    if not isinstance(estimator, Pipeline):
        return None, (X, y, fit_params)
    pipeline = clone(estimator).set_params(**clone(params, safe=False))
    name, network = pipeline.steps[-1]
    pipeline.steps[-1] = (name, Reached(network))
    pipeline.fit(X, y, **fit_params)
    return pipeline, pipeline.steps[-1][1].arguments_


def put_back(fitted: Pipeline | None, network: NeuralNetBase) -> Any:
    """Return the fitted Pipeline with a fitted network at its end."""
    if fitted is None:
        return network
    whole = copy.copy(fitted)
    whole.steps = [*fitted.steps[:-1], (fitted.steps[-1][0], network)]
    return whole
