"""The rows to be explained: a table with a shape, and names for its columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from sknn_bio.data import as_frame
from sknn_bio.ondisk import is_on_disk
from sknn_bio.ondisk._open import as_rows


def as_table(X: Any) -> Any:
    """Return rows as a data frame, a CSR matrix, an array or a table on disk."""
    frame = as_frame(X)
    if frame is not None:
        return frame
    if is_on_disk(X):
        return as_rows(X)
    if sparse.issparse(X):
        return X.tocsr()
    return check_array(X, dtype=None, ensure_all_finite=False)


def column_names(table: Any, model: Any) -> np.ndarray:
    """Return the names of a table's columns, or those of the fit, or x0, x1, ..."""
    names = getattr(table, "columns", None)
    if names is None:
        names = getattr(model, "feature_names_in_", None)
    if names is None or len(names) != table.shape[1]:
        names = [f"x{j}" for j in range(table.shape[1])]
    return np.array([str(name) for name in names])
