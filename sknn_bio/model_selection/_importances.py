"""What a network looked at in the rows of a fold that it was not trained on."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio._compat import safe_split
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.model_selection._metadata import last_step
from sknn_bio.model_selection._problem import Problem

_MOST_ROWS = 200  # explained in a fold: more change little, and take time


def fold_importances(
    model: Any, problem: Problem, rows: np.ndarray
) -> pd.Series | None:
    """Return the mean absolute attribution of each column over held-out rows.

    Parameters
    ----------
    model : fitted estimator
    problem : Problem
        Whose table is scored.
    rows : ndarray of int of shape (n_test,)
        Rows of it that the model was not fitted on; of more than 200, so many are
        taken, evenly.

    Returns
    -------
    Series of shape (n_features,) or None
        By the name of the column. None for a model that does not end with a network of
        this library, and where no way leads back to the columns, as through a step
        that mixes them.
    """
    from sknn_bio.inspection import integrated_gradients

    if not isinstance(last_step(model), NeuralNetBase):
        return None
    if len(rows) > _MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(int)]
    X, _ = safe_split(model, problem.scored.X, problem.scored.y, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the fit warned of was said
        try:
            table = integrated_gradients(model, X).importances()
        except (TypeError, ValueError):
            return None
    table = table.set_index("feature")["importance"]
    return table.set_axis(table.index.astype(str))
