"""Any scikit-learn scorer on predictions that were made earlier."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer
from sklearn.utils.metaestimators import available_if

from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.metrics import DEFAULTS

Scorers = dict[str, Any]


class _Replay(BaseEstimator):
    """Stands for a fitted model; its answers were given earlier."""

    def __init__(self, answers: Answers, classes: np.ndarray | None = None):
        self.answers = answers
        self.classes = classes
        if classes is not None:
            self.classes_ = classes

    def predict(self, X):
        """Return the predicted labels."""
        label = self.answers.label
        return label if self.classes is None else self.classes[label]

    @available_if(lambda self: self.answers.proba is not None)
    def predict_proba(self, X):
        """Return the probabilities."""
        return self.answers.proba

    @available_if(
        lambda self: self.answers.proba is None and self.answers.score is not None
    )
    def decision_function(self, X):
        """Return the decision values."""
        return self.answers.score


class ReplayClassifier(ClassifierMixin, _Replay):
    """Classifier whose answers were given earlier."""


class ReplayRegressor(RegressorMixin, _Replay):
    """Regressor whose answers were given earlier."""


def read_scoring(scoring: Any, task: str) -> Scorers:
    """Return metric name → name of a scikit-learn scorer, or a callable.

    Raises
    ------
    ValueError
        If a name is not one of scikit-learn's.
    """
    if scoring is None:
        return {name: name for name in DEFAULTS[task]}
    if isinstance(scoring, Mapping):
        scorers = dict(scoring)
    else:
        listed = scoring if isinstance(scoring, list | tuple) else [scoring]
        scorers = {_name(scorer): scorer for scorer in listed}
    for scorer in scorers.values():
        if isinstance(scorer, str):
            get_scorer(scorer)
        elif not callable(scorer):
            raise ValueError(
                "scoring must hold names of scikit-learn's scorers or callables, got "
                f"{scorer!r}"
            )
    return scorers


def _name(scorer: Any) -> str:
    if isinstance(scorer, str):
        return scorer
    function = getattr(scorer, "_score_func", scorer)
    return getattr(function, "__name__", type(scorer).__name__)


def apply_scorer(
    scorer: str | Callable,
    answers: Answers,
    classes: np.ndarray | None,
    X: Any = None,
) -> float:
    """Return one metric of given answers; NaN where it is not defined.

    Parameters
    ----------
    scorer : str or callable
        A callable sees the user's labels; a name works on codes, of which 1 is the
        positive class.
    answers : Answers
    classes : ndarray or None
        The user's labels in code order.
    X : array-like, default=None
        The rows, for a callable that looks at them.
    """
    if classes is None:
        model: Any = ReplayRegressor(answers)
        y = answers.y
    elif isinstance(scorer, str):
        model = ReplayClassifier(answers, np.arange(len(classes)))
        y = answers.y
    else:
        model, y = _in_labels(answers, classes)
    rows = np.zeros((len(y), 1)) if X is None else X
    score = get_scorer(scorer)  # a callable is its own
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.filterwarnings("ignore", "y_pred contains classes not in y_true")
        warnings.filterwarnings("ignore", "No positive class found in y_true")
        return float(score(model, rows, y))


def score_or_nan(
    scorer: str | Callable, answers: Answers, classes: np.ndarray | None
) -> float:
    """Return one metric of given answers; NaN where the scorer cannot score them.

    A class may be absent, probabilities missing, or a callable may look at the rows.
    """
    try:
        return apply_scorer(scorer, answers, classes)
    except Exception:
        return np.nan


def _in_labels(answers: Answers, classes: np.ndarray):
    order = np.argsort(classes)
    place = np.argsort(order)
    ordered = Answers(
        place[answers.y],
        place[answers.label],
        None if answers.proba is None else answers.proba[:, order],
        answers.score,
        answers.rows,
    )
    model = ReplayClassifier(ordered, classes[order])
    return model, classes[answers.y]


class _InLabels:
    """A user's scorer inside a search, where labels are codes."""

    def __init__(self, scorer: Callable, classes: np.ndarray):
        self.scorer, self.classes = scorer, classes

    def __call__(self, model: Any, X: Any, y: np.ndarray) -> float:
        label = np.asarray(model.predict(X)).astype(np.int64).ravel()
        proba = model.predict_proba(X) if hasattr(model, "predict_proba") else None
        score = None
        if proba is None and hasattr(model, "decision_function"):
            score = model.decision_function(X)
        answers = Answers(np.asarray(y), label, proba, score, np.arange(len(label)))
        return apply_scorer(self.scorer, answers, self.classes, X)


def search_scorer(scorer: str | Callable, classes: np.ndarray | None) -> Any:
    """Return a scorer for a search, which sees codes in the place of labels."""
    if isinstance(scorer, str) or classes is None:
        return scorer
    return _InLabels(scorer, classes)
