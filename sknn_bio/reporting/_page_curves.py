"""The curves of the page, with the numbers of a few points."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._curves import (
    NetBenefitDisplay,
    PrecisionRecallComparisonDisplay,
    RocComparisonDisplay,
)
from sknn_bio.reporting._display import MOST_BANDS
from sknn_bio.reporting._page_figures import attempted, figure
from sknn_bio.reporting._parts import Figure, Table, number, with_interval
from sknn_bio.reporting._reliability import ReliabilityDisplay
from sknn_bio.reporting._style import words

MOST_CLASSES = 6  # a curve for each, beside the rest


def curves(comparison: Comparison) -> list[Figure]:
    """Draw ROC and precision-recall curves; of several classes, one for each."""
    found = []
    for index, label in enumerate(_labels(comparison)):
        for draw in (_roc, _recall):
            found += attempted(partial(draw, comparison, label, index))
    return found


def _labels(comparison: Comparison) -> list[Any]:
    """Return the classes to draw curves of; None is the positive one of two."""
    if comparison.task == "binary":
        return [None]
    return (comparison.classes or [])[:MOST_CLASSES]


def _roc(comparison: Comparison, label: Any, index: int) -> Figure:
    display = RocComparisonDisplay.from_comparison(comparison, label=label)
    caption = (
        "Mean over folds; bands are 95 % intervals of the three best models. "
        "The dashed line is a coin's."
    )
    table = _at(
        display.curves,
        "false_positive_rate",
        "true_positive_rate",
        [0.02, 0.05, 0.1, 0.2, 0.3, 0.5],
        "True positive rate, by false positive rate",
    )
    title = f"ROC curves{_of_class(label)}"
    return figure(
        display, f"roc-{index}", title, caption, [table], _described(display, caption)
    )


def _recall(comparison: Comparison, label: Any, index: int) -> Figure:
    display = PrecisionRecallComparisonDisplay.from_comparison(comparison, label=label)
    caption = (
        "Of those called positive, how many are (precision), against how many of the "
        f"positives are called (recall). Chance is {display.chance:.3f}, their share."
    )
    table = _at(
        display.curves,
        "recall",
        "precision",
        [0.1, 0.25, 0.5, 0.75, 0.9],
        "Precision, by recall",
    )
    title = f"Precision-recall curves{_of_class(label)}"
    return figure(
        display,
        f"recall-{index}",
        title,
        caption,
        [table],
        _described(display, caption),
    )


def _of_class(label: Any) -> str:
    return "" if label is None else f", {label} against the rest"


def _described(display: Any, caption: str) -> str:
    notes = "; ".join(f"{name}: {note}" for name, note in display.notes.items())
    return f"{caption} Areas with 95 % intervals: {notes}." if notes else caption


def _at(
    curves: dict[str, pd.DataFrame],
    x: str,
    y: str,
    places: list[float],
    caption: str,
) -> Table:
    """Return a few points of each curve, for those who cannot see it."""
    rows = []
    for place in places:
        row = [number(place, 2)]
        for curve in curves.values():
            nearest = curve.iloc[(curve[x] - place).abs().argmin()]
            row.append(with_interval(nearest[y], nearest["low"], nearest["high"], 2))
        rows.append(row)
    return Table(caption, [words(x), *curves], rows)


def reliability(comparison: Comparison) -> list[Figure]:
    """Draw observed against predicted frequencies."""
    found = []
    for index, label in enumerate(_labels(comparison)):
        found += attempted(partial(_reliability, comparison, label, index))
    return found


def _reliability(comparison: Comparison, label: Any, index: int) -> Figure:
    display = ReliabilityDisplay.from_comparison(comparison, label=label)
    tables = [
        Table(
            f"{name}: predicted and observed frequency of {display.label}",
            ["Predicted", "Observed", "Rows"],
            [
                [
                    number(row.predicted, 2),
                    with_interval(row.observed, row.low, row.high, 2),
                    str(row.n),
                ]
                for row in curve.itertuples()
            ],
        )
        for name, curve in list(display.curves.items())[:MOST_BANDS]
    ]
    caption = (
        "On the dashed line, events happen as often as predicted; below it, less "
        "often. Bins hold the same number of rows."
    )
    title = "Reliability" if label is None else f"Reliability of {label}"
    return figure(display, f"reliability-{index}", title, caption, tables)


def net_benefit(comparison: Comparison) -> list[Figure]:
    """Draw the decision curves of two classes."""
    if comparison.task != "binary":
        return []

    def make() -> Figure:
        display = NetBenefitDisplay.from_comparison(comparison)
        caption = (
            f"What it is worth to act on a model where {display.label} is at least as "
            "probable as the threshold: true positives a row, less false positives at "
            "the odds of the threshold. A model is of use where it is above both "
            "treating all and treating none."
        )
        places = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
        table = _at(
            display.curves, "threshold", "model", places, "Net benefit, by threshold"
        )
        first = next(iter(display.curves.values())).set_index("threshold")
        for row, place in zip(table.rows, places, strict=True):
            at = first.index[(pd.Series(first.index) - place).abs().argmin()]
            row.append(number(first.loc[at, "treat_all"], 2))
        table.columns.append("treat all")
        return figure(display, "net-benefit", "Decision curves", caption, [table])

    return attempted(make)
