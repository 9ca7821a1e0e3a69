"""One look for all figures: colours that survive colour blindness, few lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from sknn_bio._optional import require

# Okabe, M. & Ito, K. (2008), Color Universal Design.
# Differs from the source: no yellow, which is too pale on white, but a violet.
COLORS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "orange": "#E69F00",
    "black": "#1A1A1A",
    "violet": "#7830F0",
}
CYCLE = tuple(COLORS.values())
# A second cue beside the colour, for print in grey.
DASHES = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (8, 2)),
    (0, (3, 1)),
)
DASHED = (0, (4, 3))  # of a guide
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# Low to high: ever lighter, so that it holds in grey and for every kind of eye.
RISING = ("#2A1A8A", "#6A2CC4", "#B24770", COLORS["vermillion"], COLORS["orange"])
# Below and above a middle.
DIVERGING = ("#004165", COLORS["blue"], "#F7F7F7", COLORS["vermillion"], "#6B2F00")
MISSING = "#8A8A8A"
TRAIN, VALID, GUIDE, GRID = COLORS["orange"], COLORS["blue"], "#777777", "#E5E5E5"

_WORDS = {
    "train_loss": "Training loss",
    "valid_loss": "Validation loss",
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC (one vs rest)",
    "r2": "R²",
    "mean_absolute_error": "mean absolute error",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "average_precision": "average precision",
    "f1_macro": "macro F1",
    # A minus: scikit-learn turns losses round, so that higher is better.
    "neg_log_loss": "−log loss",
    "neg_brier_score": "−Brier score",
    "neg_root_mean_squared_error": "−RMSE",
    "neg_mean_absolute_error": "−MAE",
}


def words(column: str) -> str:
    """Return the name of a column of results as a reader would write it."""
    return _WORDS.get(column, column.replace("_", " ").capitalize())


def line_of(number: int) -> dict[str, Any]:
    """Return the colour and dashes of a model: the same in every figure."""
    return {
        "color": CYCLE[number % len(CYCLE)],
        "linestyle": DASHES[number % len(DASHES)],
    }


def marker_of(number: int) -> dict[str, Any]:
    """Return the colour and marker of a model: the same in every figure."""
    return {
        "color": CYCLE[number % len(CYCLE)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def shorten(name: object, length: int = 28) -> str:
    """Return a name that fits beside an axis."""
    if isinstance(name, float) and name.is_integer():  # the class 1.0 is 1
        name = int(name)
    text = str(name)
    # matplotlib leaves names that begin with an underscore out of legends.
    text = f"\N{THIN SPACE}{text}" if text.startswith("_") else text
    return text if len(text) <= length else f"{text[: length - 1]}…"


def legend_below(
    ax: Any, entries: Sequence[tuple[Any, str]], *, columns: int, side: str = "center"
) -> None:
    """Put a legend under an axes, where it hides nothing; long names, fewer columns."""
    handles, labels = zip(*entries, strict=True)
    columns = max(1, min(columns, 72 // (max(map(len, labels)) + 10)))
    transforms = require("matplotlib.transforms", extra="report")
    # Under ticks and label, which are as high as their letters.
    lines = 1 + ax.get_xlabel().count("\n")
    below = -(10 + (1.6 + 1.2 * lines) * font_size())
    under_label = transforms.offset_copy(
        ax.transAxes, fig=ax.get_figure(root=True), y=below, units="points"
    )
    ax.legend(
        handles,
        labels,
        frameon=False,
        fontsize="small",
        loc=f"upper {side}",
        bbox_to_anchor=(1 if side == "right" else 0.5, 0),
        bbox_transform=under_label,
        ncols=columns,
        handlelength=3,
    )


def font_size() -> float:
    """Return the size of ordinary text, in points."""
    manager = require("matplotlib.font_manager", extra="report")
    return manager.FontProperties(size="medium").get_size_in_points()


def scaled(size: float) -> float:
    """Return the width of a line or size of a marker that suits the size of text."""
    return size * font_size() / 10


def name_rows(ax: Any, labels: Sequence[object]) -> None:
    """Name the rows of an axes, the first one on top, in the room that there is.

    The label below is broken to fit beside them, so it has to be there.
    """
    # A third of the width, in letters of about half a square.
    width, height = room_of(ax)
    longest = int(np.clip(0.36 * width / (0.55 * font_size()), 12, 40))
    ax.set_yticks(range(len(labels)), [shorten(label, longest) for label in labels])
    ax.set_ylim(len(labels) - 0.5, -0.5)
    size = max(4.0, min(font_size(), 0.72 * height / len(labels)))
    ax.tick_params(axis="y", length=0, labelsize=size)
    ax.grid(False, axis="y")
    # The label may take what the names leave, in letters of half a square.
    taken = 0.55 * max(len(text.get_text()) for text in ax.get_yticklabels())
    letters = int((0.95 * width / font_size() - taken) / 0.5)
    ax.set_xlabel(textwrap.fill(ax.get_xlabel(), max(letters, 12)))


def room_of(ax: Any) -> tuple[float, float]:
    """Return width and height of a panel with its names and labels, in points."""
    width, height = 72 * ax.get_figure(root=True).get_size_inches()
    spec = ax.get_subplotspec()
    if spec is not None:
        grid = spec.get_gridspec()
        width *= len(spec.colspan) / grid.ncols
        height *= len(spec.rowspan) / grid.nrows
    return width, height


def color_bar(ax: Any, mappable: Any, label: str) -> Any:
    """Draw what the colours mean, at the right of an axes and as high as it."""
    bar = ax.get_figure(root=True).colorbar(
        mappable, cax=ax.inset_axes((1.03, 0, 0.035, 1))
    )
    bar.set_label(label, fontsize="small")
    bar.ax.tick_params(labelsize="small")
    bar.outline.set_visible(False)
    return bar


def color_map(name: str, anchors: Sequence[str]) -> Any:
    """Return a map through some colours, at equal distances."""
    colors = require("matplotlib.colors", extra="report")
    return colors.LinearSegmentedColormap.from_list(name, list(anchors))


def new_figure(panels: int, *, width: float = 5.2, height: float = 3.8) -> Any:
    """Return a pyplot figure with a row of panels, and the panels as a flat list."""
    plt = require("matplotlib.pyplot", extra="report")
    figure, axes = plt.subplots(
        1, panels, figsize=(width * panels, height), layout="constrained", squeeze=False
    )
    return figure, list(axes.flat)


def dress(ax: Any, *, xlabel: str, ylabel: str) -> None:
    """Label an axes and take away what no reader needs."""
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
