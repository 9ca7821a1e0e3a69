"""Dots and bars of attributions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from sknn_bio._optional import require
from sknn_bio.reporting._style import (
    COLORS,
    CYCLE,
    GUIDE,
    MISSING,
    RISING,
    color_bar,
    color_map,
    dress,
    font_size,
    legend_below,
    name_rows,
    room_of,
    scaled,
    shorten,
)

_MOST_ROWS = 2000  # drawn; more would be one blot
_MOST_DOTS = 5000  # as shapes; more are an image in a PDF or SVG
_BINS = 80
_MOST_LEVELS = 6  # whose names are written
MOST_CLASSES = 7  # colours of a stacked bar; the others are one
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "||||")


def draw_beeswarm(display: Any, ax: Any) -> None:
    """Draw a dot a row of the table, the names of the columns at the left."""
    n_rows, n_shown = display.values.shape
    rows = np.arange(n_rows)
    if n_rows > _MOST_ROWS:
        rows = np.random.default_rng(0).choice(n_rows, _MOST_ROWS, replace=False)
    values, levels = display.values[rows], display.levels[rows]
    span = float(np.ptp(values)) or 1.0
    look = {
        "s": (0.38 * font_size()) ** 2,
        "rasterized": values.size > _MOST_DOTS,
        "zorder": 3,
    }
    rising = color_map("rising", RISING)
    ax.axvline(0, color=GUIDE, linewidth=0.8, zorder=1)
    for y in range(n_shown):
        place = y + spread(values[:, y], span)
        known = np.isfinite(levels[:, y])
        ax.scatter(
            values[~known, y],
            place[~known],
            facecolors="none",
            edgecolors=MISSING,
            linewidths=0.7,
            **look,
        )
        ax.scatter(
            values[known, y],
            place[known],
            c=levels[known, y],
            cmap=rising,
            vmin=0,
            vmax=1,
            linewidths=0,
            **look,
        )
    for y, column in display.categories.items():
        _name_levels(ax, y, display.values[:, y], column, span)
    dress(ax, xlabel=f"Attribution to {_explained(display)}", ylabel="")
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", scilimits=(-3, 4))
    name_rows(ax, display.names)
    ax.spines["left"].set_visible(False)
    cm = require("matplotlib.cm", extra="report")
    bar = color_bar(ax, cm.ScalarMappable(cmap=rising), "Value of the column")
    bar.set_ticks([0.02, 0.98], labels=["low", "high"])
    bar.ax.tick_params(length=0)
    bar.ax.yaxis.labelpad = -0.8 * font_size()
    if not np.isfinite(levels).all():
        lines = require("matplotlib.lines", extra="report")
        hollow = lines.Line2D(
            [], [], marker="o", linestyle="none", color=MISSING, fillstyle="none"
        )
        legend_below(
            ax, [(hollow, "category or missing value")], columns=1, side="right"
        )


def _name_levels(
    ax: Any, y: int, values: np.ndarray, column: np.ndarray, span: float
) -> None:
    """Write the levels of a category where the middle of their dots is."""
    levels, counts = np.unique(column[column != ""], return_counts=True)
    if len(levels) > _MOST_LEVELS:
        return
    effects = require("matplotlib.patheffects", extra="report")
    halo = [effects.withStroke(linewidth=scaled(2.5), foreground="white")]
    # Small bold letters, on an axis of about 0.6 of the width.
    letter = span * 0.55 * font_size() / (0.6 * room_of(ax)[0])
    written: list[tuple[float, float]] = []
    for level in levels[np.argsort(-counts, kind="stable")]:
        name = shorten(level, 10)
        place = float(np.median(values[column == level]))
        half = letter * (len(name) + 1) / 2
        if any(abs(place - other) < half + taken for other, taken in written):
            continue  # two names on one place could not be read
        written.append((place, half))
        ax.annotate(
            name,
            (place, y),
            ha="center",
            va="center",
            fontsize="small",
            fontweight="bold",
            zorder=4,
            path_effects=halo,
        )


def spread(values: np.ndarray, span: float) -> np.ndarray:
    """Return how far each dot goes up or down, so that equal values lie side by side.

    >>> spread(np.array([0.0, 0.0, 0.0, 1.0]), 1.0).tolist()
    [0.0, 0.2, -0.2, 0.0]
    """
    bins = np.round(values / span * _BINS).astype(int)
    out = np.zeros(len(values))
    for own in np.unique(bins):
        inside = np.flatnonzero(bins == own)
        place = np.arange(len(inside))
        out[inside] = np.where(place % 2, 1, -1) * ((place + 1) // 2)
    highest = np.abs(out).max(initial=0)
    return out * min(0.2, 0.42 / highest) if highest else out


def draw_bars(display: Any, ax: Any) -> None:
    """Draw a bar a column of the table, its name at the left."""
    if display.values.ndim == 3:
        entries = _stacked(display, ax)
    else:
        entries = _directed(display, ax)
    if display.members is not None and len(display.members) > 1:
        entries.append((_members(display.members, ax), "members"))
    dress(ax, xlabel=f"Mean |attribution| to {_explained(display)}", ylabel="")
    ax.set_xlim(left=0)
    ax.locator_params(axis="x", nbins=5)
    ax.ticklabel_format(axis="x", scilimits=(-3, 4))
    name_rows(ax, display.names)
    legend_below(
        ax, entries, columns=2 if display.values.ndim == 2 else 3, side="right"
    )


def _stacked(display: Any, ax: Any) -> list[tuple[Any, str]]:
    """Draw the outputs' sizes end to end."""
    size = np.abs(display.values).mean(axis=0)
    left = np.zeros(len(size))
    entries = []
    for code, name in enumerate(display.outputs):
        others = code == MOST_CLASSES
        bars = ax.barh(
            range(len(size)),
            size[:, code],
            left=left,
            height=0.66,
            color=MISSING if others else CYCLE[code],
            edgecolor="white",
            linewidth=0.4,
            hatch="" if others else HATCHES[code],
        )
        left = left + size[:, code]
        entries.append((bars, shorten(name, 20)))
    return entries


def _directed(display: Any, ax: Any) -> list[tuple[Any, str]]:
    """Draw sizes, and whether high values of a column raise or lower the output."""
    size = np.abs(display.values).mean(axis=0)
    kinds = {
        1: ("raises it where high", COLORS["vermillion"], ""),
        -1: ("lowers it where high", COLORS["blue"], "////"),
        0: ("neither, or a category", MISSING, "...."),
    }
    ways = np.array(
        [
            direction(values, levels)
            for values, levels in zip(display.values.T, display.levels.T, strict=True)
        ]
    )
    entries = []
    for way, (word, color, hatch) in kinds.items():
        (own,) = np.nonzero(ways == way)
        if len(own):
            bars = ax.barh(
                own,
                size[own],
                height=0.66,
                color=color,
                edgecolor="white",
                linewidth=0,
                hatch=hatch,
            )
            entries.append((bars, word))
    return entries


def direction(values: np.ndarray, levels: np.ndarray) -> int:
    """Return 1 or -1: the sign of the rank correlation; 0 where it is below 0.1."""
    known = np.isfinite(levels)
    values, levels = values[known], levels[known]
    if len(values) < 3 or np.ptp(values) == 0 or np.ptp(levels) == 0:
        return 0
    found = float(stats.spearmanr(values, levels).statistic)
    return int(np.sign(found)) if abs(found) >= 0.1 else 0


def _members(members: np.ndarray, ax: Any) -> Any:
    """Draw a tick a member, and a line from the lowest to the highest."""
    for y, own in enumerate(members.T):
        ax.plot([own.min(), own.max()], [y, y], color=COLORS["black"], linewidth=0.8)
        (drawn,) = ax.plot(
            own,
            np.full(len(own), y),
            "|",
            color=COLORS["black"],
            markersize=0.6 * font_size(),
            markeredgewidth=0.7,
        )
    return drawn


def _explained(display: Any) -> str:
    """Return what the attributions are to."""
    if display.values.ndim == 3:
        classes = display.unit in ("probability", "raw")
        return "all classes" if classes else "all targets"
    if not display.outputs:
        return "the prediction"
    name = shorten(display.outputs[0], 24)
    words = {"probability": f"P({name})", "raw": f"the raw output of {name}"}
    return words.get(display.unit, name)
