"""ROC and precision-recall curves of one model on held-out rows, with their bands."""

from __future__ import annotations

from typing import Any

from sknn_bio.model_selection.statistics.curve_tables import (
    precision_recall_table,
    roc_table,
)
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.reporting._curves import PrecisionRecallCurves, RocCurves
from sknn_bio.reporting._scored import ScoredDisplay


class RocBandDisplay(ScoredDisplay, RocCurves):
    """The ROC curve on held-out rows, with its 95 % band and area.

    The band is the pointwise bootstrap of the rows (of the patients, where there are
    groups), the area's interval the bias-corrected one: what
    `sknn_bio.model_selection.compare` gives, for a single test set.

    Parameters
    ----------
    curves : dict of str to DataFrame
        Model → false_positive_rate, true_positive_rate, low and high.
    numbers : dict of str to int
        Model → its place, which decides its colour.
    label : label
        The class that is to be found.
    notes : dict of str to str
        Model → its area with the interval.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    RocComparisonDisplay : The mean over the folds of a comparison.

    Examples
    --------
    >>> from sknn_bio.reporting import RocBandDisplay
    >>> display = RocBandDisplay.from_predictions(
    ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    ... )  # doctest: +SKIP
    """

    @classmethod
    def _of_scores(cls, evidence: Evidence, pos_label: Any) -> RocBandDisplay:
        curves = {name: roc_table(evidence, name, 1) for name in evidence.answers}
        notes = _areas(evidence, "roc_auc", "AUC")
        return cls(curves, _numbers(curves), pos_label, notes)


class PrecisionRecallBandDisplay(ScoredDisplay, PrecisionRecallCurves):
    """The precision-recall curve on held-out rows, with its 95 % band and area.

    The dashed line is chance, the share of positives. For the band see
    `RocBandDisplay`.

    Parameters
    ----------
    curves : dict of str to DataFrame
        Model → recall, precision, low and high.
    numbers : dict of str to int
        Model → its place, which decides its colour.
    label : label
        The class that is to be found.
    notes : dict of str to str
        Model → its average precision with the interval.
    chance : float, default=0
        The share of positives.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    PrecisionRecallComparisonDisplay : The mean over the folds of a comparison.

    Examples
    --------
    >>> from sknn_bio.reporting import PrecisionRecallBandDisplay
    >>> display = PrecisionRecallBandDisplay.from_predictions(
    ...     [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    ... )  # doctest: +SKIP
    """

    @classmethod
    def _of_scores(
        cls, evidence: Evidence, pos_label: Any
    ) -> PrecisionRecallBandDisplay:
        curves = {
            name: precision_recall_table(evidence, name, 1) for name in evidence.answers
        }
        notes = _areas(evidence, "average_precision", "AP")
        chance = float(evidence.y.mean())
        return cls(curves, _numbers(curves), pos_label, notes, chance)


def _numbers(curves: dict[str, Any]) -> dict[str, int]:
    return {name: number for number, name in enumerate(curves)}


def _areas(evidence: Evidence, metric: str, word: str) -> dict[str, str]:
    """Return model → its area with the 95 % interval."""
    sampled, ends = evidence.samples(metric), evidence.interval(metric)
    return {
        name: f"{word} {sampled[name].value:.3f} [{low:.3f}, {high:.3f}]"
        for name, (low, high) in ends.items()
    }
