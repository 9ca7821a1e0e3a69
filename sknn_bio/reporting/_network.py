"""What a fitted network looks like: its layers, its views, its members."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sknn_bio._optional import require
from sknn_bio.reporting._display import Display
from sknn_bio.reporting._network_layers import Layer, layers_of
from sknn_bio.reporting._scored import final_step
from sknn_bio.reporting._style import COLORS, GUIDE, font_size, room_of, scaled

_HELD = ("best_estimator_", "estimator_", "regressor_")
_MOST_UNITS = 7  # circles of a layer
_SHARE = 0.44  # of the width, for circles; the rest is for words
_INK = {"input": COLORS["sky"], "hidden": COLORS["blue"], "output": COLORS["orange"]}


@dataclass(eq=False)
class NetworkDisplay(Display):
    """A schematic of a fitted network, from the table at the top to the answer.

    A layer has as many circles as units, up to seven; what it does stands beside it.
    Sheets behind are the members of the ensemble.

    Parameters
    ----------
    layers : list of Layer
        From the input to the output.
    n_members : int

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    """

    size: ClassVar[tuple[float, float]] = (5.2, 0.9)  # inches; a layer adds to it
    layers: list[Layer]
    n_members: int

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None) -> Self:
        """Draw the network of a fitted estimator.

        Parameters
        ----------
        estimator : estimator, Pipeline or search
            Fitted: one of this library, a Pipeline that ends in one, or what holds one,
            such as a search or a ``RejectOption``.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        NetworkDisplay

        Raises
        ------
        TypeError
            If it is no network of this library.
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> from sknn_bio.reporting import NetworkDisplay
        >>> NetworkDisplay.from_estimator(model)  # doctest: +SKIP
        """
        check_is_fitted(estimator)
        network = _network_of(estimator)
        if not hasattr(network, "population_"):
            raise TypeError(
                "estimator must be a network of this library, or a Pipeline or search "
                f"that ends in one, got {type(network).__name__}"
            )
        return cls(layers_of(network), network.n_members_).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.72 * len(self.layers)

    def _draw(self, ax: Any) -> None:
        ax.set_axis_off()
        n = len(self.layers)
        ax.set(xlim=(0, 1), ylim=(n - 0.4, -0.6))
        if self.n_members > 1:
            self._sheets(ax)
        # Small letters of about half a square.
        room = room_of(ax)[0] * (1 - _SHARE - 0.06)
        letters = max(16, int(room / (0.46 * font_size())))
        above: np.ndarray | None = None
        for y, layer in enumerate(self.layers):
            places = _places(layer)
            if above is not None:
                _edges(ax, above, places, y)
            _units(ax, layer, places, y)
            detail = textwrap.fill(layer.detail, letters) if layer.detail else ""
            ax.annotate(
                layer.title,
                (_SHARE + 0.06, y),
                xytext=(0, 0.1 * font_size() if detail else 0),
                textcoords="offset points",
                va="bottom" if detail else "center",
                fontweight="bold",
            )
            ax.annotate(
                detail,
                (_SHARE + 0.06, y),
                xytext=(0, -0.2 * font_size()),
                textcoords="offset points",
                va="top",
                fontsize="small",
                linespacing=1.15,
            )
            above = places

    def _sheets(self, ax: Any) -> None:
        """Draw the frame of a member's own layers, and others behind it."""
        top, bottom = 0.55, len(self.layers) - 1.42
        if len(self.layers) == 2:  # no hidden layer: frame the connections alone
            top, bottom = 0.25, 0.75
        for number in (2, 1, 0):
            ax.add_patch(
                _rectangle(
                    (0.012 + 0.012 * number, top - 0.035 * number),
                    _SHARE - 0.05,
                    bottom - top,
                )
            )
        ax.annotate(
            f"× {self.n_members}",
            (_SHARE - 0.01, bottom),
            ha="left",
            va="bottom",
            fontsize="small",
            color=GUIDE,
        )


def _network_of(estimator: Any) -> Any:
    """Return what a Pipeline ends in, and what a search or a wrapper holds."""
    inner = final_step(estimator)
    for name in _HELD:
        if hasattr(inner, name):
            return _network_of(getattr(inner, name))
    return inner


def _rectangle(corner: tuple[float, float], width: float, height: float) -> Any:
    patches = require("matplotlib.patches", extra="report")
    return patches.Rectangle(
        corner,
        width,
        height,
        facecolor="white",
        edgecolor="#B8B8B8",
        linewidth=0.8,
        zorder=0,
    )


def _places(layer: Layer) -> np.ndarray:
    """Return where the circles stand, NaN for the dots that mean more."""
    middle, step = _SHARE / 2 - 0.01, 0.052
    if layer.width <= _MOST_UNITS:
        shown = np.arange(layer.width, dtype=float)
    else:
        shown = np.arange(_MOST_UNITS, dtype=float)
        shown[_MOST_UNITS // 2] = np.nan
    return middle + step * (shown - (len(shown) - 1) / 2)


def _edges(ax: Any, above: np.ndarray, below: np.ndarray, y: int) -> None:
    for start in above[np.isfinite(above)]:
        for end in below[np.isfinite(below)]:
            ax.plot(
                [start, end], [y - 0.88, y - 0.12], color="#C4C4C4", lw=0.4, zorder=1
            )


def _units(ax: Any, layer: Layer, places: np.ndarray, y: int) -> None:
    middle = _SHARE / 2 - 0.01
    if layer.kind == "gap":
        ax.text(middle, y, "⋮", ha="center", va="center", fontsize="x-large")
        return
    if not layer.width:
        ax.plot(
            middle,
            y,
            "s",
            markersize=scaled(15),
            color=_INK[layer.kind],
            markeredgecolor=COLORS["black"],
            markeredgewidth=scaled(0.6),
        )
        return
    shown = places[np.isfinite(places)]
    ax.plot(
        shown,
        np.full(len(shown), y),
        "o",
        markersize=scaled(7.5),
        color=_INK[layer.kind],
        markeredgecolor=COLORS["black"],
        markeredgewidth=scaled(0.6),
        zorder=3,
    )
    if len(shown) < len(places):
        ax.text(middle, y, "…", ha="center", va="center", zorder=3)
