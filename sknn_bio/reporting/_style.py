"""One look for all figures: colours that survive colour blindness, few lines."""

from __future__ import annotations

from typing import Any

from sknn_bio._optional import require

# Okabe, M. & Ito, K. (2008), Color Universal Design.
# Differs from the source: no yellow, which is too pale for a line on white.
COLORS = {
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "orange": "#E69F00",
    "black": "#000000",
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
TRAIN, VALID, GUIDE = COLORS["orange"], COLORS["blue"], "#777777"

_WORDS = {
    "train_loss": "Training loss",
    "valid_loss": "Validation loss",
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC (one vs rest)",
    "r2": "R²",
    "mean_absolute_error": "mean absolute error",
    "accuracy": "accuracy",
}


def words(column: str) -> str:
    """Return the name of a column of results as a reader would write it."""
    return _WORDS.get(column, column.replace("_", " ").capitalize())


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
    ax.grid(True, color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
