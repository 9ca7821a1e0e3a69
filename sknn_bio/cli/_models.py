"""The models of a comparison, by the names that the command line has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sknn_bio.cli._messages import note, unknown
from sknn_bio.estimators import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.model_selection import baselines

NETWORK = "network"
ESTIMATORS = {
    "binary": NeuralNetBinaryClassifier,
    "multiclass": NeuralNetClassifier,
    "regression": NeuralNetRegressor,
}
# Shapes stay the same, so that all candidates and folds are one population.
SPACE = {"lr": [3e-4, 1e-3, 3e-3], "dropout": [0.0, 0.2, 0.5]}
WIDE = 2_000  # features from which CatBoost takes minutes a fit


def choose_models(
    names: Sequence[str], X: pd.DataFrame, y: pd.Series, *, task: str, seed: int
) -> dict[str, Any]:
    """Return the network and the models beside it.

    Parameters
    ----------
    names : sequence of str
        Which models; none takes all there are, on wide tables without CatBoost.
    X : DataFrame of shape (n_samples, n_features)
        The features.
    y : Series of shape (n_samples,)
        The target.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    seed : int
        Of every model.

    Returns
    -------
    dict of str to estimator
        In the order of the names, none of them fitted.

    Raises
    ------
    ValueError
        If there is no such model.
    """
    there = {NETWORK: ESTIMATORS[task](random_state=seed)}
    there |= baselines(X, y, random_state=seed)
    if not names:
        if X.shape[1] > WIDE and there.pop("catboost", None) is not None:
            note(
                f"catboost is left out: with {X.shape[1]} features it takes minutes a "
                "fit; --models names those you want"
            )
        return there
    for name in names:
        if name not in there:
            raise unknown("--models", name, there)
    return {name: there[name] for name in names}
