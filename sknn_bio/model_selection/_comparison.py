"""What ``compare`` found: numbers only; figures and the page are drawn from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._outputs import Outputs
from sknn_bio.model_selection._thresholds import RULE
from sknn_bio.model_selection.statistics.calibration import calibration
from sknn_bio.model_selection.statistics.confusion import confusion
from sknn_bio.model_selection.statistics.curve_tables import (
    net_benefit_table,
    precision_recall_table,
    roc_table,
)
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.model_selection.statistics.pairs import compare_pairs, rope_of
from sknn_bio.model_selection.statistics.summary import summary_table
from sknn_bio.model_selection.statistics.verdicts import overall


@dataclass(repr=False)
class Comparison(Outputs):
    """The results of a comparison of models on one table.

    Attributes
    ----------
    task : {"binary", "multiclass", "regression"}
    models : list of str
    metrics : list of str
        The first is the primary one; higher is better in all.
    scorers : dict
        Metric → name of scikit-learn's scorer, or a callable.
    classes : list or None
        Labels; of two, the positive one is last.
    pos_label : label or None
        The positive class of two.
    rope : float or dict
        As given to :func:`compare`.
    random_state : int
        Seeds the resamples.
    results : DataFrame
        One row a model, repeat, fold and metric: value, fit_seconds, predict_seconds,
        error (empty where there is none).
    predictions : DataFrame
        One row a model, repeat, fold and predicted row: y_true, y_pred,
        ``proba_<class>``, group. `row` is the position in the table, or in the test
        cohort where one was given.
    folds : DataFrame
        repeat, fold, n_train, n_test.
    thresholds : DataFrame
        model, repeat, fold, threshold: chosen within the training rows.
    best_params : DataFrame
        What nested searches chose, one row a parameter.
    histories : dict of str to list of DataFrame
        Learning curves of the networks, one a fit.
    data_summary, versions : dict
    call : str
        The Python call that makes the comparison again.
    subgroups : DataFrame
        model, variable, level, n, metric, value, low, high.
    alarms : list of Alarm
        What makes the numbers hard to believe.
    importances : DataFrame
        What the networks looked at: model, repeat, fold, feature, importance (mean
        absolute attribution over rows of the fold, which were not trained on). Empty
        where no network is among the models, or none leads back to the columns.

    Notes
    -----
    Intervals are 95 % bootstrap intervals that resample groups where groups were given,
    else rows. They are for the mean performance, on new units of the same population,
    of the models that the folds fitted.
    """

    task: str
    models: list[str]
    metrics: list[str]
    scorers: dict[str, Any]
    classes: list | None
    pos_label: Any
    rope: Any
    random_state: int
    results: pd.DataFrame
    predictions: pd.DataFrame
    folds: pd.DataFrame
    thresholds: pd.DataFrame
    best_params: pd.DataFrame
    histories: dict[str, list[pd.DataFrame]]
    data_summary: dict[str, Any]
    versions: dict[str, str]
    call: str
    subgroups: pd.DataFrame = field(default_factory=pd.DataFrame)
    alarms: list[Alarm] = field(default_factory=list)
    importances: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        """Task, models and the verdict; the tables would fill the screen."""
        return f"Comparison({self.task}, {self.models})\n{self.verdict()}"

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be computed again."""
        return {k: v for k, v in vars(self).items() if k != "_cached"}

    def _evidence(self) -> Evidence:
        if "_cached" not in vars(self):
            has_cohort = self.data_summary["n_test"] is not None
            self._cached = Evidence(
                self.predictions,
                self.classes,
                self.scorers,
                self.random_state,
                None if has_cohort else self.folds,
            )
        return self._cached

    # Numbers ------------------------------------------------------------------------

    def summary(self) -> pd.DataFrame:
        """Return one row a model, best first.

        Returns
        -------
        DataFrame
            For each metric its mean over folds and ``<metric>_low``, ``<metric>_high``;
            mean fit_seconds and predict_seconds a fold; `failed`, a number of folds.
        """
        return summary_table(self._evidence(), self.results, self.models, self.metrics)

    def differences(self, metric: str | None = None) -> pd.DataFrame:
        """Return one row a pair of models, tested and in words.

        Parameters
        ----------
        metric : str, default=None
            None takes the primary one.

        Returns
        -------
        DataFrame
            a, b, difference (a - b) with its interval, p_value, p_holm (adjusted for
            the number of pairs), p_better, p_rope and p_worse (probabilities that the
            difference lies above, inside and below the region of practical
            equivalence), rope (half its width), method, outcome, verdict.

        Notes
        -----
        Folds: corrected resampled t-test of Nadeau and Bengio (2003) and its Bayesian
        reading (Benavoli et al. 2017). One test cohort: DeLong (1988) for the area
        under the ROC curve of ungrouped rows, else the paired bootstrap.
        """
        metric = self._metric(metric)
        target_std = self.data_summary["target_std"]
        return compare_pairs(
            self._evidence(),
            self.results,
            self.folds,
            self.models,
            metric,
            rope_of(self.rope, metric, target_std),
            self.data_summary["unit"],
        )

    def verdict(self) -> str:
        """Return in a sentence or two which model is best, and how sure that is."""
        return overall(self.summary(), self.differences(), self.metrics[0])

    def calibration(self, model: str) -> dict[str, Any]:
        """Return how far probabilities can be taken at their word.

        Parameters
        ----------
        model : str

        Returns
        -------
        dict
            ece (expected calibration error over ten bins of equal count), brier =
            reliability - resolution + uncertainty, and curve, a DataFrame: label,
            predicted, observed, low, high, n.
        """
        return calibration(self._evidence(), self._model(model))

    def confusion(self, model: str) -> dict[str, Any]:
        """Return right and wrong calls at the threshold chosen within the folds.

        Parameters
        ----------
        model : str

        Returns
        -------
        dict
            threshold (mean over folds), rule (how it is chosen), matrix (true ×
            predicted, mean over repeats), and for two classes sensitivity, specificity,
            ppv and npv, each (value, low, high).
        """
        return confusion(self._evidence(), self._model(model), self.thresholds, RULE)

    def roc(self, model: str, label: Any = None) -> pd.DataFrame:
        """Return the mean ROC curve over folds, with its band.

        Parameters
        ----------
        model : str
        label : label, default=None
            Of several classes, the one to hold against the rest.

        Returns
        -------
        DataFrame
            false_positive_rate, true_positive_rate, low, high, and a column a repeat.
        """
        return roc_table(self._evidence(), self._model(model), label)

    def precision_recall(self, model: str, label: Any = None) -> pd.DataFrame:
        """Return the mean precision-recall curve over folds, with its band.

        Parameters
        ----------
        model : str
        label : label, default=None
            Of several classes, the one to hold against the rest.

        Returns
        -------
        DataFrame
            recall, precision, low, high, and a column a repeat. Chance is the share of
            positives, whatever the recall.
        """
        return precision_recall_table(self._evidence(), self._model(model), label)

    def net_benefit(self, model: str, label: Any = None) -> pd.DataFrame:
        """Return the net benefit of treating by the model (decision curve).

        Parameters
        ----------
        model : str
        label : label, default=None
            Of several classes, the one that is treated.

        Returns
        -------
        DataFrame
            threshold, model, low, high, treat_all, treat_none: true positives a row,
            less false positives at the odds of the threshold.

        References
        ----------
        .. [1] Vickers, A. J. & Elkin, E. B. (2006). Decision curve analysis. Medical
           Decision Making 26, 565-574.
        """
        return net_benefit_table(self._evidence(), self._model(model), label)

    def _metric(self, metric: str | None) -> str:
        if metric is not None and metric not in self.metrics:
            raise ValueError(f"metric must be one of {self.metrics}, got {metric!r}")
        return metric or self.metrics[0]

    def _model(self, model: str) -> str:
        if model not in self.models:
            raise ValueError(f"model must be one of {self.models}, got {model!r}")
        if model not in self._evidence().answers:
            raise ValueError(f"{model} failed in every fold")
        return model
