"""Many permuted copies of a table, answered at once by any model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

# Numbers in the copies of a table that are asked at once: enough that a prediction's
# fixed cost is shared, few enough for any laptop.
_MOST_NUMBERS = 1 << 23

Shuffle = tuple[np.ndarray, np.ndarray]  # columns; the row that each row takes them of
Answers = Callable[[str], Any]


class Answered:
    """A fitted model whose answers to one table are known already.

    Scorers take it for the model. Any other table goes to the model itself.

    Parameters
    ----------
    model : fitted estimator
    X : table
    rows : slice
        Where `X` is among the rows that were asked together.
    answers : callable
        ``answers("predict_proba")`` returns the answers to all of those.
    """

    def __init__(self, model: Any, X: Any, rows: slice, answers: Answers):
        self._model, self.X = model, X
        self._rows, self._answers = rows, answers

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and not name.startswith("__sklearn"):
            raise AttributeError(name)  # copying and pickling ask before __init__
        own = getattr(self._model, name)
        if name not in ("predict", "predict_proba", "decision_function"):
            return own

        @wraps(own)  # scorers ask it for its name
        def method(X: Any, **params: Any) -> Any:
            if X is self.X and not params:
                answer = self._answers(name)
                if isinstance(answer, list):  # of a classifier with several targets
                    return [part[self._rows] for part in answer]
                return answer[self._rows]
            return own(X, **params)

        return method


class PermutedTables:
    """Answers of any fitted model to copies of a table with permuted columns."""

    def __init__(self, model: Any, X: Any):
        self._model, self._X = model, X

    def ask(self, shuffles: Sequence[Shuffle]) -> Iterator[Answered]:
        """Yield the model as it is on each permuted copy, with the copy as ``X``."""
        n_rows, n_columns = self._X.shape
        step = max(1, _MOST_NUMBERS // max(1, n_rows * n_columns))
        for start in range(0, len(shuffles), step):
            some = shuffles[start : start + step]
            stacked = stack_tables(self._X, some)
            answers = remembered(self._model, stacked)
            for place in range(len(some)):
                rows = slice(place * n_rows, (place + 1) * n_rows)
                is_frame = isinstance(stacked, pd.DataFrame)
                own = stacked.iloc[rows] if is_frame else stacked[rows]
                yield Answered(self._model, own, rows, answers)


def stack_tables(X: Any, shuffles: Sequence[Shuffle]) -> Any:
    """Return copies of a table one below the other, each with its columns permuted."""
    if sparse.issparse(X):
        columns_first = sparse.csc_matrix(X)
        copies = [_permuted_csc(columns_first, *shuffle) for shuffle in shuffles]
        return sparse.vstack(copies, format="csr")
    n_rows, n_copies = X.shape[0], len(shuffles)
    ends = [slice(k * n_rows, (k + 1) * n_rows) for k in range(n_copies)]
    if not isinstance(X, pd.DataFrame):
        stacked = np.tile(X, (n_copies, 1))
        for rows, (columns, order) in zip(ends, shuffles, strict=True):
            stacked[rows, columns] = X[np.ix_(order, columns)]
        return stacked
    as_it_is = np.tile(np.arange(n_rows), n_copies)
    taken: dict[int, np.ndarray] = {}
    for rows, (columns, order) in zip(ends, shuffles, strict=True):
        for j in columns:
            taken.setdefault(int(j), as_it_is.copy())[rows] = order
    frame = X.iloc[as_it_is].reset_index(drop=True)
    for j, order in taken.items():
        # The column's own array: categories and nullable types stay what they are.
        frame.isetitem(j, X.iloc[:, j].array.take(order))
    return frame


def remembered(model: Any, X: Any) -> Answers:
    """Return a function of a method's name that asks the model once."""
    known: dict[str, Any] = {}

    def answers(name: str) -> Any:
        if name not in known:
            known[name] = getattr(model, name)(X)
        return known[name]

    return answers


def _permuted_csc(X: Any, columns: np.ndarray, order: np.ndarray) -> Any:
    """Return a copy in which row i takes the columns from row ``order[i]``."""
    out = X.copy()
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    for j in columns:
        own = slice(X.indptr[j], X.indptr[j + 1])
        rows = place[X.indices[own]]
        sort = np.argsort(rows)
        out.indices[own], out.data[own] = rows[sort], X.data[own][sort]
    return out
