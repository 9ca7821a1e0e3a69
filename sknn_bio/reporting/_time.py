"""What a score costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import MetricDisplay, ranked
from sknn_bio.reporting._style import (
    dress,
    legend_below,
    marker_of,
    scaled,
    shorten,
    words,
)


@dataclass(eq=False)
class TimeDisplay(MetricDisplay):
    """The score of each model against the time that one fit took.

    Parameters
    ----------
    points : DataFrame
        Index model; columns seconds (mean a fold), score, low, high.
    metric : str
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    """

    points: pd.DataFrame
    metric: str
    numbers: dict[str, int]

    @classmethod
    def _of(cls, comparison: Comparison, metric: str) -> TimeDisplay:
        columns = {
            "fit_seconds": "seconds",
            metric: "score",
            f"{metric}_low": "low",
            f"{metric}_high": "high",
        }
        points = comparison.summary()[list(columns)].rename(columns=columns)
        return cls(points.dropna(), metric, ranked(comparison))

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] - 0.4 + 0.19 * ((len(self.points) + 2) // 3)

    def _draw(self, ax: Any) -> None:
        ticker = require("matplotlib.ticker", extra="report")
        entries = []
        for name, row in self.points.iterrows():
            look = marker_of(self.numbers[str(name)])
            seconds = max(row["seconds"], 1e-4)
            ax.plot(
                [seconds, seconds],
                [row["low"], row["high"]],
                color=look["color"],
                linewidth=scaled(1.2),
            )
            (drawn,) = ax.plot(
                seconds, row["score"], markersize=scaled(8), linestyle="none", **look
            )
            entries.append((drawn, shorten(name, 20)))
        dress(ax, xlabel="Time to fit one fold", ylabel=words(self.metric))
        ax.set_xscale("log")
        seconds = self.points["seconds"].clip(lower=1e-4)
        few = seconds.max() < 100 * seconds.min()
        ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if few else (1,)))
        ax.xaxis.set_major_formatter(ticker.FuncFormatter(_in_words))
        ax.xaxis.set_minor_formatter(ticker.NullFormatter())
        if entries:
            legend_below(ax, entries, columns=3)


def _in_words(seconds: float, position: int | None = None) -> str:
    if seconds < 1:
        return f"{seconds * 1000:g} ms"
    return f"{seconds:g} s" if seconds < 600 else f"{seconds / 60:.0f} min"
