"""The figures of ``accuracy.py``: a critical-difference diagram, and score by time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from _peers import CONTENDERS
from _summary import OURS, REFERENCE, Summary, error_ratio, interval
from matplotlib.patheffects import withStroke
from scipy.stats import studentized_range

from sknn_bio.reporting._style import COLORS, GUIDE, dress, new_figure


def critical_difference(n_models: int, n_tables: int) -> float:
    """Return how far mean ranks must differ at 5 %, after Nemenyi [1]_.

    References
    ----------
    .. [1] Demšar, J. (2006). Statistical comparisons of classifiers over multiple
       data sets. Journal of Machine Learning Research 7, 1-30.
    """
    quantile = studentized_range.ppf(0.95, n_models, np.inf) / np.sqrt(2)
    return float(quantile * np.sqrt(n_models * (n_models + 1) / (6 * n_tables)))


def cliques(ranks: np.ndarray, width: float) -> list[tuple[int, int]]:
    """Return the longest runs of sorted mean ranks that differ by less than `width`."""
    ends = [int(np.searchsorted(ranks, r + width)) - 1 for r in ranks]
    return [
        (i, end)
        for i, end in enumerate(ends)
        if end > i and (i == 0 or end > ends[i - 1])
    ]


def draw_ranks(ranks: pd.DataFrame, path: Path) -> None:
    """Draw the mean ranks; a bar joins models that do not differ."""
    mean = ranks.mean().sort_values()
    n = len(mean)
    width = critical_difference(n, len(ranks))
    bars = cliques(mean.to_numpy(), width)
    left, right = mean.index[: (n + 1) // 2], mean.index[(n + 1) // 2 :][::-1]
    first = 0.9 + 0.32 * len(bars)
    bottom = first + 0.6 * max(len(left), len(right))
    figure, (ax,) = new_figure(1, width=7.2, height=0.8 + 0.42 * bottom)
    ax.set(xlim=(1 - 0.34 * n, n + 0.34 * n), ylim=(bottom, -2.2))
    ax.axis("off")
    ax.plot([1, n], [0, 0], color="black", lw=1)
    for tick in range(1, n + 1):
        ax.plot([tick, tick], [0, -0.15], color="black", lw=1)
        ax.text(tick, -0.3, str(tick), ha="center", va="bottom", fontsize=9)
    ax.plot([1, 1 + width], [-1.4, -1.4], color=GUIDE, lw=2)
    note = f"critical difference {width:.2f} (Nemenyi, 5 %), {len(ranks)} tables"
    ax.text(1 + width + 0.15, -1.4, note, va="center", fontsize=8, color=GUIDE)
    for row, (i, j) in enumerate(bars):
        y = 0.5 + 0.32 * row
        ax.plot([mean.iloc[i] - 0.05, mean.iloc[j] + 0.05], [y, y], "k", lw=3)
    sides = (left, 1 - 0.05 * n, "right", -0.1), (right, n + 0.05 * n, "left", 0.1)
    for names, x, align, gap in sides:
        for row, name in enumerate(names):
            y, color = (
                first + 0.6 * row,
                COLORS["vermillion" if name == OURS else "black"],
            )
            ax.plot([mean[name], mean[name], x], [0, y, y], color=color, lw=0.9)
            ax.text(
                x + gap,
                y,
                f"{name}  {mean[name]:.2f}",
                ha=align,
                va="center",
                color=color,
                fontsize=9,
                fontweight="bold" if name == OURS else "normal",
            )
    figure.savefig(path, dpi=150)


def draw_times(summary: Summary, path: Path) -> None:
    """Draw the error relative to XGBoost's against the median time of a fit."""
    seconds = summary.mean("fit_cpu")
    figure, (ax,) = new_figure(1, width=7.2, height=4.6)
    for name in summary.models:
        pairs = summary.pairs(name, REFERENCE)
        if pairs.empty:
            continue
        ratio, (low, high) = error_ratio(pairs), interval(pairs, error_ratio)
        time = seconds.loc[pairs.index, name].median()
        network = CONTENDERS[name].network
        color = "vermillion" if name == OURS else "blue" if network else "green"
        bars = [[ratio - low], [high - ratio]]
        ax.errorbar(
            time,
            ratio,
            bars,
            fmt="o" if network else "s",
            color=COLORS[color],
            ms=9 if name == OURS else 6,
            elinewidth=1,
            capsize=2,
        )
        ax.annotate(
            f"{name} ({len(pairs)})",
            (time, ratio),
            xytext=(7, 5),
            textcoords="offset points",
            fontsize=8,
            color=COLORS[color],
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
    ax.axhline(1, color=GUIDE, lw=0.8)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.margins(x=0.16)
    dress(
        ax,
        xlabel="Median CPU seconds of a fit, one thread (left is faster)",
        ylabel="Error relative to XGBoost (lower is better)",
    )
    ax.set_title(
        "Geometric mean over tables with 95 % interval; ● network, ■ other; "
        "in brackets: tables",
        fontsize=8,
        loc="left",
    )
    figure.savefig(path, dpi=150)
