"""The learning curve of a fitted network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknn_bio.reporting._style import (
    COLORS,
    GUIDE,
    TRAIN,
    VALID,
    dress,
    new_figure,
    words,
)

_NOT_METRICS = {"member", "epoch", "train_loss", "valid_loss", "lr", "seconds"}


@dataclass(frozen=True)
class HistoryDisplay:
    """What `plot_history` drew.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of matplotlib Axes
        One panel for the loss, then one a metric.
    """

    figure_: Any
    axes_: list[Any]


def plot_history(estimator: Any, *, ax: Any = None) -> HistoryDisplay:
    """Draw the learning curve of a fitted network, with its best epoch marked.

    Parameters
    ----------
    estimator : estimator or Pipeline
        A fitted estimator of this library, or a Pipeline that ends in one.
    ax : matplotlib Axes or sequence of Axes, default=None
        Where to draw: the loss on the first, the metrics on those that follow, as far
        as there are any. None makes a figure with a panel for each.

    Returns
    -------
    HistoryDisplay
        The figure and its panels.

    Notes
    -----
    With several members each has a thin line, and a thick one is their mean over the
    epochs that all of them ran.

    Examples
    --------
    >>> from sknn_bio.reporting import plot_history
    >>> plot_history(fitted_estimator)  # doctest: +SKIP
    """
    network = estimator[-1] if hasattr(estimator, "steps") else estimator
    check_is_fitted(network, ["history_", "best_epoch_"])
    history, best = network.history_, np.atleast_1d(network.best_epoch_)
    metrics = [
        column
        for column in history.columns
        if column not in _NOT_METRICS and history[column].notna().any()
    ]
    panels = [["train_loss", "valid_loss"], *([metric] for metric in metrics)]
    if ax is None:
        figure, axes = new_figure(len(panels))
    else:
        axes = list(np.ravel(ax)) if isinstance(ax, Sequence | np.ndarray) else [ax]
        figure = axes[0].figure
    drawn = list(zip(axes, panels, strict=False))
    for panel, columns in drawn:
        _draw(panel, history, best, columns)
    return HistoryDisplay(figure, [panel for panel, _ in drawn])


def _draw(ax: Any, history: pd.DataFrame, best: np.ndarray, columns: list[str]) -> None:
    shown = [c for c in columns if c in history and history[c].notna().any()]
    for column in shown:
        color = TRAIN if column == "train_loss" else VALID
        curves = history.pivot(index="epoch", columns="member", values=column)
        single = curves.shape[1] == 1
        if not single:
            ax.plot(curves.index, curves, color=color, linewidth=0.6, alpha=0.35)
        mean = curves.mean(axis=1, skipna=False)
        ax.plot(mean.index, mean, color=color, linewidth=1.8, label=words(column))
    if shown and shown[-1] != "train_loss":
        _mark_best(ax, history, best, shown[-1])
    is_loss = columns[0] == "train_loss"
    ylabel = "Loss" if is_loss else f"Validation {words(columns[0])}"
    dress(ax, xlabel="Epoch", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    members = history["member"].nunique()
    ax.legend(
        frameon=False,
        loc="best",
        title=None if members == 1 else f"{members} members (thin), their mean (thick)",
    )


def _mark_best(ax: Any, history: pd.DataFrame, best: np.ndarray, column: str) -> None:
    """Put a dot on the best epoch of each member, and a line at their median."""
    members = np.sort(history["member"].unique())
    at_best = pd.MultiIndex.from_arrays([members, best], names=["member", "epoch"])
    values = history.set_index(["member", "epoch"])[column].reindex(at_best)
    middle = int(np.median(best))
    if len(best) == 1:
        label = f"Best epoch: {middle}"
    else:
        label = f"Best epochs: {best.min()} to {best.max()}, median {middle}"
    ax.axvline(middle, color=GUIDE, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    ax.plot(
        best,
        values,
        "o",
        color=COLORS["black"],
        markersize=4,
        clip_on=False,
        label=label,
    )
