"""What shap needs: itself, and any table as an array of numbers that can be mixed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio._optional import require


def import_shap() -> ModuleType:
    """Import shap without what it lets matplotlib and numba say of their plans."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return require("shap", extra="explain")


@dataclass(frozen=True)
class CodedTable:
    """Each value as the number of the first row that has it.

    shap mixes rows by adding and multiplying, which categories, strings and missing
    values do not survive; row numbers do.

    Attributes
    ----------
    stack : DataFrame or ndarray of shape (n_background + n_rows, n_features)
        All rows, the background first.
    background, rows : ndarray of float64
        Their codes.
    is_sparse : bool
        Whether the model is to be asked with CSR matrices.
    """

    stack: Any
    background: np.ndarray
    rows: np.ndarray
    is_sparse: bool

    @classmethod
    def of(cls, background: Any, X: Any) -> CodedTable:
        """Code two tables of the same columns."""
        is_sparse = sparse.issparse(X)
        tables = [t.toarray() if sparse.issparse(t) else t for t in (background, X)]
        stack: Any
        if isinstance(X, pd.DataFrame):
            first = _like(tables[0], X)
            stack = pd.concat([first, X], ignore_index=True)
            columns = [stack.iloc[:, j] for j in range(stack.shape[1])]
        else:
            stack = np.concatenate([np.asarray(t) for t in tables])
            columns = list(stack.T)
        codes = np.empty(stack.shape)
        for j, column in enumerate(columns):
            codes[:, j] = _first_rows(column)
        n = background.shape[0]
        return cls(stack, codes[:n], codes[n:], is_sparse)

    def decode(self, codes: np.ndarray) -> Any:
        """Return the table that codes stand for."""
        rows = codes.astype(np.intp)
        if not isinstance(self.stack, pd.DataFrame):
            values = np.take_along_axis(self.stack, rows, axis=0)
            return sparse.csr_matrix(values) if self.is_sparse else values
        columns = [
            self.stack.iloc[:, j].take(rows[:, j]).reset_index(drop=True)
            for j in range(rows.shape[1])
        ]
        return pd.concat(columns, axis=1)

    def asked(self, ask: Callable[[Any], np.ndarray]) -> Callable:
        """Return a question about tables as one about codes."""
        return lambda codes: ask(self.decode(codes))


def _like(background: Any, X: pd.DataFrame) -> pd.DataFrame:
    """Return the background with the columns of X, and their types where they fit."""
    if not isinstance(background, pd.DataFrame):
        return pd.DataFrame(background, columns=X.columns).astype(X.dtypes)
    missing = [name for name in X.columns if name not in background.columns]
    if missing:
        raise ValueError(f"background lacks columns of X: {missing[:5]}")
    return background[X.columns]


def _first_rows(column: Any) -> np.ndarray:
    """Return for each value the first row that has it."""
    codes = pd.factorize(column, use_na_sentinel=False)[0]
    return np.unique(codes, return_index=True)[1][codes]
