"""What a comparison can be turned into: tables, figures, a page."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from sknn_bio._optional import require
from sknn_bio.model_selection._checkpoint import write_whole


class Outputs:
    """Tables and figures of a :class:`Comparison`; drawn by `reporting`."""

    results: pd.DataFrame
    metrics: list[str]

    def summary(self) -> pd.DataFrame:
        """Return one row a model, best first."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the long table of results, one row a model, fold and metric."""
        return self.results.copy()

    def to_csv(self, path: str | PathLike) -> None:
        """Write the long table of results; the file is there whole or not at all.

        Parameters
        ----------
        path : path
        """
        write_whole(Path(path), self.results.to_csv(index=False).encode())

    def to_latex(self, path: str | PathLike | None = None) -> str:
        """Return the summary as a LaTeX table: mean [95 % interval] a metric.

        Parameters
        ----------
        path : path, default=None
            Where to write it as well.

        Returns
        -------
        str

        Raises
        ------
        ImportError
            If jinja2, which writes it, is not installed.
        """
        require("jinja2", extra="report")
        summary = self.summary()
        table = pd.DataFrame(index=summary.index)
        for metric in self.metrics:
            ends = summary[[metric, f"{metric}_low", f"{metric}_high"]]
            table[metric] = [
                "" if row[0] != row[0] else f"{row[0]:.3f} [{row[1]:.3f}, {row[2]:.3f}]"
                for row in ends.to_numpy()
            ]
        text = table.rename_axis(None).to_latex(escape=True)
        if path is not None:
            write_whole(Path(path), text.encode())
        return text

    def to_html(self, path: str | PathLike, force: bool = False) -> Path:
        """Write one self-contained page with everything that was found.

        Parameters
        ----------
        path : path
        force : bool, default=False
            Whether to replace a file that is there.

        Returns
        -------
        Path

        Raises
        ------
        FileExistsError
            If the file is there and `force` is False.
        """
        from sknn_bio.reporting import write_report

        page: Any = write_report
        return page(self, path, force=force)

    def plot_roc(self, ax: Any = None) -> Any:
        """Draw the mean ROC curves with their bands.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            None makes a figure.

        Returns
        -------
        display
            With ``figure_``, ``ax_`` and the numbers it shows.
        """
        return self._draw("RocComparisonDisplay", ax)

    def plot_precision_recall(self, ax: Any = None) -> Any:
        """Draw the mean precision-recall curves; see :meth:`plot_roc`."""
        return self._draw("PrecisionRecallComparisonDisplay", ax)

    def plot_reliability(self, ax: Any = None) -> Any:
        """Draw observed against predicted frequencies; see :meth:`plot_roc`."""
        return self._draw("ReliabilityDisplay", ax)

    def plot_net_benefit(self, ax: Any = None) -> Any:
        """Draw the decision curves; see :meth:`plot_roc`."""
        return self._draw("NetBenefitDisplay", ax)

    def plot_differences(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw each pair's difference with its interval; see :meth:`plot_roc`."""
        return self._draw("DifferencesDisplay", ax, metric=metric)

    def plot_scores(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw each model's score with its interval; see :meth:`plot_roc`."""
        return self._draw("ScoresDisplay", ax, metric=metric)

    def plot_subgroups(self, ax: Any = None, metric: str | None = None) -> Any:
        """Draw each model's score by subgroup; see :meth:`plot_roc`."""
        return self._draw("SubgroupsDisplay", ax, metric=metric)

    def plot_time(self, ax: Any = None) -> Any:
        """Draw score against time to fit; see :meth:`plot_roc`."""
        return self._draw("TimeDisplay", ax)

    def plot_history(self, ax: Any = None) -> Any:
        """Draw the learning curves of the networks; see :meth:`plot_roc`."""
        return self._draw("LearningCurvesDisplay", ax)

    def _draw(self, display: str, ax: Any, **options: Any) -> Any:
        from sknn_bio import reporting

        return getattr(reporting, display).from_comparison(self, ax=ax, **options)
