"""Figures of the page, each with what a screen reader says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sklearn.metrics import PredictionErrorDisplay

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import Display, NothingToDraw
from sknn_bio.reporting._intervals import (
    DifferencesDisplay,
    ScoresDisplay,
    SubgroupsDisplay,
)
from sknn_bio.reporting._learning import LearningCurvesDisplay
from sknn_bio.reporting._parts import Figure, Table, number, plural
from sknn_bio.reporting._style import COLORS, GUIDE, dress, new_figure
from sknn_bio.reporting._svg import inline_svg
from sknn_bio.reporting._time import TimeDisplay


def figure(
    display: Display,
    slug: str,
    title: str,
    caption: str,
    tables: Iterable[Table] = (),
    described: str = "",
) -> Figure:
    """Return a drawn display as a part of the page, and close it."""
    markupsafe = require("markupsafe", extra="report")
    svg = inline_svg(display, slug=slug, title=title, description=described or caption)
    require("matplotlib.pyplot", extra="report").close(display.figure_)
    return Figure(slug, title, caption, markupsafe.Markup(svg), list(tables))


def attempted(make: Callable[[], Figure]) -> list[Figure]:
    """Return a figure in a list; nothing where a comparison has nothing to draw."""
    try:
        return [make()]
    except NothingToDraw:
        return []


def scores(comparison: Comparison) -> list[Figure]:
    """Draw the models' scores."""
    caption = (
        "Large markers are means over folds, small ticks single folds, bars 95 % "
        "intervals."
    )
    return [
        figure(
            ScoresDisplay.from_comparison(comparison),
            "scores-figure",
            "Scores",
            caption,
        )
    ]


def differences(comparison: Comparison) -> list[Figure]:
    """Draw the best model against the others."""

    def make() -> Figure:
        display = DifferencesDisplay.from_comparison(comparison)
        caption = (
            f"{display.reference} minus each other model on the same folds: right of "
            f"0, {display.reference} is better. Bars are 95 % intervals, the grey band "
            "differences that do not matter in practice, filled markers differences "
            "found by the adjusted test."
        )
        return figure(display, "differences-figure", "Paired differences", caption)

    return attempted(make)


def subgroups(comparison: Comparison) -> list[Figure]:
    """Draw the best models in each subgroup."""

    def make() -> Figure:
        display = SubgroupsDisplay.from_comparison(comparison)
        caption = (
            "The three best models in each subgroup, with 95 % intervals. Intervals of "
            "small subgroups are wide: a difference that they span is none."
        )
        return figure(display, "subgroups-figure", "Subgroups", caption)

    return attempted(make)


def time(comparison: Comparison) -> list[Figure]:
    """Draw score against time."""
    caption = (
        "Up and to the left is better. The time is that of one fit, searches included, "
        "on the machine that made the comparison; bars are 95 % intervals."
    )
    display = TimeDisplay.from_comparison(comparison)
    return [figure(display, "time-figure", "Time against score", caption)]


def learning(comparison: Comparison) -> list[Figure]:
    """Draw how the networks learned."""

    def make() -> Figure:
        display = LearningCurvesDisplay.from_comparison(comparison)
        rows = []
        for name, curve in display.curves.items():
            mean = curve.groupby("epoch")["valid_loss"].mean()
            known = mean.notna().any()
            last = int(curve.groupby("fit")["epoch"].max().median())
            rows.append(
                [
                    name,
                    plural(curve["fit"].nunique(), "fit"),
                    str(last),
                    str(mean.idxmin()) if known else "–",
                    number(mean.min()) if known else "–",
                ]
            )
        table = Table(
            "Learning, over all fits",
            ["Network", "Fits", "Epochs run (median)", "Best epoch", "Its loss"],
            rows,
        )
        caption = (
            "Solid: validation loss; dotted: training loss; thin: single fits. Where "
            "the solid line rises while the dotted one falls, a network learns rows by "
            "heart; the weights that are kept are those before."
        )
        return figure(display, "learning-figure", "Learning curves", caption, [table])

    return attempted(make)


def predicted(comparison: Comparison) -> list[Figure]:
    """Draw the true values of a regression against the best model's."""
    if comparison.task != "regression":
        return []
    ticker = require("matplotlib.ticker", extra="report")
    best = str(comparison.summary().index[0])
    rows = comparison.predictions.query("model == @best")
    rows = rows[rows["y_pred"].notna()].drop_duplicates("row")
    if rows.empty:
        return []
    _, (ax,) = new_figure(1, height=4.6)
    display = PredictionErrorDisplay.from_predictions(
        rows["y_true"].astype(float),
        rows["y_pred"].astype(float),
        kind="actual_vs_predicted",
        random_state=0,
        ax=ax,
        scatter_kwargs={"color": COLORS["blue"], "s": 10, "alpha": 0.6},
        line_kwargs={"color": GUIDE},
    )
    dress(ax, xlabel="Predicted", ylabel="True")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(ticker.AutoLocator())
        axis.set_major_formatter(ticker.ScalarFormatter())
    caption = (
        f"Each dot is a row that {best} was not trained on; up to 1,000 are drawn."
    )
    return [figure(display, "predicted", f"{best}: truth and prediction", caption)]
