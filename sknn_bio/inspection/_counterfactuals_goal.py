"""What the answer of a model should become, and how far a row is from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

_TINY = 1e-30  # so that a probability of 0 has a logarithm
# In log odds: a row this far beyond the border stays there when it is asked in another
# batch, whose sums are rounded otherwise.
_CLEAR = 1e-5
_FAR = 150.0  # more than two logarithms of probabilities can differ
_BLOCK = 2**22  # values of a block of rows


class Goal:
    """The answer that is wanted of a model.

    Parameters
    ----------
    model : fitted classifier or regressor
        Asked in blocks.
    target : label, or (low, high), or None
        As `counterfactuals` has it.
    before : ndarray of shape (n_samples,)
        What the model says of the patients as they are.
    decode : callable
        From a matrix of float64 to the table that the model takes.

    Attributes
    ----------
    asks_predict : bool
        Whether the answer is not the class with the highest score, as behind a tuned
        threshold, so that only ``predict`` knows when the border is passed.
    """

    def __init__(
        self,
        model: Any,
        target: Any,
        before: np.ndarray,
        decode: Callable[[np.ndarray], Any],
    ) -> None:
        self.model, self.before, self.decode = model, before, decode
        self.is_classifier = is_classifier(model)
        self.asks_predict = False
        if self.is_classifier:
            self.classes = np.asarray(model.classes_)
            self._own = np.searchsorted(self.classes, before)
            self.target = _class(target, self.classes)
        else:
            self.target = _range(target)

    def reached(
        self, predicted: np.ndarray, patients: np.ndarray | None = None
    ) -> np.ndarray:
        """Return whether answers are as wanted.

        Parameters
        ----------
        predicted : ndarray of shape (n_rows,)
        patients : ndarray of int of shape (n_rows,), default=None
            Whose rows they are; None: one a patient.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
        """
        if not self.is_classifier:
            low, high = self.target
            return (predicted >= low) & (predicted <= high)
        if self.target is not None:
            return np.asarray(predicted == self.target)
        return np.asarray(
            predicted != (self.before if patients is None else self.before[patients])
        )

    def margins(self, rows: np.ndarray, patients: np.ndarray) -> np.ndarray:
        """Return how far rows are beyond the border; at least 0 where it is passed.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
        patients : ndarray of int of shape (n_rows,)
            Whose rows they are.

        Returns
        -------
        ndarray of shape (n_rows,)
            Log odds of a classifier with probabilities, else in the units of the model.
        """
        block = max(1, _BLOCK // rows.shape[1])
        parts = [
            self._margins(self.decode(rows[i : i + block]), patients[i : i + block])
            for i in range(0, len(rows), block)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def kept(self, rows: np.ndarray) -> np.ndarray:
        """Return which rows beyond the border have not left the range at its far end.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)

        Returns
        -------
        ndarray of bool of shape (n_rows,)
        """
        if self.is_classifier or not len(rows):
            return np.ones(len(rows), dtype=bool)
        return self.reached(np.asarray(self.model.predict(self.decode(rows))))

    def _margins(self, table: Any, patients: np.ndarray) -> np.ndarray:
        if not self.is_classifier:
            # One border: a step over a narrow range is halved until it ends inside.
            low, high = self.target
            predicted = np.asarray(self.model.predict(table), dtype=np.float64)
            is_below = self.before[patients] < low
            return np.where(is_below, predicted - low, high - predicted)
        scores = class_scores(self.model, table)
        here = np.arange(len(scores))
        if self.target is None:
            own = self._own[patients]
            sign = -1.0
        else:
            own = np.full(len(scores), np.flatnonzero(self.classes == self.target)[0])
            sign = 1.0
        one = scores[here, own]
        scores[here, own] = -np.inf
        margins = sign * (one - scores.max(axis=1))
        if not self.asks_predict:
            return margins - _CLEAR
        passed = self.reached(np.asarray(self.model.predict(table)), patients)
        return np.where(passed, margins + _FAR, margins - _FAR)


def class_scores(model: Any, table: Any) -> np.ndarray:
    """Return one score a class: log probabilities where there are any.

    Parameters
    ----------
    model : fitted classifier
    table : DataFrame or ndarray of shape (n_rows, n_features)

    Returns
    -------
    ndarray of shape (n_rows, n_classes)
    """
    if hasattr(model, "predict_proba"):
        proba = np.asarray(model.predict_proba(table), dtype=np.float64)
        return np.log(np.maximum(proba, _TINY))
    if hasattr(model, "decision_function"):
        scores = np.array(model.decision_function(table), dtype=np.float64)
        if scores.ndim == 1:
            scores = np.column_stack([np.zeros(len(scores)), scores])
        return scores
    predicted = np.asarray(model.predict(table))
    return (predicted[:, None] == model.classes_).astype(np.float64)


def _class(target: Any, classes: np.ndarray) -> Any:
    if target is not None and target not in classes.tolist():
        raise ValueError(
            f"target must be one of the classes {classes.tolist()}, got {target!r}"
        )
    return target


def _range(target: Any) -> tuple[float, float]:
    try:
        low, high = target
        low = -np.inf if low is None else float(low)
        high = np.inf if high is None else float(high)
        is_range = low <= high and (low, high) != (-np.inf, np.inf)
    except (TypeError, ValueError):
        is_range = False
    if not is_range:
        raise ValueError(
            "target of a regressor must be a range (low, high), one of which may be "
            f"None, got {target!r}"
        )
    return low, high
