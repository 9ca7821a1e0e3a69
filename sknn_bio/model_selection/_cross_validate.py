"""Cross-validation whose networks train all at once."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv, cross_validate
from sklearn.utils import Bunch
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import indexable

from sknn_bio._compat import routing_enabled
from sknn_bio.model_selection._numbered import FixedSplits, Numbered
from sknn_bio.model_selection._pipeline import network_of
from sknn_bio.model_selection._populations import fit_populations


def population_cross_validate(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    scoring=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    return_train_score=False,
    return_estimator=False,
    return_indices=False,
    error_score=np.nan,
    max_memory="auto",
) -> dict[str, Any]:
    """Evaluate a network like ``cross_validate``; train all folds as a population.

    Parameters
    ----------
    estimator : one of our networks, or Pipeline that ends in one
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    groups, scoring, cv, verbose, params, return_train_score, return_estimator, \
return_indices, error_score
        As in ``sklearn.model_selection.cross_validate``.
    n_jobs : int, default=None
        Chunks of the population that train at a time.
    max_memory : int or "auto", default="auto"
        Bytes for one chunk; "auto" is 1 GiB.

    Returns
    -------
    scores : dict
        With the keys of ``cross_validate``. A fit's time is its share of the
        population's.

    Raises
    ------
    TypeError
        If `estimator` is not, and does not end in, one of ours.
    """
    if network_of(estimator) is None:
        raise TypeError(
            f"estimator must be, or end in, a network of sknn_bio, got {estimator!r}"
        )
    X, y = indexable(X, y)
    splitter = check_cv(cv, y, classifier=is_classifier(estimator))
    routed = _route(estimator, splitter, params or {}, groups)
    splits = list(splitter.split(X, y, **routed.splitter.split))
    models = fit_populations(
        estimator, [{}], splits, X, y, routed.estimator.fit, n_jobs, max_memory
    )
    with joblib.parallel_config(backend="sequential"):
        scores = cross_validate(
            Numbered(estimator, models, skip=0),
            X,
            y,
            groups=groups,
            scoring=scoring,
            cv=FixedSplits(splits, splitter),
            verbose=verbose,
            params=params,
            return_train_score=return_train_score,
            return_estimator=return_estimator,
            return_indices=return_indices,
            error_score=error_score,
        )
    scores["fit_time"] = np.array([fitted.seconds for fitted in models])
    if return_estimator:
        scores["estimator"] = [
            clone(estimator) if fitted.model is None else fitted.model
            for fitted in models
        ]
    return scores


def _route(estimator, splitter, params, groups):
    """Divide the parameters between the estimator and the splitter."""
    if not routing_enabled():
        return Bunch(
            estimator=Bunch(fit=params), splitter=Bunch(split={"groups": groups})
        )
    router = (
        MetadataRouter(owner="population_cross_validate")
        .add(
            splitter=splitter,
            method_mapping=MethodMapping().add(caller="fit", callee="split"),
        )
        .add(
            estimator=estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
    )
    return process_routing(router, "fit", **params)
