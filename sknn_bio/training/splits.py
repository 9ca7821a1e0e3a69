"""The inner split: who trains on which rows, and stops on which."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

Rows = tuple[np.ndarray, ...]

_MAX_FOLDS = 8


def inner_split(
    n_rows: int,
    strata: np.ndarray | None,
    groups: np.ndarray | None,
    n_members: int,
    validation: float | Any,
    random_state: np.random.RandomState,
) -> tuple[Rows, Rows | None]:
    """Split the training rows for each member.

    One member holds out `validation`; several are cross-fitted: member m trains
    without fold m of at most eight folds, and stops on it; past as many members as
    folds, with other folds. Folds are stratified, and grouped where groups are given.

    Parameters
    ----------
    n_rows : int
    strata : ndarray of shape (n_rows,) or None
        Class codes; None for regression.
    groups : ndarray of shape (n_rows,) or None
    n_members : int
    validation : float, or a splitter with ``split(X, y, groups)``
        The share that one member holds out, or whose splits the members take in turn.
    random_state : RandomState

    Returns
    -------
    train_rows, valid_rows : tuple of n_members int arrays
        ``valid_rows`` is None where no split is possible: fewer than two rows of a
        class, two groups, or two groups with a class.
    """
    everything = tuple(np.arange(n_rows) for _ in range(n_members))
    if groups is not None and len(np.unique(groups)) < 2:
        warnings.warn(
            "groups has one group only in these rows; it is ignored for the inner "
            "split",
            UserWarning,
            stacklevel=4,
        )
        groups = None
    if hasattr(validation, "split"):
        return _from_splitter(validation, n_rows, strata, groups, n_members)
    folds = _MAX_FOLDS if n_members == 1 else min(n_members, _MAX_FOLDS)
    folds = min(folds, n_rows)
    folds = min([folds, *_fold_limits(strata, groups)])
    if folds < 2:
        return everything, None
    if n_members == 1:
        return _hold_out(n_rows, strata, groups, validation, random_state)
    train: list[np.ndarray] = []
    valid: list[np.ndarray] = []
    while len(train) < n_members:
        for a, b in _kfold(folds, strata, groups, random_state, n_rows):
            train.append(a)
            valid.append(b)
    return tuple(train[:n_members]), tuple(valid[:n_members])


def _fold_limits(strata, groups) -> list[int]:
    """Numbers that folds must not exceed, for every class to stand on both sides."""
    limits = []
    if strata is not None:
        limits.append(int(np.unique(strata, return_counts=True)[1].min()))
    if groups is not None:
        limits.append(len(np.unique(groups)))
    if strata is not None and groups is not None:
        limits += [len(np.unique(groups[strata == c])) for c in np.unique(strata)]
    return limits


def _kfold(folds, strata, groups, random_state, n_rows):
    seed = random_state.randint(np.iinfo(np.int32).max)
    kinds = {
        (True, True): StratifiedGroupKFold,
        (True, False): StratifiedKFold,
        (False, True): GroupKFold,
        (False, False): KFold,
    }
    kind = kinds[strata is not None, groups is not None]
    splitter = kind(n_splits=folds, shuffle=True, random_state=seed)
    return splitter.split(np.zeros(n_rows), strata, groups)


def _hold_out(n_rows, strata, groups, validation, random_state):
    if groups is not None:
        folds = max(2, min([round(1 / validation), *_fold_limits(strata, groups)]))
        train, valid = next(iter(_kfold(folds, strata, groups, random_state, n_rows)))
        return (train,), (valid,)
    n_valid = max(1, round(validation * n_rows))
    if strata is not None:
        n_classes = len(np.unique(strata))
        n_valid = max(n_valid, n_classes)
        if n_rows - n_valid < n_classes:
            return (np.arange(n_rows),), None
    train, valid = train_test_split(
        np.arange(n_rows),
        test_size=min(n_valid, n_rows - 1),
        stratify=strata,
        random_state=random_state,
    )
    return (np.sort(train),), (np.sort(valid),)


def _from_splitter(splitter, n_rows, strata, groups, n_members):
    splits = list(splitter.split(np.zeros((n_rows, 1)), strata, groups))
    chosen = [splits[m % len(splits)] for m in range(n_members)]
    return tuple(np.asarray(a) for a, _ in chosen), tuple(
        np.asarray(b) for _, b in chosen
    )
