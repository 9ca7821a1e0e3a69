"""What ``class_weight`` makes of the rows' weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sknn_bio.estimators._inputs import Inputs


def class_factors(
    class_weight: str | Mapping | None, classes: np.ndarray, inputs: Inputs
) -> np.ndarray:
    """Return the factor of each class, (n_classes,).

    Parameters
    ----------
    class_weight : "balanced", mapping of a label to its factor, or None
    classes : ndarray of shape (n_classes,)
    inputs : Inputs
        With codes of classes, and weights.

    Raises
    ------
    ValueError
        If a label is no class, or a factor is negative.
    """
    factors = np.ones(len(classes))
    if class_weight is None:
        return factors
    if isinstance(class_weight, str):  # "balanced"
        sums = np.bincount(inputs.y, inputs.weight, len(classes))
        return sums.sum() / (len(classes) * np.maximum(sums, 1e-300))
    for label, factor in class_weight.items():
        if label not in classes:
            raise ValueError(
                f"class_weight must name classes of y, got {label!r}; y has "
                f"{classes.tolist()}"
            )
        if not factor >= 0:
            raise ValueError(f"class_weight must be >= 0, got {factor!r} for {label!r}")
        factors[classes == label] = factor
    return factors
