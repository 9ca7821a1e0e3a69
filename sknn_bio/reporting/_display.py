"""What figures have in common, and what those of a comparison do."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._style import new_figure

MOST_BANDS = 3  # that the eye can tell apart


class NothingToDraw(ValueError):
    """A comparison lacks what a figure is made of."""


class Display:
    """A figure: holds what is drawn, and draws it.

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

    def plot(self, ax: Any = None) -> Self:
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
        settings = {"text.parse_math": False, "hatch.linewidth": 0.6}
        with matplotlib.rc_context(settings):
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


class MetricDisplay(Display):
    """A figure of one metric of a comparison."""

    @classmethod
    def from_comparison(
        cls, comparison: Comparison, *, metric: str | None = None, ax: Any = None
    ) -> Self:
        """Draw a metric of a comparison.

        Parameters
        ----------
        comparison : Comparison
        metric : str, default=None
            None takes the primary one.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            If the comparison lacks the metric, or what the figure is made of.

        Examples
        --------
        >>> from sknn_bio.reporting import ScoresDisplay
        >>> ScoresDisplay.from_comparison(comparison)  # doctest: +SKIP
        """
        return cls._of(comparison, checked_metric(comparison, metric)).plot(ax)

    @classmethod
    def _of(cls, comparison: Comparison, metric: str) -> Self:
        """Return the display, not drawn yet."""
        raise NotImplementedError


class LabelDisplay(Display):
    """A figure of one class of a comparison, held against the others."""

    @classmethod
    def from_comparison(
        cls, comparison: Comparison, *, label: Any = None, ax: Any = None
    ) -> Self:
        """Draw the curves of a comparison.

        Parameters
        ----------
        comparison : Comparison
        label : label, default=None
            Of several classes, the one to hold against the rest. Of two, None is the
            positive one.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display

        Raises
        ------
        ValueError
            For a regression, and for several classes without `label`.

        Examples
        --------
        >>> from sknn_bio.reporting import RocComparisonDisplay
        >>> RocComparisonDisplay.from_comparison(comparison)  # doctest: +SKIP
        """
        return cls._of(comparison, label).plot(ax)

    @classmethod
    def _of(cls, comparison: Comparison, label: Any) -> Self:
        """Return the display, not drawn yet."""
        raise NotImplementedError


def checked_metric(comparison: Comparison, metric: str | None) -> str:
    """Return a metric of the comparison; the primary one for None.

    Raises
    ------
    ValueError
        If the comparison lacks it.
    """
    if metric is None:
        return comparison.metrics[0]
    if metric not in comparison.metrics:
        raise ValueError(f"metric must be one of {comparison.metrics}, got {metric!r}")
    return metric


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
