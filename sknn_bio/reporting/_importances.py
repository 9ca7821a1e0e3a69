"""Importances with their intervals: by permutation, by stability, over members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd

from sknn_bio.reporting._display import Display
from sknn_bio.reporting._style import (
    COLORS,
    DASHED,
    GUIDE,
    dress,
    name_rows,
    scaled,
    words,
)

Kind = Literal["importance", "frequency", "rank"]
_NAMES = ("feature", "group")
_XLABELS = {
    "importance": "Importance",
    "frequency": "Share of fits that select it",
    "rank": "Rank",
}


@dataclass(eq=False)
class ImportancesDisplay(Display):
    """A dot and an interval for each column, the most important on top.

    Filled dots are columns that hold: whose interval of the importance is above zero,
    or that stability selection let through. Hollow ones may be chance.

    Parameters
    ----------
    table : DataFrame
        name, value, low, high and holds, a row a column.
    kind : {"importance", "frequency", "rank"}
    xlabel : str
        What is drawn, and what the interval is.
    threshold : float, default=None
        The lowest frequency that is selected.
    n_hidden : int, default=0
        How many columns are not shown.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    sknn_bio.inspection.permutation_importances : Importances and their intervals.
    sknn_bio.inspection.stability_selection : Frequencies and ranks.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 1.0)  # inches; a row adds to it
    table: pd.DataFrame
    kind: Kind
    xlabel: str
    threshold: float | None = None
    n_hidden: int = 0

    @classmethod
    def from_importances(
        cls,
        importances: Any,
        *,
        kind: Kind | None = None,
        n_features: int = 20,
        ax: Any = None,
    ) -> Self:
        """Draw importances that are there already.

        Parameters
        ----------
        importances : PermutationImportances, StabilitySelection, Attributions or \
DataFrame
            A table needs a column ``feature`` or ``group``, and that of its `kind`;
            ``low`` and ``high``, or ``std``, give intervals.
        kind : {"importance", "frequency", "rank"}, default=None
            What to draw. None is the frequency where there is one.
        n_features : int, default=20
            How many to show, the most important first.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        ImportancesDisplay

        Raises
        ------
        ValueError
            If the table lacks what is to be drawn, and if `n_features` is below 1.

        Examples
        --------
        >>> import pandas as pd
        >>> from sknn_bio.reporting import ImportancesDisplay
        >>> table = pd.DataFrame({"feature": ["age"], "importance": [0.2]})
        >>> ImportancesDisplay.from_importances(table)  # doctest: +SKIP
        """
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features!r}")
        table = _table_of(importances)
        if kind is None:
            kind = "frequency" if "frequency" in table else "importance"
        if kind not in _XLABELS:
            raise ValueError(f"kind must be one of {list(_XLABELS)}, got {kind!r}")
        name = next((column for column in _NAMES if column in table), None)
        if name is None or kind not in table:
            raise ValueError(
                f"the table needs a column 'feature' or 'group' and {kind!r}, got "
                f"{table.columns.tolist()}"
            )
        by = "rank" if "rank" in table else kind
        table = table.sort_values(by, ascending=by == "rank", kind="stable")
        shown = table.head(n_features)
        low, high, note = _ends(shown, kind)
        drawn = pd.DataFrame(
            {
                "name": shown[name].astype(str).to_numpy(),
                "value": shown[kind].to_numpy(dtype=float),
                "low": low,
                "high": high,
                "holds": _holds(shown, low, kind),
            }
        )
        threshold = getattr(importances, "threshold", None)
        if kind != "frequency" or not isinstance(threshold, float | int):
            threshold = None
        scoring = getattr(importances, "scoring", None)
        what = _XLABELS[kind]
        if kind == "importance" and isinstance(scoring, str):
            what = f"Fall of the {words(scoring)} when permuted"
        if threshold is not None:
            note = "dashed: threshold"
        xlabel = f"{what} ({note})" if note else what
        return cls(drawn, kind, xlabel, threshold, len(table) - len(shown)).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.26 * len(self.table)

    def _draw(self, ax: Any) -> None:
        color = COLORS["blue"]
        if self.kind == "importance":
            ax.axvline(0, color=GUIDE, linewidth=0.8, zorder=1)
        if self.threshold is not None:
            ax.axvline(self.threshold, color=GUIDE, linewidth=1, linestyle=DASHED)
        for y, row in enumerate(self.table.itertuples()):
            if self.kind == "frequency":
                ax.plot(
                    [0, row.value], [y, y], color=color, linewidth=scaled(1), zorder=2
                )
            elif np.isfinite(row.low):
                ax.plot([row.low, row.high], [y, y], color=color, linewidth=scaled(1.6))
            ax.plot(
                row.value,
                y,
                "o",
                markersize=scaled(5.5),
                markeredgewidth=scaled(1),
                markeredgecolor=color,
                markerfacecolor=color if row.holds else "white",
                clip_on=False,
                zorder=3,
            )
        dress(ax, xlabel=self.xlabel, ylabel="")
        ax.locator_params(axis="x", nbins=5)
        if self.kind == "frequency":
            ax.set_xlim(0, 1)
            ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        elif self.kind == "rank":
            self._rank_axis(ax)
        name_rows(ax, self.table["name"].tolist())

    def _rank_axis(self, ax: Any) -> None:
        """Ranks from 1; far ones closer together."""
        last = float(np.nanmax([*self.table["high"], *self.table["value"]]))
        if last > 60:
            ax.set_xscale("log")
            ax.set_xlim(0.9, last * 1.1)
        else:
            ax.set_xlim(0, last + 1)
            ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=2)
        ax.xaxis.set_major_formatter(lambda rank, _: f"{rank:.0f}" if rank >= 1 else "")


def _table_of(importances: Any) -> pd.DataFrame:
    if isinstance(importances, pd.DataFrame):
        return importances
    if callable(getattr(importances, "importances", None)):  # attributions
        return importances.importances()
    table = getattr(importances, "table", None)
    if not isinstance(table, pd.DataFrame):
        raise ValueError(
            "importances must be a table, or what permutation_importances, "
            f"stability_selection or integrated_gradients return, got {importances!r}"
        )
    return table


def _ends(table: pd.DataFrame, kind: Kind) -> tuple[np.ndarray, np.ndarray, str]:
    """Return low and high of each row, NaN where there is none, and what they are."""
    if kind == "rank" and "rank_low" in table:
        low, high = (table[f"rank_{end}"].to_numpy(float) for end in ("low", "high"))
        return low, high, "interval over the fits"
    if kind == "importance" and {"low", "high"} <= set(table):
        low, high = (table[end].to_numpy(float) for end in ("low", "high"))
        return low, high, "95 % interval"
    if kind == "importance" and "std" in table and table["std"].notna().any():
        value, std = table["importance"].to_numpy(float), table["std"].to_numpy(float)
        return value - std, value + std, "± SD"
    nothing = np.full(len(table), np.nan)
    return nothing, nothing, ""


def _holds(table: pd.DataFrame, low: np.ndarray, kind: Kind) -> np.ndarray:
    """Return which rows are more than chance, as far as the table says."""
    if "selected" in table:
        return table["selected"].to_numpy(bool)
    if kind == "importance" and {"low", "high"} <= set(table):
        return low > 0
    return np.ones(len(table), bool)
