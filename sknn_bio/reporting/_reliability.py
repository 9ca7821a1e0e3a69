"""How far probabilities can be taken at their word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.model_selection.statistics.calibration import calibration
from sknn_bio.model_selection.statistics.evidence import Evidence
from sknn_bio.reporting._display import MOST_BANDS, LabelDisplay, able, ranked
from sknn_bio.reporting._scored import ScoredDisplay
from sknn_bio.reporting._style import (
    DASHED,
    GUIDE,
    dress,
    legend_below,
    line_of,
    marker_of,
    scaled,
    shorten,
)


@dataclass(eq=False)
class ReliabilityDisplay(LabelDisplay, ScoredDisplay):
    """Observed against predicted frequencies, in bins of equal size.

    Points on the diagonal are probabilities that can be taken at their word; the three
    best models have the 95 % interval of each point.

    Parameters
    ----------
    curves : dict of str to DataFrame
        Model → predicted, observed, low, high; the best model first.
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    label : label
        The class whose probability it is.
    errors : dict of str to float
        Model → expected calibration error.

    See Also
    --------
    Comparison.calibration : The numbers.
    """

    curves: dict[str, pd.DataFrame]
    numbers: dict[str, int]
    label: Any
    errors: dict[str, float]

    @classmethod
    def _of(cls, comparison: Comparison, label: Any) -> ReliabilityDisplay:
        classes = comparison.classes or []
        if label is None:
            label = comparison.pos_label
        if label not in classes:
            raise ValueError(f"label must be one of {classes}, got {label!r}")
        found = able(comparison, "calibration")
        curves = {
            name: c["curve"][c["curve"]["label"] == label] for name, c in found.items()
        }
        errors = (
            {name: c["ece"] for name, c in found.items()} if len(classes) == 2 else {}
        )
        return cls(curves, ranked(comparison), label, errors)

    @classmethod
    def _of_scores(cls, evidence: Evidence, pos_label: Any) -> ReliabilityDisplay:
        found = {name: calibration(evidence, name) for name in evidence.answers}
        curves = {name: c["curve"].assign(label=pos_label) for name, c in found.items()}
        numbers = {name: number for number, name in enumerate(found)}
        return cls(curves, numbers, pos_label, {n: c["ece"] for n, c in found.items()})

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.19 * ((len(self.curves) + 1) // 2)

    def _draw(self, ax: Any) -> None:
        ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=scaled(1), linestyle=DASHED)
        entries = []
        for place, (name, curve) in enumerate(self.curves.items()):
            number = self.numbers[name]
            look = {**line_of(number), **marker_of(number)}
            (drawn,) = ax.plot(
                curve["predicted"],
                curve["observed"],
                markersize=scaled(4.5 if place < MOST_BANDS else 3),
                linewidth=scaled(1.4 if place < MOST_BANDS else 0.8),
                zorder=3 - place * 0.01,
                clip_on=False,
                **look,
            )
            if place < MOST_BANDS:
                middle = curve["observed"]
                ax.errorbar(
                    curve["predicted"],
                    middle,
                    np.maximum([middle - curve["low"], curve["high"] - middle], 0),
                    fmt="none",
                    ecolor=look["color"],
                    elinewidth=scaled(0.8),
                    alpha=0.5,
                )
            note = f" (ECE {self.errors[name]:.3f})" if name in self.errors else ""
            entries.append((drawn, f"{shorten(name, 26)}{note}"))
        legend_below(ax, entries, columns=2)
        dress(
            ax,
            xlabel=f"Predicted probability of {shorten(self.label)}",
            ylabel="Observed frequency",
        )
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
