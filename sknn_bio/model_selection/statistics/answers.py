"""What a model answered on the rows of one fold, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

PROBA = "proba_"


@dataclass(frozen=True)
class Answers:
    """Predictions of rows beside the truth.

    Attributes
    ----------
    y : ndarray of shape (n,)
        Class codes, or floats; of two classes, 1 is the positive one.
    label : ndarray of shape (n,)
        Predicted codes, or floats.
    proba : ndarray of shape (n, n_classes) or None
    score : ndarray of shape (n,) or None
        What ranks the rows: the positive class's probability, or a decision value.
    rows : ndarray of shape (n,)
        Positions among the rows that are predicted at all.
    """

    y: np.ndarray
    label: np.ndarray
    proba: np.ndarray | None
    score: np.ndarray | None
    rows: np.ndarray

    def take(self, chosen: np.ndarray) -> Answers:
        """Return some of the rows."""
        return Answers(
            self.y[chosen],
            self.label[chosen],
            None if self.proba is None else self.proba[chosen],
            None if self.score is None else self.score[chosen],
            self.rows[chosen],
        )

    def against_rest(self, code: int) -> Answers:
        """Return the answers for one class against all others."""
        proba = None
        if self.proba is not None:
            proba = np.column_stack([1 - self.proba[:, code], self.proba[:, code]])
        return replace(
            self,
            y=(self.y == code).astype(np.int64),
            label=(self.label == code).astype(np.int64),
            proba=proba,
            score=None if proba is None else proba[:, 1],
        )


# (repeat, fold) → answers of one model.
Folds = dict[tuple[int, int], Answers]


def read_answers(
    predictions: pd.DataFrame, classes: list | None, rows: np.ndarray
) -> Folds:
    """Return (repeat, fold) → answers of one model's predictions.

    Parameters
    ----------
    predictions : DataFrame
        Rows of one model in ``Comparison.predictions``.
    classes : list or None
        Labels in code order; None for a regression.
    rows : ndarray
        Sorted row numbers that are predicted by any model.
    """
    return {
        (int(repeat), int(fold)): _one(part, classes, rows)
        for (repeat, fold), part in predictions.groupby(["repeat", "fold"], sort=True)
    }


def _one(part: pd.DataFrame, classes: list | None, rows: np.ndarray) -> Answers:
    positions = np.searchsorted(rows, part["row"].to_numpy())
    if classes is None:
        y, label = (part[c].to_numpy(dtype=float) for c in ("y_true", "y_pred"))
        return Answers(y, label, None, None, positions)
    index = pd.Index(classes)
    y, label = (index.get_indexer(part[c]) for c in ("y_true", "y_pred"))
    proba = part[[f"{PROBA}{c}" for c in classes]].to_numpy(dtype=float)
    score = None
    if np.isnan(proba).any():
        proba = None
    elif len(classes) == 2:
        score = proba[:, 1]
    if proba is None and "score" in part and part["score"].notna().all():
        score = part["score"].to_numpy(dtype=float)
    return Answers(y, label, proba, score, positions)


def pooled(answers: Folds) -> Folds:
    """Return the answers of all folds of a repeat together, (repeat, 0) → answers."""
    return {
        (repeat, 0): join([part for key, part in answers.items() if key[0] == repeat])
        for repeat in sorted({key[0] for key in answers})
    }


def join(parts: list[Answers]) -> Answers:
    """Return several folds' answers as one."""
    proba = [part.proba for part in parts if part.proba is not None]
    score = [part.score for part in parts if part.score is not None]
    return Answers(
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.label for part in parts]),
        np.concatenate(proba) if len(proba) == len(parts) else None,
        np.concatenate(score) if len(score) == len(parts) else None,
        np.concatenate([part.rows for part in parts]),
    )
