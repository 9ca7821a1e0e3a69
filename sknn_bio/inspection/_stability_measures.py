"""How important each column is to a model, on the rows that it was fitted on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from sknn_bio.inspection._integrated_gradients import integrated_gradients
from sknn_bio.inspection._permutation import permutation_importances

_STEPS = 16

# fitted model, rows, target -> (n_features,)
Importance = Callable[[Any, Any, np.ndarray], np.ndarray]


def _attributed(model: Any, X: Any, y: np.ndarray) -> np.ndarray:
    # An order of columns does not need what completeness does.
    found = integrated_gradients(model, X, tol=np.inf, n_steps=_STEPS, max_steps=_STEPS)
    values = np.abs(found.values)
    return values.mean(axis=0 if values.ndim == 2 else (0, 2), dtype=np.float64)


def _permuted(model: Any, X: Any, y: np.ndarray) -> np.ndarray:
    scoring = "neg_log_loss" if is_classifier(model) else "neg_mean_squared_error"
    found = permutation_importances(
        model, X, y, scoring=scoring, n_repeats=2, random_state=0
    )
    return found.values.mean(1)


MEASURES: dict[str, Importance] = {
    "integrated_gradients": _attributed,
    "permutation": _permuted,
}
