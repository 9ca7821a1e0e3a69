"""Which columns speak, how surely, and for whom: attributions as dots or bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import numpy as np

from sknn_bio.inspection import Attributions, integrated_gradients
from sknn_bio.reporting._attributions_draw import (
    MOST_CLASSES,
    draw_bars,
    draw_beeswarm,
)
from sknn_bio.reporting._columns import categories_of, levels_of, some_columns
from sknn_bio.reporting._display import Display


@dataclass(eq=False)
class AttributionsDisplay(Display):
    """The attributions of a fitted model, the most important columns on top.

    ``kind="beeswarm"``: a dot is a row of the table (a patient, a cell); its place says
    how far the column moved that row's prediction, its colour whether the column's
    value was low or high among the rows. Categories and missing values are hollow and
    grey; a category of few levels has their names where their dots are.

    ``kind="bars"``: a bar is the mean size of a column's attributions; small ticks are
    the members of the ensemble, and a line joins the lowest and the highest. Hatched
    bars are of columns that lower the output where they are high.

    Parameters
    ----------
    kind : {"beeswarm", "bars"}
    names : list of str
        The columns shown, the most important first.
    values : ndarray of shape (n_samples, n_shown) or (n_samples, n_shown, n_outputs)
        Their attributions.
    levels : ndarray of shape (n_samples, n_shown)
        The rank of each value in its column, from 0 to 1; NaN for a category and where
        it is missing.
    outputs : list of str
        The class that is explained, or several; empty for a regressor of one target.
    unit : {"probability", "raw", "prediction"}, default="prediction"
        What of the output is explained.
    members : ndarray of shape (n_members, n_shown), default=None
        The mean size of each member's own attributions.
    categories : dict of int to ndarray of str, default={}
        Place among `names` of a categorical column → its value in each row.
    n_hidden : int, default=0
        How many columns are not shown.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    sknn_bio.inspection.integrated_gradients : The numbers.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 1.5)  # inches; a row adds to it
    kind: Literal["beeswarm", "bars"]
    names: list[str]
    values: np.ndarray
    levels: np.ndarray
    outputs: list[str]
    unit: str = "prediction"
    members: np.ndarray | None = None
    categories: dict[int, np.ndarray] = field(default_factory=dict)
    n_hidden: int = 0

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        kind: Literal["beeswarm", "bars"] = "beeswarm",
        n_features: int = 15,
        label: Any = None,
        ax: Any = None,
        **options: Any,
    ) -> Self:
        """Explain the predictions of some rows, and draw it.

        Parameters
        ----------
        estimator : estimator or Pipeline
            Fitted.
        X : array-like of shape (n_samples, n_features)
            The rows to explain.
        kind : {"beeswarm", "bars"}, default="beeswarm"
        n_features : int, default=15
            How many columns to show, the most important first.
        label : label, default=None
            Of several classes, the one to explain. None is allowed for bars, which are
            then stacked by class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.
        **options
            For `sknn_bio.inspection.integrated_gradients`, such as ``baseline``.

        Returns
        -------
        AttributionsDisplay

        Raises
        ------
        ValueError
            As `from_attributions`.

        Examples
        --------
        >>> from sknn_bio.reporting import AttributionsDisplay
        >>> AttributionsDisplay.from_estimator(model, X)  # doctest: +SKIP
        """
        found = integrated_gradients(estimator, X, **options)
        return cls.from_attributions(
            found, kind=kind, n_features=n_features, label=label, ax=ax
        )

    @classmethod
    def from_attributions(
        cls,
        attributions: Attributions,
        *,
        kind: Literal["beeswarm", "bars"] = "beeswarm",
        n_features: int = 15,
        label: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw attributions that are there already.

        Parameters
        ----------
        attributions : sknn_bio.inspection.Attributions
        kind : {"beeswarm", "bars"}, default="beeswarm"
        n_features : int, default=15
            How many columns to show, the most important first.
        label : label, default=None
            Of several classes (or targets), the one to explain. None is allowed for
            bars, which are then stacked.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        AttributionsDisplay

        Raises
        ------
        TypeError
            If `attributions` are something else.
        ValueError
            If `kind`, `n_features` or `label` is none of those, and for the beeswarm of
            several classes without `label`.
        """
        if not isinstance(attributions, Attributions):
            raise TypeError(
                "attributions must be what integrated_gradients returns, got "
                f"{type(attributions).__name__}"
            )
        if kind not in ("beeswarm", "bars"):
            raise ValueError(f"kind must be 'beeswarm' or 'bars', got {kind!r}")
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features!r}")
        values, outputs = _of_output(attributions, label)
        if values.ndim == 3 and kind == "beeswarm":
            raise ValueError(f"label must name what to explain, one of {outputs}")
        size = np.abs(values).mean(axis=0)
        size = size.sum(axis=1) if size.ndim == 2 else size
        shown = np.argsort(-size, kind="stable")[:n_features]
        values = values[:, shown]
        if values.ndim == 3:
            values, outputs = _most_explained(values, outputs)
        # The members' sizes are means over all outputs.
        whole = label is None or attributions.values.ndim == 2
        data = some_columns(attributions.data, shown)
        return cls(
            kind,
            [str(attributions.feature_names[j]) for j in shown],
            values,
            levels_of(data),
            outputs,
            attributions.output,
            attributions.member_importances[:, shown] if whole else None,
            categories_of(data),
            len(size) - len(shown),
        ).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.26 * len(self.names)

    def _draw(self, ax: Any) -> None:
        (draw_beeswarm if self.kind == "beeswarm" else draw_bars)(self, ax)


def _of_output(attributions: Attributions, label: Any) -> tuple[np.ndarray, list[str]]:
    """Return the attributions to one output, or to all; and the outputs' names."""
    values, given = attributions.values, attributions.output_names
    if given is not None:
        names = [str(name) for name in given]
    else:
        several = range(values.shape[2]) if values.ndim == 3 else ()
        names = [f"target {number}" for number in several]
    if label is not None and str(label) not in names:
        raise ValueError(f"label must be one of {names}, got {label!r}")
    if values.ndim == 2:
        return values, names[-1:]
    if label is None:
        return values, names
    code = names.index(str(label))
    return values[:, :, code], [names[code]]


def _most_explained(
    values: np.ndarray, outputs: list[str]
) -> tuple[np.ndarray, list[str]]:
    """Return each output's share of the mean size, those that hardly count as one."""
    size = np.abs(values) / len(outputs)
    if len(outputs) <= MOST_CLASSES:
        return size, outputs
    order = np.argsort(-size.sum(axis=(0, 1)), kind="stable")
    kept, rest = np.sort(order[:MOST_CLASSES]), order[MOST_CLASSES:]
    other = size[:, :, rest].sum(axis=2, keepdims=True)
    names = [*(outputs[c] for c in kept), f"{len(rest)} others"]
    return np.concatenate([size[:, :, kept], other], axis=2), names
