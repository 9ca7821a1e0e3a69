"""What a classifier says of rows that it was not fitted on, fold by fold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from sknn_bio._compat import check_method_params, safe_split
from sknn_bio.estimators import NeuralNetClassifier
from sknn_bio.omics._novelty import Judge, negative_entropy


@dataclass(frozen=True)
class HeldOut:
    """Rows, and what models that were not fitted on them say of each.

    Attributes
    ----------
    confidence : ndarray of shape (n,)
        Probability of the label that was answered.
    familiarity : ndarray of shape (n,)
        Higher is more like the training rows.
    wrong : ndarray of bool of shape (n,)
    """

    confidence: np.ndarray
    familiarity: np.ndarray
    wrong: np.ndarray

    @classmethod
    def of(
        cls,
        proba: np.ndarray,
        familiarity: np.ndarray,
        classes: np.ndarray,
        y: np.ndarray,
    ) -> HeldOut:
        """Hold the answers of a model against the labels."""
        wrong = classes[proba.argmax(axis=1)] != y
        return cls(proba.max(axis=1), familiarity, np.asarray(wrong, dtype=bool))

    @classmethod
    def join(cls, parts: list[HeldOut]) -> HeldOut:
        """Put the rows of several folds together."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("confidence", "familiarity", "wrong")
            )
        )


def kept_by(judge: Judge, y: np.ndarray) -> HeldOut | None:
    """Return the out-of-fold predictions that a bare network kept, where they do.

    Those of a Pipeline's last step are left alone: the steps before it have seen all
    rows.
    """
    model = judge.model
    proba = getattr(model, "oof_prediction_", None)
    bare = isinstance(model, NeuralNetClassifier) and judge.novelty != "distance"
    if not bare or proba is None or proba.shape != (len(y), len(model.classes_)):
        return None
    known = np.isfinite(proba).all(axis=1)  # not so where the weight is 0
    proba, y = proba[known], y[known]
    if judge.novelty == "probability":
        return HeldOut.of(proba, proba.max(axis=1), model.classes_, y)
    return HeldOut.of(proba, negative_entropy(proba), model.classes_, y)


def cross_fit(
    estimator: Any,
    novelty: str,
    X: Any,
    y: np.ndarray,
    *,
    splits: list[tuple[np.ndarray, np.ndarray]],
    fit_params: dict[str, Any],
    params: dict[str, Any],
    kept: np.ndarray,
    n_jobs: int | None,
) -> HeldOut:
    """Fit a copy of a classifier on each fold's rows, and ask it for the others.

    Parameters
    ----------
    estimator : classifier
    novelty : str
        Of the judge.
    X, y : table of shape (n, n_features), ndarray of shape (n,)
    splits : list of (train, test)
    fit_params, params : dict
        Metadata of ``fit`` and of prediction, cut to each fold's rows.
    kept : ndarray of bool of shape (n,)
        Rows that count; the others have weight 0.
    n_jobs : int or None
    """
    parts = joblib.Parallel(n_jobs=n_jobs)(
        joblib.delayed(_one_fold)(
            clone(estimator), novelty, X, y, train, test, fit_params, params, kept
        )
        for train, test in splits
    )
    return HeldOut.join([part for part in parts if part is not None])


def _one_fold(
    model, novelty, X, y, train, test, fit_params, params, kept
) -> HeldOut | None:
    test = test[kept[test]]
    if len(test) == 0:
        return None
    X_train, y_train = safe_split(model, X, y, train)
    X_test, y_test = safe_split(model, X, y, test, train)
    model.fit(X_train, y_train, **check_method_params(X, fit_params, train))
    here, there = (check_method_params(X, params, rows) for rows in (train, test))
    judge = Judge.fit(model, novelty, X_train, y_train, here, kept[train])
    return HeldOut.of(*judge(X_test, there), model.classes_, y_test)


def make_splits(cv: Any, X: Any, y: np.ndarray, groups: Any = None, **params: Any):
    """Return (train, test) pairs: stratified, and no group on both sides.

    Raises
    ------
    ValueError
        If there are fewer than two rows of every class.
    """
    if not isinstance(cv, Integral):
        given = {"groups": groups, **params} if groups is not None else params
        return list(check_cv(cv, y, classifier=True).split(X, y, **given))
    rows = np.zeros((len(y), 1))
    largest = int(np.unique(y, return_counts=True)[1].max())
    if groups is not None:
        n_groups = len(np.unique(np.asarray(groups)))
        if n_groups > 1:
            folds = StratifiedGroupKFold(min(int(cv), n_groups, largest))
            return list(folds.split(rows, y, groups))
        warnings.warn(
            "groups must hold two groups or more, got one: they are ignored",
            UserWarning,
            stacklevel=4,
        )
    if largest < 2:
        raise ValueError(
            "the rows must have two of a class, to hold one out and train on the "
            f"other; got one of each of {len(y)} classes"
        )
    folds = StratifiedKFold(min(int(cv), largest), shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")
        return list(folds.split(rows, y))


def unrouted(estimator: Any, **metadata: Any) -> dict[str, Any]:
    """Return the keyword arguments of ``fit`` that carry groups and weights.

    Without metadata routing: a bare classifier takes them where its ``fit`` has them, a
    Pipeline for its last step.
    """
    prefix = ""
    while isinstance(estimator, Pipeline):
        step, estimator = estimator.steps[-1]
        prefix += f"{step}__"
    return {
        f"{prefix}{name}": value
        for name, value in metadata.items()
        if value is not None and has_fit_parameter(estimator, name)
    }
