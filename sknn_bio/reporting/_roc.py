"""ROC curves of several models over the folds of one cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score, roc_curve

from sknn_bio.reporting._style import CYCLE, DASHES, GUIDE, dress, new_figure

_GRID = np.concatenate([np.linspace(0, 0.1, 201), np.linspace(0.1, 1, 181)[1:]])


@dataclass(frozen=True)
class RocCurvesDisplay:
    """What `plot_roc_curves` drew.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure.
    ax_ : matplotlib Axes
        The panel with the curves.
    """

    figure_: Any
    ax_: Any


def plot_roc_curves(
    results: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]],
    *,
    pos_label: str | int = 1,
    pos_label_name: str | None = None,
    ax: Any = None,
    zoom: float | None = None,
) -> RocCurvesDisplay:
    """Draw the mean ROC curve of each model over the folds of a cross-validation.

    Parameters
    ----------
    results : mapping of str to a sequence of (y_true, y_score)
        For each model the true labels and the scores of the positive class, a pair a
        fold.
    pos_label : str or int, default=1
        The positive class among the true labels.
    pos_label_name : str, default=None
        What the axes call it, where labels are 0 and 1; None calls it `pos_label`.
    ax : matplotlib Axes, default=None
        Where to draw; None makes a figure.
    zoom : float, default=None
        Width of an inset that shows the upper left corner, such as 0.2; models that
        separate the classes well are told apart only there.

    Returns
    -------
    RocCurvesDisplay
        The figure and the panel.

    Notes
    -----
    Curves are averaged vertically: the mean true positive rate at each false positive
    rate [1]_. The legend gives the mean area and its standard deviation over folds.

    References
    ----------
    .. [1] Fawcett, T. (2006). An introduction to ROC analysis. Pattern Recognition
       Letters 27, 861-874.

    Examples
    --------
    >>> from sknn_bio.reporting import plot_roc_curves
    >>> folds = [([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])]
    >>> plot_roc_curves({"a model": folds})  # doctest: +SKIP
    """
    if not results:
        raise ValueError("results must hold at least one model, got none")
    if ax is None:
        _, (ax,) = new_figure(1, width=5.6, height=5.6)
    inset = None
    if zoom is not None:
        if not 0 < zoom < 1:
            raise ValueError(f"zoom must be in (0, 1), got {zoom!r}")
        inset = ax.inset_axes((0.42, 0.42, 0.55, 0.52))
        inset.set(xlim=(-0.01 * zoom, zoom), ylim=(1 - zoom, 1 + 0.02 * zoom))
    ax.plot([0, 1], [0, 1], color=GUIDE, linewidth=1, linestyle=(0, (4, 3)))
    for number, (name, folds) in enumerate(results.items()):
        curve, areas = _mean_curve(folds, pos_label)
        line = {
            "color": CYCLE[number % len(CYCLE)],
            "linestyle": DASHES[number % len(DASHES)],
            "linewidth": 1.7,
        }
        label = f"{name}: {np.mean(areas):.3f}"
        if len(areas) > 1:
            label += f" ± {np.std(areas, ddof=1):.3f}"
        for panel in (ax, inset):
            if panel is not None:
                panel.plot(_GRID, curve, label=label, **line)
    positive = f"(positive: {pos_label_name or pos_label})"
    dress(
        ax,
        xlabel=f"False positive rate {positive}",
        ylabel=f"True positive rate {positive}",
    )
    ax.set(xlim=(-0.01, 1), ylim=(0, 1.01), aspect="equal")
    if inset is not None:
        dress(inset, xlabel="", ylabel="")
        inset.tick_params(labelsize="small")
        ax.indicate_inset_zoom(inset, edgecolor=GUIDE)
    ax.legend(
        frameon=False, loc="lower right", title="Area under the curve", fontsize="small"
    )
    return RocCurvesDisplay(ax.figure, ax)


def _mean_curve(
    folds: Sequence[tuple[ArrayLike, ArrayLike]], pos_label: str | int
) -> tuple[np.ndarray, list[float]]:
    """Average the curves of the folds at each false positive rate."""
    curves, areas = [], []
    for y_true, y_score in folds:
        fpr, tpr, _ = roc_curve(y_true, y_score, pos_label=pos_label)
        curve = np.interp(_GRID, fpr, tpr)
        curve[0] = 0.0
        curves.append(curve)
        positive = np.asarray(y_true) == pos_label
        areas.append(float(roc_auc_score(positive, y_score)))
    return np.mean(curves, axis=0), areas
