"""Which classes are taken for which: counts, and shares of each true class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from sknn_bio._optional import require
from sknn_bio.reporting._display import Display
from sknn_bio.reporting._scored import final_step, out_of_fold
from sknn_bio.reporting._style import color_bar, color_map, dress, font_size, shorten

_FILL = ("#FFFFFF", "#56B4E9", "#0072B2", "#003A5C")
_BOTH = 6  # classes whose cells have room for the share and the count
_SMALLEST = 4.0  # points; what is smaller is left out


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """The confusion matrix: a row is a true class, a column what it was taken for.

    The colour is the share of the true class, so that rare classes are seen as well as
    common ones; its scale is that of square roots, so that rare mistakes are. With up
    to six classes a cell has its share and its count; with more, the share in percent,
    as far as the letters can be read. Empty cells are empty.

    Parameters
    ----------
    matrix : DataFrame of shape (n_classes, n_classes)
        Counts; index the true classes, columns the predicted ones.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    accuracy : float
        The share of rows that are right.
    balanced_accuracy : float
        The mean over the true classes of the share that is right.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 4.6)  # inches
    matrix: pd.DataFrame

    @property
    def accuracy(self) -> float:
        """Return the share of rows that are right."""
        counts = self.matrix.to_numpy(dtype=float)
        return float(np.trace(counts) / counts.sum())

    @property
    def balanced_accuracy(self) -> float:
        """Return the mean over the true classes of the share that is right."""
        return float(np.nanmean(np.diag(self.shares)))

    @property
    def shares(self) -> np.ndarray:
        """Return the matrix as shares of each true class; NaN for an absent one."""
        counts = self.matrix.to_numpy(dtype=float)
        with np.errstate(invalid="ignore"):
            return counts / counts.sum(axis=1, keepdims=True)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        labels: Any = None,
        ax: Any = None,
    ) -> Self:
        """Draw what a fitted classifier takes for what.

        Parameters
        ----------
        estimator : classifier
            Fitted: one of this library, a Pipeline, or any other.
        X : array-like of shape (n_samples, n_features) or None
            Rows that it was not fitted on. None takes the likeliest class of the
            out-of-fold predictions that a network of this library keeps; `y` is then
            what it was fitted on.
        y : array-like of shape (n_samples,)
            Their labels.
        labels : array-like, default=None
            The classes in the order to draw them, or some of them.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        ConfusionDisplay

        Raises
        ------
        ValueError
            As `from_predictions`, and for `X` None where there are no out-of-fold
            predictions.
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> from sknn_bio.reporting import ConfusionDisplay
        >>> ConfusionDisplay.from_estimator(model, X_test, y_test)  # doctest: +SKIP
        """
        check_is_fitted(estimator)
        if X is not None:
            return cls.from_predictions(y, estimator.predict(X), labels=labels, ax=ax)
        proba = out_of_fold(estimator)
        y = column_or_1d(y)
        check_consistent_length(y, proba)
        seen = np.isfinite(proba).all(axis=1)
        classes = np.asarray(final_step(estimator).classes_)
        found = classes[proba[seen].argmax(axis=1)]
        return cls.from_predictions(y[seen], found, labels=labels, ax=ax)

    @classmethod
    def from_predictions(
        cls, y_true: Any, y_pred: Any, *, labels: Any = None, ax: Any = None
    ) -> Self:
        """Draw any predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Labels, and what was answered.
        labels : array-like, default=None
            The classes in the order to draw them, or some of them. None takes all,
            sorted.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        ConfusionDisplay

        Raises
        ------
        ValueError
            If the lengths differ, if the labels are numbers that are no classes, and if
            none of `labels` is in `y_true`.
        """
        y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
        check_consistent_length(y_true, y_pred)
        if labels is None:
            labels = np.union1d(y_true, y_pred)
        counts = confusion_matrix(y_true, y_pred, labels=labels)
        return cls(pd.DataFrame(counts, index=labels, columns=labels)).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        longest = max(len(str(name)) for name in self.matrix)
        side = max(3.4, 1.6 + 0.28 * len(self.matrix) + 0.05 * min(longest, 28))
        return side + 0.6, side

    def _draw(self, ax: Any) -> None:
        shares, n = self.shares, len(self.matrix)
        fill = color_map("confusion", _FILL)
        # Roots: a class that is taken for another once in fifty times is seen.
        roots = require("matplotlib.colors", extra="report").PowerNorm(0.5, 0, 1)
        image = ax.imshow(np.nan_to_num(shares), cmap=fill, norm=roots)
        names = [shorten(name, 22) for name in self.matrix.index]
        upright = n > 4 or max(map(len, names)) > 9
        ax.set_xticks(range(n), names)
        if upright:
            ax.tick_params(axis="x", rotation=45 if n <= 8 else 90)
            for text in ax.get_xticklabels():
                text.set(ha="right" if n <= 8 else "center", rotation_mode="anchor")
                if n > 8:
                    text.set(ha="right", va="center")
        ax.set_yticks(range(n), names)
        if n > 8:
            ax.tick_params(labelsize="small" if n <= 14 else "x-small")
        dress(ax, xlabel="Predicted", ylabel="True")
        ax.grid(False)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xticks(np.arange(n - 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(n - 1) + 0.5, minor=True)
        ax.grid(which="minor", color="#D0D0D0", linewidth=0.5)
        ax.tick_params(which="minor", length=0)
        bar = color_bar(ax, image, "Share of the true class")
        bar.set_ticks([0, 0.01, 0.05, 0.2, 0.5, 1])
        bar.ax.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        self._write(ax, shares)

    def _write(self, ax: Any, shares: np.ndarray) -> None:
        """Write into the cells what fits there."""
        figure, n = ax.get_figure(root=True), len(shares)
        figure.draw_without_rendering()  # lays the figure out: how large is a cell?
        box = ax.get_window_extent()
        cell = 72 / figure.dpi * min(box.width, box.height) / n
        both = n <= _BOTH
        # Three or four letters of half a square beside each other, two lines.
        points = min(font_size(), cell / (2.9 if both else 1.7))
        if points < _SMALLEST:
            return
        counts = self.matrix.to_numpy()
        for row, column in zip(*np.nonzero(counts), strict=True):
            share, count = shares[row, column], counts[row, column]
            percent = f"{100 * share:.0f}" if share >= 0.005 else "<1"
            ax.text(
                column,
                row,
                f"{percent}%\n{count:,}" if both else percent,
                ha="center",
                va="center",
                fontsize=points,
                color="white" if share > 0.3 else "black",
            )
