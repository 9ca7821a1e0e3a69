"""What is gained by answering fewer rows: the error among those that are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

from sknn_bio.omics._risk import risk_coverage
from sknn_bio.reporting._display import Display
from sknn_bio.reporting._style import (
    COLORS,
    CYCLE,
    DASHED,
    GUIDE,
    dress,
    legend_below,
    scaled,
)


@dataclass(eq=False)
class RiskCoverageDisplay(Display):
    """The error among the surest rows, against how many of all rows they are.

    Parameters
    ----------
    curve : DataFrame
        ``coverage`` and ``risk``.
    target_error : float, default=None
        Drawn as a dashed line.
    chosen : tuple of (float, float), default=None
        Coverage and error of the threshold in use, drawn as a dot.
    bound : float, default=None
        Of that error, drawn as a whisker above the dot.
    name : str, default=None
        What the legend calls the curve.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    line_ : matplotlib Line2D

    See Also
    --------
    sknn_bio.omics.RejectOption : Chooses the threshold.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 4.9)  # inches
    curve: pd.DataFrame
    target_error: float | None = None
    chosen: tuple[float, float] | None = None
    bound: float | None = None
    name: str | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        name: str | None = None,
        ax: Any = None,
    ) -> RiskCoverageDisplay:
        """Draw the curve of a fitted :class:`~sknn_bio.omics.RejectOption`.

        Parameters
        ----------
        estimator : RejectOption
            Fitted.
        X : array-like of shape (n_samples, n_features), default=None
            Rows to draw it for; None draws it for the held-out rows of ``fit``.
        y : array-like of shape (n_samples,), default=None
            Their labels. A row of an unseen class counts as an error once it is
            answered.
        name : str, default=None
            What the legend calls the curve; None: held-out rows, or given rows.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        RiskCoverageDisplay

        Raises
        ------
        ValueError
            If one of `X` and `y` is given alone.
        sklearn.exceptions.NotFittedError

        Examples
        --------
        >>> from sknn_bio.reporting import RiskCoverageDisplay
        >>> RiskCoverageDisplay.from_estimator(model)  # doctest: +SKIP
        """
        check_is_fitted(estimator, "risk_coverage_")
        if (X is None) != (y is None):
            raise ValueError("X and y must be given together, got one of them")
        target = float(estimator.target_error)
        if X is None:
            chosen = (estimator.coverage_, estimator.error_)
            display = cls(
                estimator.risk_coverage_,
                target,
                chosen,
                float(estimator.error_bound_),
                name or "held-out rows",
            )
            return display.plot(ax)
        y = np.asarray(y)
        proba = estimator.predict_proba(X)
        wrong = estimator.classes_[proba.argmax(axis=1)] != y
        familiar = estimator.score_samples(X) > estimator.novelty_threshold_
        sure = proba.max(axis=1)
        accepted = familiar & (sure > estimator.threshold_)
        chosen = (float(accepted.mean()), _share(wrong[accepted]))
        curve = risk_coverage(sure[familiar], wrong[familiar], len(y))
        return cls(curve, target, chosen, None, name or "given rows").plot(ax)

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        confidence: Any,
        *,
        target_error: float | None = None,
        name: str | None = None,
        ax: Any = None,
    ) -> RiskCoverageDisplay:
        """Draw the curve of any predictions.

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,)
            Labels, and what was answered.
        confidence : array-like of shape (n_samples,)
            How sure each answer is; higher is surer.
        target_error : float, default=None
            Drawn as a dashed line.
        name : str, default=None
            What the legend calls the curve.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        RiskCoverageDisplay

        Raises
        ------
        ValueError
            If the lengths differ, or a confidence is no finite number.
        """
        y_true, y_pred = column_or_1d(y_true), column_or_1d(y_pred)
        sure = column_or_1d(confidence, dtype=np.float64)
        check_consistent_length(y_true, y_pred, sure)
        if not np.isfinite(sure).all():
            raise ValueError("confidence must be finite, got NaN or inf")
        curve = risk_coverage(sure, np.asarray(y_true != y_pred, dtype=bool))
        return cls(curve, target_error, name=name).plot(ax)

    def _draw(self, ax: Any) -> None:
        number = sum(line.get_gid() == "curve" for line in ax.lines)
        color = CYCLE[number % len(CYCLE)]
        (self.line_,) = ax.plot(
            self.curve["coverage"],
            self.curve["risk"],
            drawstyle="steps-pre",
            linewidth=scaled(1.7),
            color=color,
            label=self.name,
            gid="curve",
        )
        if self.target_error is not None:
            label = None if number else f"target: {self.target_error:.1%}"
            ax.axhline(
                self.target_error,
                color=GUIDE,
                lw=scaled(1),
                linestyle=DASHED,
                label=label,
            )
        if self.chosen is not None:
            coverage, error = self.chosen
            above = [[0], [max((self.bound or 0) - error, 0)]]
            note = f"accepted: {coverage:.1%}, error {error:.1%}"
            if self.bound is not None:
                note += f" (at most {self.bound:.1%})"
            ax.errorbar(
                coverage,
                error,
                yerr=None if self.bound is None else above,
                fmt="o",
                color=color,
                markeredgecolor=COLORS["black"],
                capsize=3,
                label=note,
                zorder=4,
            )
        highest = [self.curve["risk"].max(), self.target_error or 0, self.bound or 0]
        top = max(*highest, 0.01) * 1.15
        ax.set(xlim=(0, 1.02), ylim=(0, max(top, ax.get_ylim()[1] if number else 0)))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
        dress(ax, xlabel="Coverage: rows accepted", ylabel="Risk: error among them")
        entries = list(zip(*ax.get_legend_handles_labels(), strict=True))
        if entries:
            legend_below(ax, entries, columns=1)


def _share(wrong: np.ndarray) -> float:
    return float(wrong.mean()) if len(wrong) else 0.0
