"""Counts or logs: what an expression table seems to hold."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from sknn_bio.preprocessing._blocks import values

# log2(1 + counts per million) is at most 20.
_LARGEST_LOG = 25
_CHUNK = 2**20


class ExpressionScaleWarning(UserWarning):
    """Counts where logs are expected, or the reverse."""


def scale_of(X: Any) -> str | None:
    """Tell whether a table looks like counts or like logs.

    Parameters
    ----------
    X : ndarray or CSR matrix

    Returns
    -------
    scale : {"counts", "logs"} or None
        ``"counts"`` where all entries are whole numbers, ``"logs"`` where some are not
        and none is above 25; None for anything else, such as corrected counts, counts
        per million, negative entries, or nothing but zeros.
    """
    stored = values(X).ravel(order="K")
    whole, largest = True, 0.0
    for start in range(0, len(stored), _CHUNK):
        chunk = stored[start : start + _CHUNK]
        largest = max(largest, float(chunk.max()))
        whole = whole and bool((chunk == np.floor(chunk)).all())
        if chunk.min() < 0 or (largest > _LARGEST_LOG and not whole):
            return None
    if largest == 0:
        return None
    return "counts" if whole else "logs"


def warn_of_logs(X: Any, *, who: str) -> None:
    """Warn where counts are expected and X looks like logs."""
    if scale_of(X) == "logs":
        warnings.warn(
            f"{who} expects counts, and X looks like logs already: it holds fractions, "
            f"and its largest entry is {values(X).max():.3g}; pass the counts",
            ExpressionScaleWarning,
            stacklevel=3,
        )


def warn_of_counts(X: Any, *, who: str) -> None:
    """Warn where logs are expected and X looks like counts."""
    if scale_of(X) == "counts":
        warnings.warn(
            f"{who} expects log-normalised values, and X looks like counts: it holds "
            f"whole numbers only, the largest {values(X).max():.6g}; put a "
            "LogNormalizer before it",
            ExpressionScaleWarning,
            stacklevel=3,
        )
