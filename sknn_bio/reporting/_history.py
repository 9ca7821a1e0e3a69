"""The learning curve of a fitted network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknn_bio.reporting._style import (
    COLORS,
    DASHED,
    GUIDE,
    TRAIN,
    VALID,
    dress,
    new_figure,
    scaled,
    words,
)

_NOT_METRICS = {"member", "epoch", "train_loss", "valid_loss", "lr", "seconds"}


@dataclass(eq=False)
class HistoryDisplay:
    """The learning curve of a fitted network, with its best epoch marked.

    With several members each has a thin line, and a thick one is their mean over the
    epochs that all of them ran.

    Parameters
    ----------
    history : DataFrame
        member, epoch, train_loss, valid_loss and metrics, as ``history_`` has them.
    best_epoch : ndarray of shape (n_members,)

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    axes_ : list of matplotlib Axes
        One panel for the loss, then one a metric.
    """

    history: pd.DataFrame
    best_epoch: np.ndarray
    figure_: Any = field(default=None, init=False, repr=False)
    axes_: list[Any] = field(default_factory=list, init=False, repr=False)

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the learning curve of a fitted network.

        Parameters
        ----------
        estimator : estimator or Pipeline
            A fitted estimator of this library, or a Pipeline that ends in one.
        ax : matplotlib Axes or sequence of Axes, default=None
            As in `plot`.

        Returns
        -------
        HistoryDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> from sknn_bio.reporting import HistoryDisplay
        >>> HistoryDisplay.from_estimator(fitted_estimator)  # doctest: +SKIP
        """
        network = estimator[-1] if hasattr(estimator, "steps") else estimator
        check_is_fitted(network, ["history_", "best_epoch_"])
        return cls(network.history_, np.atleast_1d(network.best_epoch_)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or sequence of Axes, default=None
            Where to draw: the loss on the first, the metrics on those that follow, as
            far as there are any. None makes a figure with a panel for each.

        Returns
        -------
        HistoryDisplay
            Itself, with ``figure_`` and ``axes_``.
        """
        metrics = [
            column
            for column in self.history.columns
            if column not in _NOT_METRICS and self.history[column].notna().any()
        ]
        panels = [["train_loss", "valid_loss"], *([metric] for metric in metrics)]
        if ax is None:
            self.figure_, axes = new_figure(len(panels))
        else:
            axes = list(np.ravel(ax)) if isinstance(ax, Sequence | np.ndarray) else [ax]
            self.figure_ = axes[0].figure
        drawn = list(zip(axes, panels, strict=False))
        for panel, columns in drawn:
            _draw(panel, self.history, self.best_epoch, columns)
        self.axes_ = [panel for panel, _ in drawn]
        return self


def plot_history(estimator: Any, *, ax: Any = None) -> HistoryDisplay:
    """Draw the learning curve of a fitted network: `HistoryDisplay.from_estimator`.

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

    Examples
    --------
    >>> from sknn_bio.reporting import plot_history
    >>> plot_history(fitted_estimator)  # doctest: +SKIP
    """
    return HistoryDisplay.from_estimator(estimator, ax=ax)


def _draw(ax: Any, history: pd.DataFrame, best: np.ndarray, columns: list[str]) -> None:
    shown = [c for c in columns if c in history and history[c].notna().any()]
    for column in shown:
        color = TRAIN if column == "train_loss" else VALID
        curves = history.pivot(index="epoch", columns="member", values=column)
        single = curves.shape[1] == 1
        if not single:
            ax.plot(
                curves.index, curves, color=color, linewidth=scaled(0.6), alpha=0.35
            )
        mean = curves.mean(axis=1, skipna=False)
        ax.plot(
            mean.index,
            mean,
            color=color,
            linewidth=scaled(1.8),
            linestyle="--" if column == "train_loss" else "-",
            label=words(column),
        )
    if shown and shown[-1] != "train_loss":
        _mark_best(ax, history, best, shown[-1])
    is_loss = columns[0] == "train_loss"
    ylabel = "Loss" if is_loss else f"Validation {words(columns[0])}"
    dress(ax, xlabel="Epoch", ylabel=ylabel)
    ax.xaxis.get_major_locator().set_params(integer=True)
    members = history["member"].nunique()
    ax.legend(
        facecolor="white",
        edgecolor="none",
        framealpha=0.8,
        fontsize="small",
        title_fontsize="small",
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
    ax.axvline(middle, color=GUIDE, linewidth=scaled(1), linestyle=DASHED, zorder=1)
    ax.plot(
        best,
        values,
        "o",
        color=COLORS["black"],
        markersize=scaled(4),
        clip_on=False,
        label=label,
    )
