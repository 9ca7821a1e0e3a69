"""A search inside each outer fold: nested, so that choosing costs no honesty."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from sknn_bio.model_selection._folds import InnerFolds
from sknn_bio.model_selection._pipeline import network_of
from sknn_bio.model_selection._search import PopulationSearchCV

N_ITER = 20
_STEP = "model"


def with_searches(
    models: dict[str, Any],
    tune: Mapping[str, Any] | None,
    scoring: Any,
    stratified: bool,
    random_state: int | None,
) -> dict[str, Any]:
    """Return the models, those in `tune` wrapped in a search over their space.

    Networks are searched by PopulationSearchCV, others by GridSearchCV; a space with
    distributions by drawing 20 candidates.

    Parameters
    ----------
    models : dict
    tune : dict or None
        Name → dict of parameter lists or distributions, or a list of such dicts.
    scoring : str or callable
        What the search maximizes.
    stratified : bool
    random_state : int or None

    Raises
    ------
    ValueError
        If `tune` names an unknown model or parameter.
    """
    out = dict(models)
    for name, space in (tune or {}).items():
        if name not in models:
            raise ValueError(
                f"tune must name models, got {name!r}{_hint(name, models)}"
            )
        _check_space(name, models[name], space)
        folds = InnerFolds(stratified=stratified, random_state=random_state)
        out[name] = _search(models[name], space, scoring, folds, random_state)
    return out


def _search(model: Any, space: Any, scoring: Any, folds: InnerFolds, seed: int | None):
    if not isinstance(model, Pipeline) and has_fit_parameter(model, "groups"):
        # A search keeps `groups` for its folds; a Pipeline has a name for the model's.
        model = Pipeline([(_STEP, model)])
        space = [
            {f"{_STEP}__{k}": v for k, v in part.items()} for part in _parts(space)
        ]
    draws = any(
        hasattr(values, "rvs") for part in _parts(space) for values in part.values()
    )
    options: dict[str, Any] = {"scoring": scoring, "cv": folds}
    if draws:
        options |= {"n_iter": N_ITER, "random_state": seed}
    if network_of(model) is not None:
        return PopulationSearchCV(model, space, **options)
    kind = RandomizedSearchCV if draws else GridSearchCV
    return kind(model, space, **options)


def _parts(space: Any) -> list[Mapping[str, Any]]:
    return [space] if isinstance(space, Mapping) else list(space)


def _check_space(name: str, model: Any, space: Any) -> None:
    parts = _parts(space)
    if not parts or not all(isinstance(part, Mapping) and part for part in parts):
        raise ValueError(
            f"tune[{name!r}] must be a dict of parameters and their values, got "
            f"{space!r}"
        )
    known = model.get_params(deep=True)
    for key in {key for part in parts for key in part}:
        if key not in known and not isinstance(model, Pipeline):
            raise ValueError(
                f"tune[{name!r}] must name parameters of the model, got {key!r}"
                f"{_hint(key, known)}"
            )
        if isinstance(model, Pipeline) and key not in known:
            endings = {k.rpartition("__")[2]: k for k in known}
            close = endings.get(key)
            hint = f"; did you mean {close!r}?" if close else _hint(key, known)
            raise ValueError(
                f"tune[{name!r}] must name parameters of the Pipeline, got {key!r}"
                f"{hint}"
            )


def _hint(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def plain_name(parameter: str) -> str:
    """Return a parameter's name without the step that a search has put before it."""
    return parameter.removeprefix(f"{_STEP}__")
