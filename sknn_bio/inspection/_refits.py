"""Fit a model anew on several sets of rows, as one population where that can be."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sknn_bio._compat import check_method_params, routing_enabled, safe_split
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._together import can_join, population_key, train_together


def fit_arguments(
    model: Any, groups: np.ndarray | None, sample_weight: np.ndarray | None
) -> dict[str, Any]:
    """Return the keyword arguments of ``fit`` that carry groups and weights.

    An estimator gets them where its ``fit`` has them, a Pipeline for its last step;
    with metadata routing enabled, the model's own requests decide.
    """
    given = {"groups": groups, "sample_weight": sample_weight}
    given = {name: value for name, value in given.items() if value is not None}
    if routing_enabled():
        used = get_routing_for_object(model).consumes("fit", given.keys())
        return {name: given[name] for name in used}
    step, last = model.steps[-1] if isinstance(model, Pipeline) else ("", model)
    prefix = f"{step}__" if step else ""
    return {
        prefix + name: value
        for name, value in given.items()
        if has_fit_parameter(last, name)
    }


def refit(
    model: Any,
    X: Any,
    y: Any,
    rows: Sequence[np.ndarray],
    arguments: dict[str, Any],
    seeds: Sequence[int] | None = None,
) -> list[Any]:
    """Return a clone of the model fitted on each set of rows.

    The networks of our estimators train on one member axis, alone or at the end of a
    Pipeline, whose earlier steps are fitted on the same rows; other models are fitted
    one after the other.

    Parameters
    ----------
    model : estimator
    X, y : table and target
    rows : sequence of index arrays
    arguments : dict
        Keyword arguments of ``fit``, for all rows.
    seeds : sequence of int or None
        For every ``random_state`` of each clone; None leaves them as they are.
    """
    fitted: list[Any] = []
    waiting: dict[str, list[tuple[int, NeuralNetBase, Any]]] = {}
    for place, own in enumerate(rows):
        clone_ = _seeded(clone(model), None if seeds is None else int(seeds[place]))
        X_own, y_own = safe_split(clone_, X, y, own)
        params = check_method_params(X, params=arguments, indices=own)
        network = _own_network(clone_)
        if network is None:
            fitted.append(clone_.fit(X_own, y_own, **params))
            continue
        whole, network, arrived = _up_to(clone_, network, X_own, y_own, params)
        fitted.append(whole)
        X_own, y_own, params = arrived
        network._validate_params()
        job = network._prepare(X_own, y_own, **params)
        if can_join(job):
            waiting.setdefault(population_key(job), []).append((place, network, job))
        else:
            network.fit(X_own, y_own, **params)
    for items in waiting.values():
        trained = train_together([job for *_, job in items], [p for p, *_ in items])
        for (_, network, _), (job, result) in zip(items, trained, strict=True):
            network._keep(job, result)
    return fitted


def _seeded(model: Any, seed: int | None) -> Any:
    if seed is None:
        return model
    names = [n for n in model.get_params() if n.rpartition("__")[2] == "random_state"]
    return model.set_params(**dict.fromkeys(names, seed))


class _Arrived(BaseEstimator):
    """Stands at the end of a Pipeline and keeps what arrives there."""

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


def _own_network(model: Any) -> NeuralNetBase | None:
    """Return the network that a model is or ends in, if a population can train it."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    if not isinstance(last, NeuralNetBase):
        return None
    return None if last.callbacks or last.verbose or last.warm_start else last


def _up_to(model: Any, network: NeuralNetBase, X: Any, y: Any, params: dict):
    """Fit what is before the network; return the model, the network, what it gets."""
    if model is network:
        return model, network, (X, y, params)
    name = model.steps[-1][0]
    model.steps[-1] = (name, _Arrived(network))
    model.fit(X, y, **params)
    arrived = model.steps[-1][1].arguments_
    whole = copy.copy(model)
    whole.steps = [*model.steps[:-1], (name, network)]
    return whole, network, arrived
