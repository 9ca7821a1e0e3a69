"""Curves of the models of a comparison, each the mean over folds with its band."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import (
    MOST_BANDS,
    Display,
    LabelDisplay,
    able,
    ranked,
)
from sknn_bio.reporting._style import (
    DASHED,
    GUIDE,
    dress,
    legend_below,
    line_of,
    scaled,
    shorten,
)


@dataclass(eq=False)
class CurvesDisplay(Display):
    """Mean curves, one a model.

    Parameters
    ----------
    curves : dict of str to DataFrame
        Model → its curve, the best model first; columns as in `Comparison`.
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    label : label
        The class that is to be found.
    notes : dict of str to str
        Model → what the legend says beside its name.
    """

    curves: dict[str, pd.DataFrame]
    numbers: dict[str, int]
    label: Any
    notes: dict[str, str] = field(default_factory=dict)

    def _lines(self, ax: Any, x: str, y: str) -> None:
        """Draw all curves, the best on top; bands of the best only, to stay legible."""
        entries = []
        for place, (name, curve) in enumerate(self.curves.items()):
            line = line_of(self.numbers[name])
            (drawn,) = ax.plot(
                curve[x],
                curve[y],
                linewidth=scaled(1.7),
                zorder=3 - place * 0.01,
                **line,
            )
            if place < MOST_BANDS:
                ax.fill_between(
                    curve[x],
                    curve["low"],
                    curve["high"],
                    color=line["color"],
                    alpha=0.13,
                    linewidth=0,
                )
            note = f" {self.notes[name]}" if name in self.notes else ""
            entries.append((drawn, f"{shorten(name)}{note}"))
        legend_below(ax, entries, columns=1 if self.notes else 2)

    def _figure_size(self) -> tuple[float, float]:
        rows = len(self.curves) if self.notes else (len(self.curves) + 1) // 2
        return self.size[0], self.size[1] + 0.19 * rows


class RocCurves(CurvesDisplay):
    """ROC curves, wherever their numbers come from."""

    def _draw(self, ax: Any) -> None:
        ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=scaled(1), linestyle=DASHED)
        self._lines(ax, "false_positive_rate", "true_positive_rate")
        dress(
            ax,
            xlabel="False positive rate",
            ylabel=f"True positive rate (positive: {shorten(self.label, 14)})",
        )
        ax.set(xlim=(-0.01, 1), ylim=(0, 1.01))


class RocComparisonDisplay(LabelDisplay, RocCurves):
    """Mean ROC curves over folds, with 95 % bands of the three best models.

    The legend gives each mean area with its 95 % interval.

    See Also
    --------
    Comparison.roc : The numbers.
    """

    @classmethod
    def _of(cls, comparison: Comparison, label: Any) -> RocComparisonDisplay:
        curves = able(comparison, "roc", label)
        notes = {} if label is not None else score_notes(comparison, "roc_auc")
        positive = comparison.pos_label if label is None else label
        return cls(curves, ranked(comparison), positive, notes)


@dataclass(eq=False)
class PrecisionRecallCurves(CurvesDisplay):
    """Precision-recall curves, wherever their numbers come from."""

    chance: float = 0.0

    def _draw(self, ax: Any) -> None:
        ax.axhline(self.chance, color=GUIDE, linewidth=scaled(1), linestyle=DASHED)
        self._lines(ax, "recall", "precision")
        dress(
            ax,
            xlabel=f"Recall (positive: {shorten(self.label)})",
            ylabel="Precision",
        )
        ax.set(xlim=(0, 1.01), ylim=(0, 1.01))


class PrecisionRecallComparisonDisplay(LabelDisplay, PrecisionRecallCurves):
    """Mean precision-recall curves over folds, with bands of the three best models.

    At low prevalence it shows what a ROC curve hides: how many of those who are called
    positive are. The dashed line is chance, the share of positives.

    See Also
    --------
    Comparison.precision_recall : The numbers.
    """

    @classmethod
    def _of(
        cls, comparison: Comparison, label: Any
    ) -> PrecisionRecallComparisonDisplay:
        curves = able(comparison, "precision_recall", label)
        notes = (
            {} if label is not None else score_notes(comparison, "average_precision")
        )
        positive = comparison.pos_label if label is None else label
        rows = comparison.predictions.drop_duplicates("row")
        chance = float((rows["y_true"] == positive).mean())
        return cls(curves, ranked(comparison), positive, notes, chance)


class NetBenefitDisplay(LabelDisplay, CurvesDisplay):
    """Decision curves: what acting on a model is worth, at each threshold [1]_.

    See Also
    --------
    Comparison.net_benefit : The numbers.

    References
    ----------
    .. [1] Vickers, A. J. & Elkin, E. B. (2006). Decision curve analysis. Medical
       Decision Making 26, 565-574.
    """

    @classmethod
    def _of(cls, comparison: Comparison, label: Any) -> NetBenefitDisplay:
        curves = able(comparison, "net_benefit", label)
        positive = comparison.pos_label if label is None else label
        return cls(curves, ranked(comparison), positive)

    def _draw(self, ax: Any) -> None:
        first = next(iter(self.curves.values()))
        ax.axhline(0, color=GUIDE, linewidth=scaled(1))
        ax.plot(
            first["threshold"],
            first["treat_all"],
            color=GUIDE,
            linewidth=scaled(1),
            linestyle=DASHED,
        )
        self._lines(ax, "threshold", "model")
        best = max(curve["model"].max() for curve in self.curves.values())
        top = max(best, float(first["treat_all"].max()), 0.01)
        ax.set(xlim=(0, 1), ylim=(-0.25 * top, 1.1 * top))
        dress(
            ax,
            xlabel=f"Threshold probability of {shorten(self.label)}",
            ylabel="Net benefit",
        )
        inside = first[first["treat_all"] > 0.12 * top]
        if len(inside):
            at = inside.iloc[-1]
            ax.annotate(
                "treat all",
                (at["threshold"], at["treat_all"]),
                xytext=(4, 2),
                textcoords="offset points",
                fontsize="small",
                color=GUIDE,
            )
        ax.text(
            0.995, 0.015 * top, "treat none", color=GUIDE, fontsize="small", ha="right"
        )


def score_notes(comparison: Comparison, metric: str) -> dict[str, str]:
    """Return model → its score with its interval, where the metric was asked for."""
    if metric not in comparison.metrics:
        return {}
    table = comparison.summary()
    return {
        str(name): f"{row[metric]:.3f} [{row[f'{metric}_low']:.3f}, "
        f"{row[f'{metric}_high']:.3f}]"
        for name, row in table.iterrows()
    }
