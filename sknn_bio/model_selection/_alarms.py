"""Alarms: what in a table, its folds or its scores makes a comparison unbelievable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_cohorts import (
    cohort_shift,
    cohorts,
    tell_apart,
)
from sknn_bio.model_selection._alarms_duplicates import duplicates
from sknn_bio.model_selection._alarms_features import single_feature
from sknn_bio.model_selection._alarms_fitted import fitted_outside
from sknn_bio.model_selection._alarms_inverted import inverted
from sknn_bio.model_selection._alarms_rows import read_rows
from sknn_bio.model_selection._alarms_splits import few_positives, groups_cross_folds

__all__ = ["Alarm", "find_alarms"]


def find_alarms(
    *,
    X: Any,
    y: Any,
    groups: Any,
    splits: Sequence[tuple[int, int, Any, Any]],
    task: str,
    predictions: pd.DataFrame,
    test: tuple | None = None,
    pos_label: Any = None,
    random_state: int = 0,
) -> list[Alarm]:
    """Look for leaks and faults in a table, its folds and its predictions.

    Parameters
    ----------
    X : DataFrame, array-like or sparse matrix of shape (n_samples, n_features)
        The table that was compared on, before any preprocessing.
    y : array-like of shape (n_samples,)
        The target.
    groups : array-like of shape (n_samples,) or None
        The patient, donor or site of each row.
    splits : sequence of (repeat, fold, train_rows, test_rows)
        The folds; not read where `test` is given.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    predictions : DataFrame
        Columns ``model``, ``repeat``, ``fold``, ``row``, ``y_true`` and
        ``proba_<class>``; may be empty.
    test : tuple (X_test, y_test) or (X_test, y_test, groups_test), default=None
        A second cohort, which all models were asked about.
    pos_label : label, default=None
        The positive class of a binary target; None takes the last in sorted order.
    random_state : int, default=0
        For the rows that are drawn from large tables.

    Returns
    -------
    list of Alarm
        Errors first; empty where nothing was found.

    Notes
    -----
    The checks are after the taxonomy of [1]_. Each is built to be silent on a clean
    table: a strong gene, coarse clinical columns or a cohort drawn at random raise
    nothing. None of them proves that a table is clean.

    References
    ----------
    .. [1] Kapoor, S. & Narayanan, A. (2023). Leakage and the reproducibility crisis in
       machine-learning-based science. Patterns 4, 100804.
    """
    rows = read_rows(X, y, groups, splits, task, test, pos_label, random_state)
    told_apart = [(pair, tell_apart(rows, pair)) for pair in cohorts(rows)]
    alarms = [
        *inverted(rows, predictions, told_apart),
        *groups_cross_folds(rows),
        *duplicates(rows),
        *single_feature(rows),
        *fitted_outside(rows),
        *few_positives(rows),
        *cohort_shift(told_apart),
    ]
    return sorted(alarms, key=lambda alarm: alarm.severity)
