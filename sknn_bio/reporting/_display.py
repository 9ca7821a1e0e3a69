"""What all figures of a comparison have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._style import new_figure

MOST_BANDS = 3  # that the eye can tell apart


class NothingToDraw(ValueError):
    """A comparison lacks what a figure is made of."""


class ComparisonDisplay:
    """A figure of a comparison: holds what is drawn, and draws it.

    Attributes
    ----------
    figure_ : matplotlib Figure
        The figure, once it is drawn.
    ax_ : matplotlib Axes
        The panel, once it is drawn.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 4.6)  # inches
    figure_: Any
    ax_: Any

    def plot(self, ax: Any = None) -> Any:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display
            Itself, with ``figure_`` and ``ax_``.
        """
        matplotlib = require("matplotlib", extra="report")
        # A dollar in the name of a model or column is a dollar.
        with matplotlib.rc_context({"text.parse_math": False}):
            if ax is None:
                width, height = self._figure_size()
                _, (ax,) = new_figure(1, width=width, height=height)
            self._draw(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _figure_size(self) -> tuple[float, float]:
        return self.size

    def _draw(self, ax: Any) -> None:
        raise NotImplementedError


def ranked(comparison: Comparison) -> dict[str, int]:
    """Return model → its number in the comparison, the best model first.

    The number decides the colour, so that a model looks alike in all figures.
    """
    numbers = {name: number for number, name in enumerate(comparison.models)}
    return {str(name): numbers[str(name)] for name in comparison.summary().index}


def able(comparison: Comparison, method: str, *args: Any) -> dict[str, Any]:
    """Return model → what a method says of it, without the models it cannot be asked.

    Raises
    ------
    NothingToDraw
        If there is no model left; in the method's own words.
    """
    found: dict[str, Any] = {}
    reason = "there is no model"
    for name in ranked(comparison):
        try:
            found[name] = getattr(comparison, method)(name, *args)
        except ValueError as error:  # it failed in every fold, or gives no scores
            reason = str(error)
    if not found:
        raise NothingToDraw(reason)
    return found
