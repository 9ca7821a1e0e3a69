"""Permutation importance of columns and of groups of columns, on rows held out."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import check_scoring
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)
from sklearn.utils import check_random_state, indexable
from sklearn.utils.validation import check_is_fitted

from sknn_bio.inspection._permutation_groups import make_groups
from sknn_bio.inspection._permutation_network import PermutedInputs, inputs_of
from sknn_bio.inspection._permutation_tables import PermutedTables, Shuffle
from sknn_bio.inspection._refits import fit_arguments, refit
from sknn_bio.inspection._rows import as_table, column_names
from sknn_bio.ondisk import is_on_disk

_LEVEL = 0.95


@dataclass(frozen=True)
class PermutationImportances:
    """What a model's score loses when columns are permuted.

    Attributes
    ----------
    table : DataFrame
        A row a feature or group, the most important first: feature, importance (mean
        fall of the score), std (over repeats and folds), low and high (95 % interval
        of the mean), rank (1 is the most important; equal ones share the best rank).
    values : ndarray of shape (n_groups, n_folds * n_repeats)
        Each fall of the score, in the order of `groups`, fold by fold.
    scores : ndarray of shape (n_folds,)
        Without permutation; one where there are no folds.
    groups : dict of str to list of str
        The columns of each feature group.
    scoring : str
        What the score is.
    """

    table: pd.DataFrame
    values: np.ndarray
    scores: np.ndarray
    groups: dict[str, list[str]]
    scoring: str


def permutation_importances(
    model: Any,
    X: Any,
    y: Any,
    *,
    scoring: Any = None,
    feature_groups: Any = None,
    correlation: float = 0.7,
    cv: Any = None,
    groups: Any = None,
    sample_weight: Any = None,
    n_repeats: int = 5,
    random_state: int | np.random.RandomState | None = None,
) -> PermutationImportances:
    """Measure how far a score falls when columns are permuted among the rows.

    A permuted column keeps its distribution and loses its relation to the target and
    to the other columns [1]_. Two columns that say the same stand in for each other,
    and neither seems to matter alone; permute them together (`feature_groups`).

    Parameters
    ----------
    model : estimator
        Any scikit-learn estimator or Pipeline, fitted unless `cv` is given. Columns are
        those of `X`, as they come into the Pipeline.
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        Without `cv`: rows that the model was not fitted on, else what it has learnt by
        heart counts as important.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    scoring : str or callable, default=None
        As scikit-learn has it; None is accuracy for a classifier, R² for a regressor.
        "roc_auc" or "neg_log_loss" see more than accuracy does.
    feature_groups : None, "correlated" or dict of name to columns, default=None
        Columns that are permuted together, by one permutation: each alone; clusters of
        rank correlation; or your own (gene sets, indicators of one category), by name
        or position. Groups may overlap; columns in none are left as they are.
    correlation : float, default=0.7
        For "correlated": clusters of the mean absolute Spearman correlation at least
        this (average linkage). Columns that are no numbers stay alone.
    cv : int, splitter or None, default=None
        Fit clones of the model on the training rows of each fold and permute in the
        test rows, so that what a model has only learnt by heart does not count. Our
        estimators train all folds as one population.
    groups : array-like of shape (n_samples,), default=None
        For `cv`: patients, donors or sites that no fold may divide; they also go to the
        model's ``fit`` where that takes groups. An integer `cv` then makes grouped
        folds.
    sample_weight : array-like of shape (n_samples,), default=None
        For the score, and with `cv` for the fits that take weights.
    n_repeats : int, default=5
        Permutations a fold. All columns share them, which makes their order steadier.
    random_state : int, RandomState instance or None, default=None
        Of the permutations and of the folds that an integer `cv` makes.

    Returns
    -------
    PermutationImportances
        Without `cv`, its intervals are Student's over repeats, and hold the chance of
        the permutations alone, not that of the rows. With `cv`, they are Student's over
        folds with the variance corrected for the folds' shared training rows [2]_.

    Raises
    ------
    NotFittedError
        If the model is not fitted and there is no `cv`.
    ValueError
        If a group names a column that is not there, or the lengths differ.

    Notes
    -----
    A network of this package, alone or behind steps that treat each column for itself,
    is not asked anew for each permuted table: a column enters the first layer as one
    term of a sum, and only that term changes. scikit-learn's
    ``permutation_importance`` gives the same numbers for the same random state.

    References
    ----------
    .. [1] Breiman, L. (2001). Random forests. Machine Learning 45, 5-32.
    .. [2] Nadeau, C. & Bengio, Y. (2003). Inference for the generalization error.
       Machine Learning 52, 239-281.

    Examples
    --------
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> from sknn_bio.datasets import load_breast_cancer_table
    >>> from sknn_bio.inspection import permutation_importances
    >>> table = load_breast_cancer_table()
    >>> net = NeuralNetBinaryClassifier(n_members=2, max_epochs=10, random_state=0)
    >>> found = permutation_importances(
    ...     net, table.data, table.target, cv=3, scoring="roc_auc",
    ...     feature_groups="correlated", random_state=0,
    ... )
    >>> found.table.columns.tolist()
    ['feature', 'importance', 'std', 'low', 'high', 'rank']
    """
    if not isinstance(n_repeats, Integral) or n_repeats < 1:
        raise ValueError(f"n_repeats must be an integer >= 1, got {n_repeats!r}")
    X, y = in_memory(X), np.asarray(y)
    if groups is not None:
        groups = np.asarray(groups)
    if sample_weight is not None:
        sample_weight = np.asarray(sample_weight, dtype=float)
    indexable(X, y, groups, sample_weight)
    names = column_names(X, model)
    columns = make_groups(X, names, feature_groups, correlation)
    rng = check_random_state(random_state)
    scorer, scoring_name = _scorer(model, scoring)
    if cv is None:
        check_is_fitted(model)
        folds = [(model, np.arange(X.shape[0]))]
        shares = np.array([0.0])
    else:
        folds, shares = _fit_folds(model, X, y, cv, groups, sample_weight, rng)
    parts, scores = [], []
    for fitted, rows in folds:
        own = X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
        weight = None if sample_weight is None else sample_weight[rows]
        orders = _orders(len(rows), n_repeats, rng)
        score, falls = _falls(
            fitted, own, y[rows], weight, scorer, list(columns.values()), orders
        )
        scores.append(score)
        parts.append(falls)
    values = np.stack(parts, axis=1)  # (n_groups, n_folds, n_repeats)
    return PermutationImportances(
        _summary(list(columns), values, shares),
        values.reshape(len(columns), -1),
        np.array(scores),
        {name: names[own].tolist() for name, own in columns.items()},
        scoring_name,
    )


def in_memory(X: Any) -> Any:
    """Return a data frame, a CSR matrix or an array.

    Raises
    ------
    ValueError
        If the table is on disk.
    """
    if is_on_disk(X):
        raise ValueError("X must be in memory, got a table on disk; read some of it")
    return as_table(X)


def _scorer(model: Any, scoring: Any) -> tuple[Any, str]:
    if scoring is None:
        scoring = "accuracy" if is_classifier(model) else None
        scoring = "r2" if scoring is None and is_regressor(model) else scoring
    scorer = check_scoring(model, scoring)
    if isinstance(scoring, str):
        return scorer, scoring
    return scorer, getattr(scoring, "__name__", None) or repr(scorer)


def _fit_folds(model, X, y, cv, groups, sample_weight, rng):
    """Return (model, its test rows) a fold, and each fold's n_test / n_train."""
    if isinstance(cv, Integral):
        cv = _shuffled_folds(int(cv), is_classifier(model), groups, rng)
    splitter = check_cv(cv, y, classifier=is_classifier(model))
    blank = np.zeros((X.shape[0], 1))
    splits = [(train, test) for train, test in splitter.split(blank, y, groups)]
    arguments = fit_arguments(model, groups, sample_weight)
    models = refit(model, X, y, [train for train, _ in splits], arguments)
    shares = np.array([len(test) / len(train) for train, test in splits])
    return [(m, test) for m, (_, test) in zip(models, splits, strict=True)], shares


def _orders(n_rows: int, n_repeats: int, rng: np.random.RandomState) -> list:
    """Return the permutations, drawn as scikit-learn draws them: one upon another."""
    own = np.random.RandomState(rng.randint(np.iinfo(np.int32).max + 1))
    step, orders = np.arange(n_rows), [np.arange(n_rows)]
    for _ in range(n_repeats):
        own.shuffle(step)
        orders.append(orders[-1][step])
    return orders[1:]


def _falls(
    model: Any, X: Any, y: np.ndarray, weight, scorer, columns: list, orders: list
) -> tuple[float, np.ndarray]:
    """Return the score, and how far it falls: (n_groups, n_repeats)."""
    shuffles: list[Shuffle] = [(own, order) for own in columns for order in orders]
    weights = {} if weight is None else {"sample_weight": weight}
    inputs = inputs_of(model, X, scorer)
    permuted: Any = PermutedTables(model, X)
    if inputs is not None:
        permuted = PermutedInputs(inputs)
    falls = [scorer(own, own.X, y, **weights) for own in permuted.ask(shuffles)]
    score = float(scorer(model, X, y, **weights))
    return score, score - np.array(falls).reshape(len(columns), len(orders))


def _shuffled_folds(number: int, stratified: bool, groups, rng) -> Any:
    if groups is not None:
        kind = StratifiedGroupKFold if stratified else GroupKFold
    else:
        kind = StratifiedKFold if stratified else KFold
    return kind(number, shuffle=True, random_state=rng.randint(np.iinfo(np.int32).max))


def _summary(names: list[str], values: np.ndarray, shares: np.ndarray) -> pd.DataFrame:
    """Return the table of importances from the falls (groups, folds, repeats)."""
    mean = values.mean((1, 2))
    flat = values.reshape(len(values), -1)
    several = flat.shape[1] > 1
    std = flat.std(1, ddof=1) if several else np.full(len(flat), np.nan)
    if values.shape[1] > 1:
        number = values.shape[1]
        error = values.mean(2).std(1, ddof=1) * np.sqrt(1 / number + shares.mean())
    else:
        number = flat.shape[1]
        error = std / np.sqrt(number)
    reach = stats.t.ppf((1 + _LEVEL) / 2, number - 1) if number > 1 else np.nan
    table = pd.DataFrame(
        {
            "feature": names,
            "importance": mean,
            "std": std,
            "low": mean - reach * error,
            "high": mean + reach * error,
            "rank": stats.rankdata(-mean, "min").astype(int),
        }
    )
    return table.sort_values("rank", kind="stable", ignore_index=True)
