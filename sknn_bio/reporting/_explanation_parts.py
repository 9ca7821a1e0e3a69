"""Figures and tables of an explanation's page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio._optional import require
from sknn_bio.inspection import (
    Attributions,
    PermutationImportances,
    member_rank_intervals,
)
from sknn_bio.reporting._attributions import AttributionsDisplay
from sknn_bio.reporting._heatmap import GeneHeatmapDisplay
from sknn_bio.reporting._importances import ImportancesDisplay
from sknn_bio.reporting._network import NetworkDisplay
from sknn_bio.reporting._page_figures import figure
from sknn_bio.reporting._parts import (
    NBSP,
    Figure,
    Table,
    number,
    p_value,
    with_interval,
)

_SHOWN = 15
_LISTED = 25
_IN_A_CLASS = 5
_DOTS = 300  # rows of a beeswarm: more make a page heavy and no clearer
_GENES = 8  # of a leading edge
_FEWEST = 6  # columns of a heat map: fewer stand in a table


def attributions(found: Attributions) -> list[Figure]:
    """Draw the most important columns: members, and single rows where there is room."""
    several = found.values.ndim == 3
    caption = (
        "Bars are mean sizes of attributions; small ticks are the members of the "
        "ensemble."
    )
    caption += (
        " Colours are the classes' shares."
        if several
        else " Hatched bars are of columns that lower the answer where they are high."
    )
    display = AttributionsDisplay.from_attributions(
        found, kind="bars", n_features=_SHOWN
    )
    out = [figure(display, "bars-figure", "How much each column counts", caption)]
    if not several:
        caption = (
            "A dot is a row: right of 0, the column raises the answer to it. The "
            "colour tells whether the row's value is low or high; categories and "
            "missing values are grey."
        )
        if len(found.values) > _DOTS:
            caption += f" {_DOTS} rows are drawn."
        out.append(figure(_dots(found), "dots-figure", "Row by row", caption))
    return out


def importances(found: Attributions) -> Table:
    """Return the most important columns as a table."""
    table = found.importances()
    total = table["importance"].sum() or 1.0
    several = found.values.ndim == 3  # whose signs cancel
    ranks = None
    if len(found.member_importances) > 1:
        ranks = member_rank_intervals(found).set_index("feature")
    rows = []
    for row in table.head(_LISTED).itertuples():
        place = f"{row.rank}"
        if ranks is not None:
            low, high = ranks.loc[row.feature, ["rank_low", "rank_high"]]
            place += f"{NBSP}({low:.0f}–{high:.0f})"
        share = 100 * row.importance / total
        cells = [str(row.feature), place, f"{row.importance:.3g}", f"{share:.3g}%"]
        sign = [] if several else [f"{row.mean:+.2g}".replace("-", "−")]
        rows.append([*cells, *sign])
    rank = "Rank" if ranks is None else "Rank (of members)"
    names = ["Column", rank, "Importance", "Share"]
    names += [] if several else ["Mean with sign"]
    return Table(f"The {len(rows)} most important columns", names, rows)


def classes(found: Attributions) -> list[Table]:
    """Return the most important columns of each class, where there are several."""
    if found.output_names is None or found.values.ndim == 2:
        return []
    table = found.by_class()
    rows = [
        [str(label), ", ".join(map(str, own["feature"].head(_IN_A_CLASS)))]
        for label, own in table.groupby("output", sort=False)
    ]
    return [Table("Each class", ["Class", "Its columns"], rows, wide_text=True)]


def heatmap(
    found: Attributions, known: np.ndarray | None, y: np.ndarray | None
) -> list[Figure]:
    """Draw the most important columns that are numbers, class by class."""
    data = found.data
    if known is None or y is None or found.output_names is None:
        return []
    if not isinstance(data, pd.DataFrame):
        return []
    order = found.importances()["feature"]
    names = [n for n in order if pd.api.types.is_numeric_dtype(data[n].dtype)][:_SHOWN]
    own = data.loc[known, names] if names else pd.DataFrame()
    own = own.loc[:, own.notna().all() & (own.nunique() > 1)]
    if own.shape[1] < _FEWEST:
        return []
    display = GeneHeatmapDisplay.from_data(own, y)
    caption = (
        "Mean of each class, in standard deviations from the column's mean; similar "
        "columns stand side by side."
    )
    title = "The most important columns by class"
    return [figure(display, "heatmap-figure", title, caption)]


def permutation(found: PermutationImportances | None) -> list[Figure]:
    """Draw how far the score falls."""
    if found is None:
        return []
    display = ImportancesDisplay.from_importances(found, n_features=_SHOWN)
    caption = (
        "Dots are means over permutations, lines 95 % intervals of the mean; they hold "
        "the chance of the permutations, not that of the rows."
    )
    return [figure(display, "permutation-figure", "Fall of the score", caption)]


def losses(found: PermutationImportances) -> Table:
    """Return how far the score falls as a table."""
    table = found.table.head(_LISTED)
    largest = table["importance"].max()
    digits = 3 if largest >= 0.1 else 4 if largest >= 0.01 else 5
    rows = [
        [str(row.feature), with_interval(row.importance, row.low, row.high, digits)]
        for row in table.itertuples()
    ]
    return Table("Fall of the score when permuted", ["Column", "Fall"], rows)


def gene_sets(table: pd.DataFrame | None) -> list[Table]:
    """Return the first gene sets as a table."""
    if table is None:
        return []
    rows = []
    for row in table.head(_LISTED).itertuples():
        edge = row.leading_edge.split(", ")
        more = f" and {len(edge) - _GENES} more" if len(edge) > _GENES else ""
        rows.append(
            [
                row.gene_set,
                str(row.size),
                number(row.score, 2),
                p_value(row.p),
                p_value(row.fdr),
                ", ".join(edge[:_GENES]) + more,
            ]
        )
    names = ["Set", "Genes", "Score", "p", "False discovery rate", "Leading edge"]
    return [Table("The first gene sets", names, rows, wide_text=True)]


def network(model: Any) -> list[Figure]:
    """Draw the layers."""
    display = NetworkDisplay.from_estimator(model)
    caption = "The layers of one member, from the columns to the answer."
    return [figure(display, "network-figure", "Layers", caption)]


def _dots(found: Attributions) -> AttributionsDisplay:
    """Return the beeswarm of some rows, its columns in the order of all rows."""
    display = AttributionsDisplay.from_attributions(found, n_features=_SHOWN)
    n_rows = len(found.values)
    if n_rows <= _DOTS:
        return display
    require("matplotlib.pyplot", extra="report").close(display.figure_)
    some = np.linspace(0, n_rows - 1, _DOTS).astype(int)
    return replace(
        display,
        values=display.values[some],
        levels=display.levels[some],
        categories={y: own[some] for y, own in display.categories.items()},
    ).plot()
