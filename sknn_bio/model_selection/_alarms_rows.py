"""The rows of a comparison as numbers: training and test cohort in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

HUGE = 1e100  # whose square is no number; such values are overflows


@dataclass(frozen=True)
class Split:
    """One fold: which rows trained and which were asked."""

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Rows:
    """What all checks read.

    Attributes
    ----------
    values : ndarray or csc_matrix of shape (n_samples, n_features)
        Numbers as they came, categories as whole numbers, NaN where missing.
    names : list of str
        The features.
    is_numeric : ndarray of bool, shape (n_features,)
        False where a column holds the codes of categories.
    y : ndarray of shape (n_samples,)
        The target: floats for a regression, else codes in the order of `classes`.
    classes : ndarray or None
        None for a regression.
    groups : ndarray of int, shape (n_samples,) or None
        Which rows belong together.
    group_names : ndarray
        The groups' names, in the order of their numbers.
    splits : list of Split
        The folds.
    n_train : int
        Rows of the training cohort; those after them are the test cohort.
    task : str
        "binary", "multiclass" or "regression".
    random_state : int
        For what is drawn.
    """

    values: Any
    names: list[str]
    is_numeric: np.ndarray
    y: np.ndarray
    classes: np.ndarray | None
    groups: np.ndarray | None
    group_names: np.ndarray
    splits: list[Split]
    n_train: int
    task: str
    random_state: int

    @property
    def has_test(self) -> bool:
        """Whether there is a test cohort."""
        return self.n_train < len(self.y)

    def column(self, number: int | np.integer, rows: Any = slice(None)) -> np.ndarray:
        """Return one feature, dense and float64; what is not a number is missing."""
        if sparse.issparse(self.values):
            values = self.values[:, [number]].toarray().ravel()[rows]
        else:
            values = self.values[rows, number]
        values = np.asarray(values, dtype=np.float64)
        return np.where(np.abs(values) < HUGE, values, np.nan)

    def draw(self, rows: np.ndarray, most: int) -> np.ndarray:
        """Return the rows, or as many of them as `most`, sorted."""
        if len(rows) <= most:
            return rows
        rng = np.random.default_rng(self.random_state)
        return np.sort(rng.choice(rows, most, replace=False))

    def independent(self, rows: np.ndarray, positive: np.ndarray) -> tuple[int, int]:
        """Count positives and negatives, each group once where there are several."""
        if self.groups is not None:
            groups = self.groups[rows]
            if len(np.unique(groups)) > 1:
                return len(np.unique(groups[positive])), len(
                    np.unique(groups[~positive])
                )
        return int(positive.sum()), int((~positive).sum())


def read_rows(
    X: Any,
    y: Any,
    groups: Any,
    splits: Sequence[tuple[int, int, Any, Any]],
    task: str,
    test: tuple | None,
    pos_label: Any,
    random_state: int,
) -> Rows:
    """Bring table, target and groups of both cohorts into one form."""
    n_train = X.shape[0] if hasattr(X, "shape") else len(X)
    target = np.asarray(y)
    if test is not None:
        X = _stack(X, test[0])
        target = np.concatenate([target, np.asarray(test[1])])
        if len(test) > 2 and test[2] is not None and groups is not None:
            # A patient seen in both cohorts is one patient.
            groups = np.concatenate([np.asarray(groups), np.asarray(test[2])])
        else:
            groups = None
        splits = [(0, 0, np.arange(n_train), np.arange(n_train, len(target)))]
    values, names, is_numeric = _numbers(X)
    classes: np.ndarray | None = None
    if task == "regression":
        target = target.astype(np.float64)
    else:
        found = pd.unique(pd.Series(target))
        last = [pos_label] if pos_label is not None and task == "binary" else []
        classes = np.array([*sorted(set(found) - set(last)), *last], dtype=object)
        target = pd.Categorical(target, categories=classes).codes.astype(int)
    codes, group_names = (None, np.array([]))
    if groups is not None:
        codes, group_names = pd.factorize(np.asarray(groups), sort=False)
    return Rows(
        values,
        names,
        is_numeric,
        target,
        classes,
        codes,
        np.asarray(group_names),
        [Split(r, f, np.asarray(a), np.asarray(b)) for r, f, a, b in splits],
        n_train,
        task,
        random_state,
    )


def _stack(X: Any, X_test: Any) -> Any:
    if sparse.issparse(X) or sparse.issparse(X_test):
        return sparse.vstack([X, X_test], format="csc")
    if isinstance(X, pd.DataFrame) and isinstance(X_test, pd.DataFrame):
        return pd.concat([X, X_test[X.columns]], ignore_index=True)
    if hasattr(X, "to_pandas") and hasattr(X_test, "to_pandas"):
        return _stack(X.to_pandas(), X_test.to_pandas())
    return np.concatenate([np.asarray(X), np.asarray(X_test)])


def _numbers(X: Any) -> tuple[Any, list[str], np.ndarray]:
    if sparse.issparse(X):
        names = [f"feature {number}" for number in range(X.shape[1])]
        return X.tocsc(), names, np.ones(X.shape[1], dtype=bool)
    if hasattr(X, "to_pandas"):
        X = X.to_pandas()
    if not isinstance(X, pd.DataFrame):
        array = np.asarray(X)
        names = [f"feature {number}" for number in range(array.shape[1])]
        if array.dtype.kind in "biuf":
            return array, names, np.ones(array.shape[1], dtype=bool)
        X = pd.DataFrame(array, columns=names).infer_objects()
    columns = [X.iloc[:, number] for number in range(X.shape[1])]
    is_numeric = np.array([pd.api.types.is_numeric_dtype(c.dtype) for c in columns])
    values = np.empty(X.shape, dtype=np.float64)
    for number, column in enumerate(columns):
        if is_numeric[number]:
            values[:, number] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        else:
            codes = pd.factorize(column, sort=False)[0].astype(np.float64)
            values[:, number] = np.where(codes < 0, np.nan, codes)
    return values, [str(name) for name in X.columns], is_numeric
