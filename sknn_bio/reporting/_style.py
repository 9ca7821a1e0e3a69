"""One look for all figures: colours that survive colour blindness, few lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
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
    under_label = transforms.offset_copy(
        ax.transAxes, fig=ax.get_figure(root=True), y=-38, units="points"
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
