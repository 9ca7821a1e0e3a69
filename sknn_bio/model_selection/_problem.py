"""What is compared on: the table, its target, its groups and the cohort to test on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length

from sknn_bio.ondisk import is_on_disk

Task = Literal["binary", "multiclass", "regression"]


@dataclass
class Problem:
    """A table with its target, checked.

    Attributes
    ----------
    X : DataFrame, array or sparse matrix of shape (n_samples, n_features)
        As the user gave it; models do their own checks.
    y : ndarray of shape (n_samples,)
        Class codes in the order of `classes`, or floats.
    task : {"binary", "multiclass", "regression"}
    classes : ndarray or None
        The user's labels; of two, the positive one is last.
    groups, weight : ndarray of shape (n_samples,) or None
    unit : str
        What a unit is called: the name of the groups, else "rows".
    test : Problem or None
        A cohort of its own to test on.
    """

    X: Any
    y: np.ndarray
    task: Task
    classes: np.ndarray | None
    groups: np.ndarray | None
    weight: np.ndarray | None
    unit: str
    test: Problem | None = None

    @property
    def scored(self) -> Problem:
        """The rows that are predicted: the test cohort's, or this table's own."""
        return self if self.test is None else self.test

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the user's labels for codes; numbers stay numbers."""
        return codes if self.classes is None else self.classes[codes.astype(int)]


def read_problem(
    X: Any,
    y: Any,
    groups: Any = None,
    weight: Any = None,
    test: Any = None,
    pos_label: Any = None,
    models: Iterable[Any] = (),
) -> Problem:
    """Check the table, infer the task from the target, and encode it.

    Whole numbers are classes where all `models` are classifiers, and numbers where all
    are regressors.

    Raises
    ------
    ValueError
        If the table is on disk, lengths differ, y has one value or missing ones,
        `pos_label` is no class, or the test cohort has a class that the table lacks.
    """
    if is_on_disk(X):
        raise ValueError(
            "a comparison holds its table in memory, got one on disk: give some of the "
            "rows, as by rows.read(start, stop), or use cross_validate for one network"
        )
    X = X if hasattr(X, "shape") else np.asarray(X)
    target = _target(y, "y")
    check_consistent_length(X, target, groups, weight)
    task = _task_of(target, list(models))
    classes = None if task == "regression" else _classes(target, task, pos_label)
    if task != "binary" and pos_label is not None:
        raise ValueError(f"pos_label is for two classes, got a {task} target")
    problem = Problem(
        X=X,
        y=_encode(target, classes),
        task=task,
        classes=classes,
        groups=None if groups is None else _group_codes(groups, "groups"),
        weight=None if weight is None else column_or_1d(weight).astype(float),
        unit=_unit(groups),
    )
    if test is not None:
        problem.test = _read_test(test, problem)
    return problem


def _read_test(test: Any, train: Problem) -> Problem:
    if not isinstance(test, tuple | list) or len(test) not in (2, 3):
        raise ValueError("test must be (X, y) or (X, y, groups)")
    X, y, groups = (*test, None)[:3]
    if is_on_disk(X):
        raise ValueError(
            "a comparison holds its table in memory, got one on disk: give some of the "
            "rows, as by rows.read(start, stop), or use cross_validate for one network"
        )
    X = X if hasattr(X, "shape") else np.asarray(X)
    target = _target(y, "the test cohort's y")
    check_consistent_length(X, target, groups)
    if X.shape[1] != train.X.shape[1]:
        raise ValueError(
            f"X of the test cohort must have {train.X.shape[1]} columns like X, got "
            f"{X.shape[1]}"
        )
    codes = None if groups is None else _group_codes(groups, "groups of the test")
    y_codes = _encode(target, train.classes)
    return Problem(X, y_codes, train.task, train.classes, codes, None, _unit(groups))


def _target(y: Any, name: str) -> np.ndarray:
    if isinstance(y, pd.Series) and isinstance(y.dtype, pd.CategoricalDtype):
        y = y.astype(y.cat.categories.dtype)
    target = np.asarray(column_or_1d(y))
    if pd.isna(target).any():
        count = int(pd.isna(target).sum())
        raise ValueError(f"{name} must have no missing values, got {count}")
    return target


def _task_of(target: np.ndarray, models: list[Any]) -> Task:
    values = np.unique(target.astype(str) if target.dtype == object else target)
    if len(values) < 2:
        raise ValueError(f"y must have two values or more, got only {values[0]!r}")
    kind = type_of_target(target)
    if kind not in ("binary", "multiclass", "continuous"):
        raise ValueError(f"y must be of one class or number a row, got a {kind} target")
    if target.dtype.kind in "iuf" and models and all(map(is_regressor, models)):
        return "regression"
    if kind == "multiclass" and not (models and all(map(is_classifier, models))):
        # Counts and scores: many whole numbers are no classes.
        many = max(10, min(20, len(target) / 5))
        if target.dtype.kind == "f" or (
            target.dtype.kind in "iu" and len(values) > many
        ):
            return "regression"
    return {
        "binary": "binary",
        "multiclass": "multiclass",
        "continuous": "regression",
    }[kind]  # type: ignore[return-value]


def _classes(target: np.ndarray, task: Task, pos_label: Any) -> np.ndarray:
    classes = np.unique(target)
    if pos_label is None or task != "binary":
        return classes
    # The command line knows labels as text only.
    same = np.flatnonzero((classes == pos_label) | (classes.astype(str) == pos_label))
    if len(same) == 0:
        raise ValueError(
            f"pos_label must be one of {classes.tolist()}, got {pos_label!r}"
        )
    return classes[[1 - same[0], same[0]]]


def _encode(target: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    if classes is None:
        return target.astype(float)
    unknown = ~np.isin(target, classes)
    if unknown.any():
        raise ValueError(
            f"the test cohort must have classes of {classes.tolist()} only, got "
            f"{np.unique(target[unknown]).tolist()}"
        )
    return pd.Index(classes).get_indexer(pd.Index(target)).astype(np.int64)


def _group_codes(groups: Any, name: str) -> np.ndarray:
    values = np.asarray(column_or_1d(groups))
    if pd.isna(values).any():
        raise ValueError(f"{name} must have no missing values")
    return values


def _unit(groups: Any) -> str:
    if groups is None:
        return "rows"
    name = getattr(groups, "name", None)
    if not isinstance(name, str) or name.lower() in ("", "group", "groups"):
        return "groups"
    return name if name.endswith("s") else f"{name}s"


def summarize(problem: Problem) -> dict[str, Any]:
    """Return what a report says of the table."""
    X = problem.X
    n_samples, n_features = X.shape
    n_categorical, missing = 0, 0
    if hasattr(X, "dtypes") and not sparse.issparse(X):
        frame = X if isinstance(X, pd.DataFrame) else X.to_pandas()
        numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
        n_categorical = n_features - sum(numeric)
        missing = int(frame.isna().to_numpy().sum())
    elif isinstance(X, np.ndarray):
        missing = int(pd.isna(X).sum())
    counts = None
    if problem.classes is not None:
        tally = np.bincount(problem.y, minlength=len(problem.classes))
        counts = dict(zip(problem.classes.tolist(), tally.tolist(), strict=True))
    regression = problem.task == "regression"
    groups = problem.groups
    return {
        "n_samples": n_samples,
        "n_features": n_features,
        "n_numeric": n_features - n_categorical,
        "n_categorical": n_categorical,
        "missing_share": missing / max(1, n_samples * n_features),
        "n_groups": None if groups is None else len(np.unique(groups)),
        "group_name": None if groups is None else problem.unit,
        "unit": problem.scored.unit,
        "classes": counts,
        "target_mean": float(problem.y.mean()) if regression else None,
        "target_std": float(problem.y.std()) if regression else None,
        "n_test": None if problem.test is None else problem.test.X.shape[0],
    }


def name_models(models: Any) -> dict[str, Any]:
    """Return name → estimator; a list is named by its classes.

    Raises
    ------
    ValueError
        If there is none.
    TypeError
        If something in it is no estimator.
    """
    if not isinstance(models, Mapping):
        models = models if isinstance(models, list | tuple) else [models]
        named: dict[str, Any] = {}
        for model in models:
            name = type(model).__name__
            taken = sum(key.partition(" ")[0] == name for key in named)
            named[name if not taken else f"{name} {taken + 1}"] = model
        models = named
    if not models:
        raise ValueError("models must hold at least one estimator, got none")
    for name, model in models.items():
        if isinstance(model, type) or not (
            hasattr(model, "fit") and hasattr(model, "predict")
        ):
            raise TypeError(
                f"models must be estimators with fit and predict, got {model!r} for "
                f"{name!r}"
            )
    return {str(name): model for name, model in models.items()}
