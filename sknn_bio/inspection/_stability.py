"""Is a top gene a top gene twice? Selection on complementary halves of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata
from sklearn.base import is_classifier
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.utils import check_random_state, indexable

from sknn_bio.inspection._permutation import in_memory
from sknn_bio.inspection._refits import fit_arguments, refit
from sknn_bio.inspection._rows import column_names
from sknn_bio.inspection._stability_bounds import pairs_bound
from sknn_bio.inspection._stability_measures import MEASURES, Importance

_LEVEL = 0.95
_MOST_NUMBERS = 1 << 26  # in the tables of the halves that are fitted together


@dataclass(frozen=True)
class StabilitySelection:
    """Which columns are important again and again.

    Attributes
    ----------
    table : DataFrame
        A row a column of the table, the most frequent first: feature, frequency (share
        of halves whose `n_select` most important columns it is among), importance (mean
        over the halves), rank (by frequency, then importance), rank_low and rank_high
        (where 95 % of its ranks in the halves lie), selected.
    threshold : float
        Least frequency of a selected column.
    n_select : int
        Columns picked in each half.
    false_bound : float
        Bound on the expected number of false selections at the threshold.
    fdr_bound : float
        `false_bound` divided by the number of selected columns, 1 at most; 0 where
        nothing is selected. An implied share, not a second guarantee.
    importances : ndarray of shape (2 * n_pairs, n_features)
        Of each half, in the order of `feature_names`; halves 2i and 2i + 1 are a pair.
    feature_names : ndarray of shape (n_features,)
    """

    table: pd.DataFrame
    threshold: float
    n_select: int
    false_bound: float
    fdr_bound: float
    importances: np.ndarray
    feature_names: np.ndarray


def stability_selection(
    model: Any,
    X: Any,
    y: Any,
    *,
    importance: Literal["integrated_gradients", "permutation"]
    | Importance = "integrated_gradients",
    max_false: float = 0.2,
    n_select: int | Literal["auto"] = "auto",
    n_pairs: int = 50,
    groups: Any = None,
    sample_weight: Any = None,
    random_state: int | np.random.RandomState | None = None,
) -> StabilitySelection:
    """Select the columns that matter in most halves of the rows.

    The rows are cut into two halves, `n_pairs` times; a clone of the model is fitted on
    each half, with all the preprocessing of its Pipeline, and its `n_select` most
    important columns are noted. Columns that are noted often enough are selected: so
    often that at most `max_false` false selections are expected [1]_, [2]_.

    Parameters
    ----------
    model : estimator
        Need not be fitted. Our estimators, alone or at the end of a Pipeline, train
        all halves as one population. Every ``random_state`` in it is set anew for each
        half: halves with the same initial weights would agree for that reason.
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    importance : {"integrated_gradients", "permutation"} or callable, \
default="integrated_gradients"
        Mean absolute attribution over the rows of the half; fall of the log loss (or
        rise of the squared error) there; or ``importance(fitted, X_half, y_half)``,
        which returns an array of shape (n_features,), larger is more important.
    max_false : float, default=0.2
        Expected number of false selections, at most: 0.2 is one in five tables without
        any signal. The bound is far from sharp, so that fewer come through; 1.0 finds
        more of weak signals.
    n_select : int or "auto", default="auto"
        Columns picked in each half; "auto" is ``sqrt(0.8 * n_features)``, as [2]_ has
        it, or the most that the bound allows.
    n_pairs : int, default=50
        Pairs of halves; twice as many fits.
    groups : array-like of shape (n_samples,), default=None
        Patients, donors or sites: none is in both halves of a pair, which are then as
        equal as groups allow. They also go to the model's ``fit`` where that takes
        groups.
    sample_weight : array-like of shape (n_samples,), default=None
        For the fits that take weights.
    random_state : int, RandomState instance or None, default=None

    Returns
    -------
    StabilitySelection

    Raises
    ------
    ValueError
        If no threshold keeps the bound, or the rows cannot be halved.

    Notes
    -----
    "False" is a column that a half picks no more often than chance would, that is with
    probability ``n_select / n_features`` at most. The bound is the one of [2]_ for
    distributions of the frequency that are r-concave, tighter than the one of [1]_,
    ``n_select**2 / ((2 * threshold - 1) * n_features)``. It needs no other assumption
    on the model or the columns, but rows (groups) that are independent. A column
    beside a true one, and correlated with it, is picked more often than chance and is
    not false in this sense: selected columns mark a signal, they need not cause it.
    Constant columns do not count as columns.

    Rank intervals are those of models fitted on half of the rows, and so rather wide.

    References
    ----------
    .. [1] Meinshausen, N. & Bühlmann, P. (2010). Stability selection. Journal of the
       Royal Statistical Society B 72, 417-473.
    .. [2] Shah, R. D. & Samworth, R. J. (2013). Variable selection with error control:
       another look at stability selection. Journal of the Royal Statistical Society B
       75, 55-80.

    Examples
    --------
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> from sknn_bio.datasets import load_breast_cancer_table
    >>> from sknn_bio.inspection import stability_selection
    >>> table = load_breast_cancer_table()
    >>> net = NeuralNetBinaryClassifier(n_members=2, max_epochs=10)
    >>> found = stability_selection(
    ...     net, table.data, table.target, n_pairs=5, max_false=2, random_state=0
    ... )
    >>> found.table.columns.tolist()
    ['feature', 'frequency', 'importance', 'rank', 'rank_low', 'rank_high', 'selected']
    """
    if not isinstance(n_pairs, Integral) or n_pairs < 2:
        raise ValueError(f"n_pairs must be an integer >= 2, got {n_pairs!r}")
    if not isinstance(max_false, Real) or not max_false > 0:
        raise ValueError(f"max_false must be > 0, got {max_false!r}")
    X, y = in_memory(X), np.asarray(y)
    groups = None if groups is None else np.asarray(groups)
    indexable(X, y, groups, sample_weight)
    n_able = int(_varies(X).sum())
    n_select, n_needed, bound = _budget(n_select, n_able, int(n_pairs), max_false)
    rng = check_random_state(random_state)
    halves = _halves(y, groups, is_classifier(model), int(n_pairs), rng)
    arguments = fit_arguments(model, groups, sample_weight)
    measure = importance if callable(importance) else MEASURES.get(importance)
    if measure is None:
        raise ValueError(
            f"importance must be one of {sorted(MEASURES)} or a function, "
            f"got {importance!r}"
        )
    found = _importances(model, X, y, halves, arguments, measure, rng)
    picked = np.array([_top(row, n_select, rng) for row in found])
    names = column_names(X, model)
    table = _table(names, found, picked, n_needed)
    n_selected = int(table["selected"].sum())
    return StabilitySelection(
        table,
        n_needed / (2 * n_pairs),
        n_select,
        bound,
        min(1.0, bound / n_selected) if n_selected else 0.0,
        found,
        names,
    )


def _varies(X: Any) -> np.ndarray:
    """Return which columns have more than one value."""
    if isinstance(X, pd.DataFrame):
        return (X.nunique(dropna=False) > 1).to_numpy()
    if sparse.issparse(X):
        low, high = X.min(axis=0), X.max(axis=0)
        return (low != high).toarray()[0]
    return (X != X[:1]).any(0)


def _budget(
    n_select: Any, n_features: int, n_pairs: int, max_false: float
) -> tuple[int, int, float]:
    """Return the columns a half, the halves that must pick one, and the bound."""
    most = max(1, n_features - 1)
    if n_select == "auto":
        choices = range(max(1, int(np.sqrt(0.8 * n_features))), 0, -1)
    elif isinstance(n_select, Integral) and 1 <= int(n_select) <= most:
        choices = range(int(n_select), int(n_select) - 1, -1)
    else:
        raise ValueError(
            f"n_select must be 'auto' or an integer in [1, {most}], got {n_select!r}"
        )
    for number in choices:
        bound = pairs_bound(number, n_features, n_pairs)
        bound[: n_pairs + 1] = np.inf  # more than half of the halves, at least
        kept = np.flatnonzero(bound <= max_false)
        if len(kept):
            return number, int(kept[0]), float(bound[kept[0]])
    raise ValueError(
        f"at most max_false={max_false:g} false selections of {n_features} columns "
        f"cannot be promised with n_pairs={n_pairs} and n_select={n_select}; the least "
        f"is {bound[-1]:.3g}"
    )


def _halves(
    y: np.ndarray, groups: Any, stratified: bool, n_pairs: int, rng
) -> list[np.ndarray]:
    """Return the rows of each half; a pair has all rows between them."""
    if stratified and y.ndim == 1:
        labels, counts = np.unique(y, return_counts=True)
        if counts.min() < 4:
            raise ValueError(
                f"a class must have at least 4 rows to be halved, got {counts.min()} "
                f"of {labels[counts.argmin()]!r}"
            )
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    else:
        kind = KFold if groups is None else GroupKFold
    rows, halves = np.zeros((len(y), 1)), []
    for seed in rng.randint(np.iinfo(np.int32).max, size=n_pairs):
        splitter = kind(n_splits=2, shuffle=True, random_state=int(seed))
        halves += [own for own, _ in splitter.split(rows, y, groups)]
    return halves


def _importances(
    model, X, y, halves: Sequence[np.ndarray], arguments, measure: Importance, rng
) -> np.ndarray:
    """Return the importances in each half, (n_halves, n_features)."""
    at_once = max(2, int(_MOST_NUMBERS // (len(halves[0]) * X.shape[1])))
    found = []
    for start in range(0, len(halves), at_once):
        some = halves[start : start + at_once]
        seeds = rng.randint(np.iinfo(np.int32).max, size=len(some))
        for own, fitted in zip(
            some, refit(model, X, y, some, arguments, seeds), strict=True
        ):
            part = X.iloc[own] if isinstance(X, pd.DataFrame) else X[own]
            row = np.asarray(measure(fitted, part, y[own]), dtype=float)
            if row.shape != (X.shape[1],):
                raise ValueError(
                    f"importance must return shape ({X.shape[1]},), got {row.shape}"
                )
            found.append(row)
    return np.array(found)


def _top(importances: np.ndarray, number: int, rng) -> np.ndarray:
    """Return which columns are the most important; equal ones by lot, never 0."""
    lot = rng.permutation(len(importances))
    picked = np.zeros(len(importances), dtype=bool)
    picked[np.lexsort((lot, -importances))[:number]] = True
    return picked & (importances > 0)


def _table(names, found: np.ndarray, picked: np.ndarray, n_needed: int) -> pd.DataFrame:
    ranks = np.array([rankdata(-row) for row in found])
    tails = [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]
    low, high = np.quantile(ranks, tails, axis=0)
    table = pd.DataFrame(
        {
            "feature": names,
            "frequency": picked.mean(0),
            "importance": found.mean(0),
            "rank": 0,
            "rank_low": low,
            "rank_high": high,
            "selected": picked.sum(0) >= n_needed,
        }
    ).sort_values(["frequency", "importance"], ascending=False, ignore_index=True)
    table["rank"] = np.arange(1, len(table) + 1)
    return table
