"""What rows are held against: baselines by name, or given as rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

NAMED_BASELINES = ("auto", "mean", "zero")


def baseline_rows(baseline: Any, X: Any) -> Any:
    """Return baselines as a table of the kind of `X`; None: the network's own centre.

    Parameters
    ----------
    baseline : {"auto", "mean", "zero"}, or a row or rows of the table
    X : DataFrame, ndarray, sparse matrix or table on disk
        The rows to be explained.

    Raises
    ------
    ValueError
        If a name is unknown, the columns are not those of `X`, or zero is no value of a
        column.
    """
    if isinstance(baseline, str):
        if baseline not in NAMED_BASELINES:
            raise ValueError(
                f"baseline must be one of {NAMED_BASELINES} or rows of the table, got "
                f"{baseline!r}"
            )
        if baseline == "auto":
            baseline = "zero" if _is_sparse(X) else "mean"
        return None if baseline == "mean" else _zeros(X)
    if isinstance(baseline, pd.Series):
        baseline = baseline.to_frame().T
    if not isinstance(baseline, pd.DataFrame):
        if not sparse.issparse(baseline):
            baseline = np.atleast_2d(np.asarray(baseline))
        if baseline.ndim != 2 or baseline.shape[1] != X.shape[1]:
            raise ValueError(
                f"baseline must have the {X.shape[1]} columns of X, got shape "
                f"{baseline.shape}"
            )
        if not isinstance(X, pd.DataFrame):
            return baseline
        dense = baseline.toarray() if sparse.issparse(baseline) else baseline
        baseline = pd.DataFrame(dense, columns=X.columns)
    if isinstance(X, pd.DataFrame):
        missing = [name for name in X.columns if name not in baseline.columns]
        if missing:
            raise ValueError(f"baseline lacks columns of X: {missing[:5]}")
        return baseline[X.columns].astype(X.dtypes)
    return baseline.to_numpy()


def _is_sparse(X: Any) -> bool:
    return sparse.issparse(X) or bool(getattr(X, "is_sparse", False))


def _zeros(X: Any) -> Any:
    if not isinstance(X, pd.DataFrame):
        zeros = np.zeros((1, X.shape[1]))
        return sparse.csr_matrix(zeros) if _is_sparse(X) else zeros
    wrong = [
        name
        for name, kind in X.dtypes.items()
        if not pd.api.types.is_numeric_dtype(kind)
    ]
    if wrong:
        raise ValueError(
            f'baseline="zero" needs numbers, got other columns: {wrong[:5]}; use '
            '"mean", or give rows'
        )
    return pd.DataFrame([[0] * X.shape[1]], columns=X.columns).astype(X.dtypes)
