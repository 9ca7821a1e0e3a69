"""A heat map of genes by class: which genes a class has much or little of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import pdist
from sklearn.utils import check_consistent_length, column_or_1d

from sknn_bio._optional import require
from sknn_bio.inspection import Attributions
from sknn_bio.reporting._columns import some_columns
from sknn_bio.reporting._display import Display
from sknn_bio.reporting._style import (
    CYCLE,
    DIVERGING,
    color_bar,
    color_map,
    dress,
    font_size,
    name_rows,
    scaled,
    shorten,
)

_FARTHEST = 2.5  # standard deviations that the colours tell apart
_MOST_ROWS = 1500  # drawn as columns of the map


@dataclass(eq=False)
class GeneHeatmapDisplay(Display):
    """Standardised values of genes, by class or row by row, similar genes side by side.

    Each gene is standardised over all rows: red is above its own mean, blue below, and
    2.5 standard deviations are the end of the scale. Genes are put in order by
    hierarchical clustering of what is drawn (average linkage of distances, with the
    optimal order of the leaves [1]_).

    Parameters
    ----------
    table : DataFrame of shape (n_genes, n_columns)
        Standardised values: a column is a class, or a row of the table.
    classes : ndarray of shape (n_columns,)
        The class of each column.
    show : {"means", "rows"}
        Whether columns are the classes' means, or rows of the table.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    References
    ----------
    .. [1] Bar-Joseph, Z., Gifford, D. K. & Jaakkola, T. S. (2001). Fast optimal leaf
       ordering for hierarchical clustering. Bioinformatics 17, S22-S29.
    """

    size: ClassVar[tuple[float, float]] = (5.2, 1.4)  # inches; a gene adds to it
    table: pd.DataFrame
    classes: np.ndarray
    show: Literal["means", "rows"]

    @classmethod
    def from_attributions(
        cls,
        attributions: Attributions,
        y: Any,
        *,
        n_genes: int = 20,
        show: Literal["means", "rows"] = "means",
        ax: Any = None,
    ) -> Self:
        """Draw the genes that a model listens to most.

        Parameters
        ----------
        attributions : sknn_bio.inspection.Attributions
            Of several classes, each class's most important genes are taken in turn.
        y : array-like of shape (n_samples,)
            The class of each explained row.
        n_genes : int, default=20
            How many.
        show : {"means", "rows"}, default="means"
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        GeneHeatmapDisplay

        Raises
        ------
        ValueError
            If lengths differ, or `n_genes` or `show` is none of those.
        """
        if n_genes < 1:
            raise ValueError(f"n_genes must be at least 1, got {n_genes!r}")
        top = _top(np.abs(attributions.values).mean(axis=0), n_genes)
        names = np.asarray(attributions.feature_names)
        return cls.from_data(
            attributions.data,
            y,
            genes=names[top].tolist(),
            feature_names=names,
            show=show,
            ax=ax,
        )

    @classmethod
    def from_data(
        cls,
        X: Any,
        y: Any,
        *,
        genes: Sequence[Any] | None = None,
        feature_names: Any = None,
        show: Literal["means", "rows"] = "means",
        ax: Any = None,
    ) -> Self:
        """Draw some genes of a table.

        Parameters
        ----------
        X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
            Counts are best on a log scale.
        y : array-like of shape (n_samples,)
            The class of each row.
        genes : sequence, default=None
            Names of columns to draw; None takes all.
        feature_names : array-like of shape (n_features,), default=None
            Names of the columns; None takes those of the DataFrame, or numbers.
        show : {"means", "rows"}, default="means"
            The mean of each class, or every row (1,500 at most, drawn at random),
            ordered by class.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        GeneHeatmapDisplay

        Raises
        ------
        ValueError
            If lengths differ, a gene is no column or no number, or `show` is neither.

        Examples
        --------
        >>> from sknn_bio.reporting import GeneHeatmapDisplay
        >>> GeneHeatmapDisplay.from_data(X, y, genes=["CD3D"])  # doctest: +SKIP
        """
        if show not in ("means", "rows"):
            raise ValueError(f"show must be 'means' or 'rows', got {show!r}")
        y = column_or_1d(y)
        check_consistent_length(X, y)
        values = _standardised(_chosen(X, genes, feature_names))
        if show == "means":
            shown = values.groupby(y, observed=True).mean()
            labels = shown.index.to_numpy()
        else:
            rows = np.arange(len(y))
            if len(y) > _MOST_ROWS:
                rows = np.random.default_rng(0).choice(rows, _MOST_ROWS, replace=False)
            codes = np.unique(y, return_inverse=True)[1]
            rows = rows[np.argsort(codes[rows], kind="stable")]
            shown, labels = values.iloc[rows], y[rows]
        table = shown.T
        return cls(table.iloc[_order(table.to_numpy())], labels, show).plot(ax)

    def _figure_size(self) -> tuple[float, float]:
        return self.size[0], self.size[1] + 0.2 * len(self.table)

    def _draw(self, ax: Any) -> None:
        means = self.show == "means"
        image = ax.imshow(
            self.table.to_numpy(),
            aspect="auto",
            interpolation="nearest",
            cmap=color_map("diverging", DIVERGING),
            vmin=-_FARTHEST,
            vmax=_FARTHEST,
        )
        dress(ax, xlabel="", ylabel="")
        ax.grid(False)
        ax.spines[:].set_visible(False)
        name_rows(ax, self.table.index.tolist())
        _, starts = np.unique(_runs(self.classes), return_index=True)
        ends = np.append(starts[1:], len(self.classes))
        for start in starts[1:]:
            ax.axvline(start - 0.5, color="white", linewidth=0.5 if means else 0.8)
        names = [shorten(self.classes[start], 20) for start in starts]
        few = len(names) <= 4 and max(map(len, names)) <= 10
        ax.set_xticks(
            (starts + ends - 1) / 2,
            names,
            rotation=0 if few else 45 if len(names) <= 10 else 90,
            ha="center" if few else "right",
            va="top" if few else "center",
            rotation_mode="default" if few else "anchor",
        )
        ax.tick_params(axis="x", length=0, pad=0.9 * font_size())
        if len(names) > 10:
            ax.tick_params(axis="x", labelsize="small")
        for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
            _class_bar(ax, start - 0.5, end - 0.5, CYCLE[number % len(CYCLE)])
        color_bar(ax, image, "Standard deviations from the mean")


def _class_bar(ax: Any, start: float, end: float, color: str) -> None:
    """Draw the colour of a class under its columns."""
    transforms = require("matplotlib.transforms", extra="report")
    below = transforms.offset_copy(
        ax.get_xaxis_transform(),
        fig=ax.get_figure(root=True),
        y=-0.45 * font_size(),
        units="points",
    )
    ax.plot(
        [start, end],
        [0, 0],
        transform=below,
        color=color,
        linewidth=scaled(4.5),
        solid_capstyle="butt",
        clip_on=False,
    )


def _top(size: np.ndarray, n_genes: int) -> np.ndarray:
    """Return the most important columns; of several classes, each one's in turn."""
    if size.ndim == 1:
        return np.argsort(-size, kind="stable")[:n_genes]
    turns = np.argsort(-size, axis=0, kind="stable").ravel()
    _, first = np.unique(turns, return_index=True)
    return turns[np.sort(first)][:n_genes]


def _chosen(X: Any, genes: Sequence[Any] | None, names: Any) -> pd.DataFrame:
    """Return the columns of some genes as dense floats."""
    if names is None:
        names = X.columns if hasattr(X, "columns") else np.arange(X.shape[1])
    index = pd.Index(names)
    wanted = index if genes is None else pd.Index(genes)
    places = index.get_indexer(wanted)
    if (places < 0).any():
        raise ValueError(f"no column is named {wanted[places < 0].tolist()}")
    part = some_columns(X, places).set_axis(wanted, axis=1)
    bad = [
        str(gene)
        for gene, dtype in part.dtypes.items()
        if not pd.api.types.is_numeric_dtype(dtype)
    ]
    if bad:
        raise ValueError(f"genes must be numbers, got categories in {bad}")
    return part.astype(float)


def _standardised(values: pd.DataFrame) -> pd.DataFrame:
    std = values.std(ddof=0).replace(0, 1)
    return (values - values.mean()) / std


def _runs(classes: np.ndarray) -> np.ndarray:
    """Return the number of the run that each column is in."""
    return np.cumsum(np.append(False, classes[1:] != classes[:-1]))


def _order(table: np.ndarray) -> np.ndarray:
    """Return the rows with similar ones side by side."""
    if len(table) < 3 or table.shape[1] < 2:
        return np.arange(len(table))
    distances = pdist(np.nan_to_num(table))
    return leaves_list(optimal_leaf_ordering(linkage(distances, "average"), distances))
