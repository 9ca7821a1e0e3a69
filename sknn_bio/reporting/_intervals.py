"""Forest plots: an estimate and its interval in each line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import (
    MOST_BANDS,
    Display,
    MetricDisplay,
    NothingToDraw,
    checked_metric,
    ranked,
)
from sknn_bio.reporting._style import (
    GRID,
    GUIDE,
    dress,
    legend_below,
    marker_of,
    name_rows,
    scaled,
    shorten,
    words,
)


def _bar(ax: Any, low: float, high: float, y: float, color: str) -> None:
    ax.plot(
        [low, high], [y, y], color=color, linewidth=scaled(1.8), solid_capstyle="butt"
    )


@dataclass(eq=False)
class ScoresDisplay(MetricDisplay):
    """Each model's score: every fold, their mean, and its 95 % interval.

    Parameters
    ----------
    scores : DataFrame
        Index model, columns mean, low, high; the best first.
    folds : DataFrame
        Columns model and value, one row a fold.
    metric : str
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    """

    scores: pd.DataFrame
    folds: pd.DataFrame
    metric: str
    numbers: dict[str, int]

    @classmethod
    def _of(cls, comparison: Comparison, metric: str) -> ScoresDisplay:
        columns = {metric: "mean", f"{metric}_low": "low", f"{metric}_high": "high"}
        scores = comparison.summary()[list(columns)].rename(columns=columns)
        folds = comparison.results.query("metric == @metric")[["model", "value"]]
        scores = scores.sort_values("mean", ascending=False, kind="stable")
        return cls(scores, folds, metric, ranked(comparison))

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], 1.0 + 0.36 * len(self.scores)

    def _draw(self, ax: Any) -> None:
        for y, (name, row) in enumerate(self.scores.iterrows()):
            look = marker_of(self.numbers[str(name)])
            values = self.folds.loc[self.folds["model"] == name, "value"]
            ax.plot(
                values,
                [y + 0.22] * len(values),
                "|",
                color=look["color"],
                alpha=0.45,
                markersize=scaled(6),
            )
            _bar(ax, row["low"], row["high"], y, look["color"])
            ax.plot(row["mean"], y, markersize=scaled(7), linestyle="none", **look)
        dress(ax, xlabel=f"{words(self.metric)} (95 % interval)", ylabel="")
        name_rows(ax, list(self.scores.index))


@dataclass(eq=False)
class DifferencesDisplay(Display):
    """The best model against each other one: the paired difference, and its interval.

    The grey band is the region of practical equivalence; a filled marker is a
    difference that the adjusted test finds.

    Parameters
    ----------
    pairs : DataFrame
        other, difference (reference minus other), low, high, rope, found (bool).
    reference : str
        The model that the others are held against.
    metric : str

    See Also
    --------
    Comparison.differences : The numbers, of all pairs.
    """

    pairs: pd.DataFrame
    reference: str
    metric: str

    @classmethod
    def from_comparison(
        cls,
        comparison: Comparison,
        *,
        metric: str | None = None,
        reference: str | None = None,
        ax: Any = None,
    ) -> DifferencesDisplay:
        """Draw the differences of a comparison.

        Parameters
        ----------
        comparison : Comparison
        metric : str, default=None
            None takes the primary one.
        reference : str, default=None
            The model to hold the others against; None takes the best one.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        DifferencesDisplay

        Raises
        ------
        ValueError
            If `metric` or `reference` is not in the comparison, or there is one model.
        """
        metric = checked_metric(comparison, metric)
        table = comparison.differences(metric)
        best = comparison.summary().sort_values(metric, ascending=False).index[0]
        name = best if reference is None else reference
        if name not in comparison.models:
            raise ValueError(
                f"reference must be one of {comparison.models}, got {name!r}"
            )
        if table.empty:
            raise NothingToDraw("differences need two models, got one")
        kept = table[table["a"] == name].rename(columns={"b": "other"})
        turned = table[table["b"] == name].rename(columns={"a": "other"})
        turned = turned.assign(
            difference=-turned["difference"], low=-turned["high"], high=-turned["low"]
        )
        pairs = pd.concat([kept, turned])
        pairs["found"] = pairs["p_holm"] < 0.05
        columns = ["other", "difference", "low", "high", "rope", "found"]
        pairs = pairs[columns].dropna().sort_values("difference", kind="stable")
        if pairs.empty:
            raise NothingToDraw(f"{name} can be held against no other model")
        return cls(pairs.reset_index(drop=True), str(name), metric).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], 1.1 + 0.36 * len(self.pairs)

    def _draw(self, ax: Any) -> None:
        rope = float(self.pairs["rope"].max())
        if rope > 0:
            ax.axvspan(-rope, rope, color=GRID, linewidth=0, zorder=0)
        ax.axvline(0, color=GUIDE, linewidth=1)
        color = marker_of(0)["color"]
        for y, pair in enumerate(self.pairs.itertuples()):
            _bar(ax, pair.low, pair.high, y, color)
            ax.plot(
                pair.difference,
                y,
                "o",
                markersize=scaled(7),
                markerfacecolor=color if pair.found else "white",
                markeredgecolor=color,
            )
        what = f"{shorten(self.reference, 20)} minus the other"
        dress(ax, xlabel=f"{words(self.metric)}: {what}", ylabel="")
        name_rows(ax, list(self.pairs["other"]))


@dataclass(eq=False)
class SubgroupsDisplay(MetricDisplay):
    """The score of the best models in each subgroup, with its interval.

    Parameters
    ----------
    groups : DataFrame
        variable, level, n, model, value, low, high.
    metric : str
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    """

    groups: pd.DataFrame
    metric: str
    numbers: dict[str, int]

    @classmethod
    def _of(cls, comparison: Comparison, metric: str) -> SubgroupsDisplay:
        if comparison.subgroups.empty:
            raise NothingToDraw(
                "the comparison has no subgroups; see compare(subgroups=)"
            )
        numbers = ranked(comparison)
        table = comparison.subgroups.query("metric == @metric")
        table = table[table["model"].isin(list(numbers)[:MOST_BANDS])]
        return cls(table.drop(columns="metric"), metric, numbers)

    def _rows(self) -> pd.DataFrame:
        return self.groups.drop_duplicates(["variable", "level"])

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], 1.3 + 0.45 * len(self._rows())

    def _draw(self, ax: Any) -> None:
        rows = self._rows()
        models = [m for m in self.numbers if m in set(self.groups["model"])]
        entries = []
        for place, name in enumerate(models):
            part = self.groups[self.groups["model"] == name]
            part = part.set_index(["variable", "level"])
            look = marker_of(self.numbers[name])
            shift = (place - (len(models) - 1) / 2) * 0.24
            for y, row in enumerate(rows.itertuples()):
                found = part.loc[(row.variable, row.level)]
                _bar(ax, found["low"], found["high"], y + shift, look["color"])
                (drawn,) = ax.plot(
                    found["value"],
                    y + shift,
                    markersize=scaled(6),
                    linestyle="none",
                    **look,
                )
            entries.append((drawn, shorten(name)))
        dress(ax, xlabel=f"{words(self.metric)} (95 % interval)", ylabel="")
        name_rows(
            ax,
            [
                f"{shorten(row.variable, 16)}: {shorten(row.level, 14)} (n={row.n})"
                for row in rows.itertuples()
            ],
        )
        legend_below(ax, entries, columns=len(models), side="right")
