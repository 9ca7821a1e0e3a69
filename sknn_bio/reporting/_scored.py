"""Figures of scores on rows with known labels: of an estimator, or of anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.reporting._display import Display

_SCORERS = {name: name for name in ("roc_auc", "average_precision")}


class ScoredDisplay(Display):
    """A figure that is drawn from labels and the scores of one class."""

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        pos_label: Any = None,
        groups: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the curve of a fitted classifier, with its 95 % band.

        Parameters
        ----------
        estimator : classifier
            Fitted: one of this library, a Pipeline, or any other.
        X : array-like of shape (n_samples, n_features) or None
            Rows that it was not fitted on. None takes the out-of-fold predictions
            that a network of this library keeps; `y` is then what it was fitted on.
        y : array-like of shape (n_samples,)
            Their labels.
        pos_label : label, default=None
            The class to find. None is the last one of two.
        groups : array-like of shape (n_samples,), default=None
            The patient of each row, where one has several: the band is then for new
            patients.
        name : str, default=None
            What the legend calls the curve; None is the estimator's class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            For several classes without `pos_label`, and for `X` None where there are
            no out-of-fold predictions.
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> from sknn_bio.reporting import RocBandDisplay
        >>> RocBandDisplay.from_estimator(model, X_test, y_test)  # doctest: +SKIP
        """
        scores, y, pos_label = estimator_scores(estimator, X, y, pos_label)
        if groups is not None:
            groups = column_or_1d(groups)[np.isfinite(scores)]
        seen = np.isfinite(scores)
        return cls.from_predictions(
            y[seen],
            scores[seen],
            pos_label=pos_label,
            groups=groups,
            name=name or type(final_step(estimator)).__name__,
            ax=ax,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        pos_label: Any = None,
        groups: Any = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw the curve of any scores, with its 95 % band.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            Labels.
        y_score : array-like of shape (n_samples,), or dict of str to those
            The score of the positive class; or that of each of several models.
        pos_label : label, default=None
            The class to find. None is the last one of two.
        groups : array-like of shape (n_samples,), default=None
            The patient of each row, where one has several.
        name : str, default=None
            What the legend calls the curve.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            For several classes without `pos_label`, one class alone, lengths that
            differ, and scores that are no finite numbers.
        """
        y = column_or_1d(y_true)
        scores = y_score if isinstance(y_score, Mapping) else {name or "": y_score}
        pos_label = positive_of(np.unique(y), pos_label)
        evidence = _evidence(np.asarray(y == pos_label), scores, groups)
        return cls._of_scores(evidence, pos_label).plot(ax)

    @classmethod
    def _of_scores(cls, evidence: Evidence, pos_label: Any) -> Self:
        """Return the display, not drawn yet; the class 1 is the one to find."""
        raise NotImplementedError


def estimator_scores(
    estimator: Any, X: Any, y: Any, pos_label: Any
) -> tuple[np.ndarray, np.ndarray, Any]:
    """Return the scores of one class, the labels, and the class.

    Scores are NaN where there is no out-of-fold prediction.
    """
    check_is_fitted(estimator)
    y = column_or_1d(y)
    classes = np.asarray(estimator.classes_)
    pos_label = positive_of(classes, pos_label)
    if pos_label not in classes:
        raise ValueError(f"pos_label must be one of {classes}, got {pos_label!r}")
    code = int(np.flatnonzero(classes == pos_label)[0])
    if X is None:
        scores = out_of_fold(estimator)[:, code]
    elif hasattr(estimator, "predict_proba"):
        scores = estimator.predict_proba(X)[:, code]
    else:
        scores = np.asarray(estimator.decision_function(X))
        if scores.ndim == 2:
            scores = scores[:, code]
        elif code == 0:
            scores = -scores
    check_consistent_length(scores, y)
    return np.asarray(scores, dtype=float), y, pos_label


def out_of_fold(estimator: Any) -> np.ndarray:
    """Return the probabilities of rows by members that were not trained on them."""
    network = final_step(estimator)
    if not hasattr(network, "oof_prediction_"):
        raise ValueError(
            "X must be given: this estimator keeps no out-of-fold predictions"
        )
    return network.oof_prediction_


def final_step(estimator: Any) -> Any:
    """Return the last step of a Pipeline; anything else as it is."""
    return estimator[-1] if hasattr(estimator, "steps") else estimator


def positive_of(classes: np.ndarray, pos_label: Any) -> Any:
    """Return the class to find; for None the last one of two."""
    if pos_label is not None:
        return pos_label
    if len(classes) > 2:
        raise ValueError(
            f"pos_label must name the class to find, one of {classes.tolist()}"
        )
    return classes.tolist()[-1]


def _evidence(positive: np.ndarray, scores: Mapping[str, Any], groups: Any) -> Evidence:
    """Return the scores as a comparison's statistics take them, in one fold."""
    if positive.all() or not positive.any():
        which = "every row is" if positive.all() else "no row is"
        raise ValueError(f"y_true must hold two classes, got one: {which} positive")
    rows = pd.DataFrame(
        {"row": np.arange(len(positive)), "y_true": positive.astype(int)}
    )
    if groups is not None:
        rows["group"] = column_or_1d(groups)
    parts = []
    for name, given in scores.items():
        score = column_or_1d(given, dtype=np.float64)
        check_consistent_length(positive, score)
        if not np.isfinite(score).all():
            raise ValueError("y_score must be finite, got NaN or inf")
        likely = score.min() >= 0 and score.max() <= 1
        proba = score if likely else np.full(len(score), np.nan)
        called = (score >= (0.5 if likely else 0.0)).astype(int)
        parts.append(
            rows.assign(
                model=name,
                repeat=0,
                fold=0,
                y_pred=called,
                score=score,
                proba_0=1 - proba,
                proba_1=proba,
            )
        )
    return Evidence(pd.concat(parts), [0, 1], _SCORERS, seed=0)
