"""Hand groups and weights to whatever can use them; seed what has no seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sknn_bio._compat import BaseSearchCV, routing_enabled


def fit_parameters(
    model: Any, groups: np.ndarray | None, weight: np.ndarray | None
) -> dict[str, Any]:
    """Return the keyword arguments of a model's ``fit`` that carry the metadata.

    A bare estimator takes `groups` and `sample_weight` where its ``fit`` has them, a
    Pipeline for its last step. A search takes them for its estimator, and groups for
    its own folds. With metadata routing enabled, the model's own requests decide.

    Parameters
    ----------
    model : estimator
    groups, weight : ndarray of shape (n_samples,) or None

    Returns
    -------
    params : dict
    """
    given = {"groups": groups, "sample_weight": weight}
    given = {name: value for name, value in given.items() if value is not None}
    if routing_enabled():
        used = get_routing_for_object(model).consumes("fit", given.keys())
        return {name: given[name] for name in used}
    return {key: value for name, value in given.items() for key in _keys(model, name)}


def _keys(model: Any, name: str) -> list[str]:
    """Return the keyword arguments that carry `name` to those who use it."""
    if isinstance(model, BaseSearchCV):
        keys = [key for key in _keys(model.estimator, name) if key != "groups"]
        # `groups` itself goes to the folds of the search and no further.
        return [*keys, "groups"] if name == "groups" else keys
    if isinstance(model, Pipeline):
        step, last = model.steps[-1]
        return [f"{step}__{key}" for key in _keys(last, name)]
    return [name] if has_fit_parameter(model, name) else []


def seeded(model: Any, seed: int | None) -> Any:
    """Give the seed to every ``random_state`` that is None; return the model."""
    if seed is None or not hasattr(model, "get_params"):
        return model
    unset = {
        name: seed
        for name, value in model.get_params(deep=True).items()
        if value is None and name.rpartition("__")[2] == "random_state"
    }
    return model.set_params(**unset) if unset else model


def in_codes(models: dict[str, Any], classes: np.ndarray | None) -> dict[str, Any]:
    """Return the models with each ``class_weight`` by label given by class code."""
    if classes is None or np.array_equal(classes, np.arange(len(classes))):
        return models
    codes = {label: code for code, label in enumerate(classes.tolist())}
    out = {}
    for name, model in models.items():
        params = model.get_params(deep=True) if hasattr(model, "get_params") else {}
        weights = {
            key: {codes.get(label, label): w for label, w in value.items()}
            for key, value in params.items()
            if key.rpartition("__")[2] == "class_weight" and isinstance(value, dict)
        }
        out[name] = clone(model).set_params(**weights) if weights else model
    return out


def last_step(model: Any) -> Any:
    """Return the fitted predictor: the best of a search, the end of a Pipeline."""
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif isinstance(model, Pipeline):
            model = model.steps[-1][1]
        else:
            return model
