"""Honest out-of-fold predictions and their score, in the user's numbers."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import r2_score, roc_auc_score

from sknn_bio.estimators._job import Job
from sknn_bio.training.oof import honest_epochs, out_of_fold
from sknn_bio.training.prediction import original_targets, probabilities
from sknn_bio.training.trained import TrainedPopulation


def classifier_out_of_fold(
    job: Job, trained: TrainedPopulation, n_classes: int
) -> tuple[np.ndarray, float] | None:
    """Return probabilities (n_given, classes) and the mean ROC AUC over the folds.

    None where the members have no folds of their own. Rows of weight 0 are NaN.
    """
    folds = _folds(job, trained)
    if folds is None:
        return None
    aucs, mean = [], _RowMeans(job, n_classes)
    for _, rows, raw in folds:
        prob = probabilities(raw)
        mean.add(rows, prob)
        aucs.append(_auc(job.inputs.y[rows], prob, job.inputs.weight[rows]))
    score = float(np.nanmean(aucs)) if np.isfinite(aucs).any() else np.nan
    return mean.of_given_rows(), score


def regressor_out_of_fold(
    job: Job, trained: TrainedPopulation
) -> tuple[np.ndarray, float] | None:
    """Return predictions (n_given, C) and their R² over all rows."""
    folds = _folds(job, trained)
    if folds is None:
        return None
    mean = _RowMeans(job, job.inputs.y.shape[1])
    for member, rows, raw in folds:
        mean.add(rows, original_targets(raw[None], job.scaling.pick([member]))[0])
    prediction = mean.of_rows()
    seen = np.isfinite(prediction).all(1)
    y, weight = job.inputs.y[seen], job.inputs.weight[seen]
    score = float(r2_score(y, prediction[seen], sample_weight=weight))
    return mean.of_given_rows(), score


def _folds(job: Job, trained: TrainedPopulation):
    """Return (member, its validation rows, its raw outputs there) for each member."""
    valid_rows = job.plan.valid_rows
    if not trained.predictions or job.given_validation is not None or not valid_rows:
        return None
    if job.settings.restore_best:
        epochs = honest_epochs(trained.history, job.settings.monitor, valid_rows)
    else:
        epochs = trained.n_epochs - 1
    pairs = out_of_fold(trained.predictions, epochs, valid_rows)
    return [(member, rows, raw) for member, (rows, raw) in enumerate(pairs)]


class _RowMeans:
    """The mean of several predictions a row; NaN where there is none."""

    def __init__(self, job: Job, n_columns: int):
        self._inputs = job.inputs
        self._total = np.zeros((len(job.inputs.y), n_columns))
        self._count = np.zeros((len(job.inputs.y), 1))

    def add(self, rows: np.ndarray, prediction: np.ndarray) -> None:
        self._total[rows] += prediction
        self._count[rows] += 1

    def of_rows(self) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return self._total / self._count

    def of_given_rows(self) -> np.ndarray:
        """Return the means with the user's rows of weight 0 in their places."""
        if self._inputs.kept is None:
            return self.of_rows()
        whole = np.full((self._inputs.n_given, self._total.shape[1]), np.nan)
        whole[self._inputs.kept] = self.of_rows()
        return whole


def _auc(y: np.ndarray, prob: np.ndarray, weight: np.ndarray) -> float:
    """ROC AUC, macro one-vs-rest for several classes; NaN where a class is absent."""
    n_classes = prob.shape[1]
    if len(np.unique(y)) < n_classes:
        return np.nan
    if n_classes == 2:
        return roc_auc_score(y, prob[:, 1], sample_weight=weight)
    each = [
        roc_auc_score(y == c, prob[:, c], sample_weight=weight)
        for c in range(n_classes)
    ]
    return float(np.mean(each))
