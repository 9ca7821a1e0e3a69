"""How far probabilities can be taken at their word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import MOST_BANDS, ComparisonDisplay, able, ranked
from sknn_bio.reporting._style import (
    GUIDE,
    dress,
    legend_below,
    line_of,
    marker_of,
    shorten,
)


@dataclass(eq=False)
class ReliabilityDisplay(ComparisonDisplay):
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
    def from_comparison(
        cls, comparison: Comparison, *, label: Any = None, ax: Any = None
    ) -> ReliabilityDisplay:
        """Draw the reliability curves of a comparison.

        Parameters
        ----------
        comparison : Comparison
        label : label, default=None
            Of several classes, the one to hold against the rest.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        ReliabilityDisplay

        Raises
        ------
        ValueError
            For a regression, and for several classes without `label`.
        """
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
        return cls(curves, ranked(comparison), label, errors).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.19 * ((len(self.curves) + 1) // 2)

    def _draw(self, ax: Any) -> None:
        ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=1, linestyle=(0, (4, 3)))
        entries = []
        for place, (name, curve) in enumerate(self.curves.items()):
            number = self.numbers[name]
            look = {**line_of(number), **marker_of(number)}
            (drawn,) = ax.plot(
                curve["predicted"],
                curve["observed"],
                markersize=4.5 if place < MOST_BANDS else 3,
                linewidth=1.4 if place < MOST_BANDS else 0.8,
                zorder=3 - place * 0.01,
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
                    elinewidth=0.8,
                    alpha=0.5,
                )
            note = f" (ECE {self.errors[name]:.3f})" if name in self.errors else ""
            entries.append((drawn, f"{shorten(name, 22)}{note}"))
        legend_below(ax, entries, columns=2)
        dress(
            ax,
            xlabel=f"Predicted probability of {shorten(self.label)}",
            ylabel="Observed frequency",
        )
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
