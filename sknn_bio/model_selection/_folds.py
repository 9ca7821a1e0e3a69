"""Which rows train and which test: outer folds, and the folds of a search inside."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from sknn_bio.model_selection._problem import Problem


@dataclass(frozen=True)
class Fold:
    """One outer fold.

    Attributes
    ----------
    repeat, fold : int
        From 0.
    train, test : ndarray of int
        Rows of the table; `test` of the test cohort, where there is one.
    seed : int or None
        For models that ask for none of their own.
    """

    repeat: int
    fold: int
    train: np.ndarray
    test: np.ndarray
    seed: int | None


def make_folds(
    problem: Problem, cv: Any, n_repeats: int, random_state: int | None
) -> list[Fold]:
    """Return the outer folds, the same for every model.

    Stratified for classes, grouped where groups are given; a repeat cuts the table
    anew. A splitter that tests a row twice starts a new repeat there.
    """
    if problem.test is not None:
        everything = np.arange(len(problem.y))
        pairs = [(0, 0, everything, np.arange(len(problem.test.y)))]
    else:
        pairs = _split(problem, cv, n_repeats, random_state)
    return [
        Fold(repeat, fold, train, test, _seed(random_state, repeat, fold))
        for repeat, fold, train, test in pairs
    ]


def _seed(random_state: int | None, repeat: int, fold: int) -> int | None:
    if random_state is None:
        return None
    sequence = np.random.SeedSequence([random_state, repeat, fold])
    return int(sequence.generate_state(1)[0] % 2**31)


def _split(problem: Problem, cv: Any, n_repeats: int, random_state: int | None):
    out: list[tuple[int, int, np.ndarray, np.ndarray]] = []
    for repeat in range(n_repeats):
        seed = None if random_state is None else random_state + repeat
        splitter = _splitter(cv, problem, seed, n_repeats)
        rows = np.zeros((len(problem.y), 1))
        splits = splitter.split(rows, problem.y, problem.groups)
        seen = np.zeros(len(problem.y), dtype=bool)
        number, fold = (out[-1][0] + 1 if out else 0), 0
        for train, test in splits:
            train, test = _numbers(train), _numbers(test)
            if seen[test].any():
                number, fold = number + 1, 0
                seen[:] = False
            seen[test] = True
            out.append((number, fold, train, test))
            fold += 1
    return out


def _numbers(rows: Any) -> np.ndarray:
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def _splitter(cv: Any, problem: Problem, seed: int | None, n_repeats: int) -> Any:
    if cv == "cohort":
        if problem.groups is None:
            raise ValueError('cv="cohort" needs groups, which name the cohorts')
        if n_repeats > 1:
            raise ValueError(
                f'n_repeats must be 1 with cv="cohort", got {n_repeats}: cohorts can '
                "be left out in one way only"
            )
        return LeaveOneGroupOut()
    if isinstance(cv, Integral) and not isinstance(cv, bool):
        if problem.groups is not None and int(cv) > len(np.unique(problem.groups)):
            raise ValueError(
                f"cv must not exceed the number of groups, got {cv} folds for "
                f"{len(np.unique(problem.groups))} groups; cv='cohort' leaves out one "
                "at a time"
            )
        kind = _kind(problem.task != "regression", problem.groups is not None)
        return kind(n_splits=int(cv), shuffle=True, random_state=seed)
    if isinstance(cv, str) or not hasattr(cv, "split"):
        raise ValueError(
            f'cv must be a number of folds, a splitter or "cohort", got {cv!r}'
        )
    if n_repeats == 1:
        return cv
    if getattr(cv, "shuffle", True) is False or not hasattr(cv, "random_state"):
        raise ValueError(
            f"n_repeats={n_repeats} needs a splitter that shuffles, got {cv!r}"
        )
    again = copy.copy(cv)
    again.random_state = seed
    return again


def _kind(stratified: bool, grouped: bool) -> Any:
    if stratified:
        return StratifiedGroupKFold if grouped else StratifiedKFold
    return GroupKFold if grouped else KFold


class InnerFolds(BaseEstimator):
    """Folds inside the training rows: stratified, and grouped where groups come.

    As many as `n_splits`, fewer where a class or the groups do not suffice.

    Parameters
    ----------
    n_splits : int, default=5
    stratified : bool, default=True
        Whether y holds classes.
    random_state : int or None, default=0
    """

    # So that groups come here under metadata routing as well.
    __metadata_request__split = {"groups": True}

    def __init__(self, n_splits=5, *, stratified=True, random_state=0):
        self.n_splits = n_splits
        self.stratified = stratified
        self.random_state = random_state

    def split(self, X, y=None, groups=None):
        """Return (train, test) pairs.

        Raises
        ------
        ValueError
            If there are fewer than two rows.
        """
        splitter, groups = self._choose(X, y, groups)
        return splitter.split(np.zeros((X.shape[0], 1)), y, groups)

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of pairs; without rows, the most there can be."""
        if X is None:
            return self.n_splits
        return self._choose(X, y, groups)[0].get_n_splits(X, y, groups)

    def _choose(self, X, y, groups):
        if groups is not None:
            groups = np.asarray(groups)
            if len(np.unique(groups)) < 2:
                groups = None  # one cohort is left: there is nothing to keep apart
        units = np.arange(X.shape[0]) if groups is None else groups
        limits = [len(np.unique(units))]
        stratified = self.stratified
        if stratified:
            y = np.asarray(y)
            fewest = min(len(np.unique(units[y == c])) for c in np.unique(y))
            stratified = fewest > 1  # else a class is of one unit: it cannot be cut
            limits += [fewest] if stratified else []
        n_splits = min(self.n_splits, *limits)
        kind = _kind(stratified, groups is not None)
        return kind(n_splits, shuffle=True, random_state=self.random_state), groups
