"""Keep the genes that vary more than their mean lets one expect."""

from __future__ import annotations

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import (
    FLOAT_DTYPES,
    check_consistent_length,
    check_is_fitted,
    check_non_negative,
    column_or_1d,
    validate_data,
)

from sknn_bio._compat import Interval, StrOptions, fit_context
from sknn_bio.ondisk import is_on_disk
from sknn_bio.preprocessing._blocks import values
from sknn_bio.preprocessing._disk import (
    KeepColumns,
    check_disk_rows,
    first_rows,
    non_negative,
)
from sknn_bio.preprocessing._gene_scores import (
    mean_score,
    normalized_dispersion,
    order_by_batches,
    order_by_median_rank,
    ranks,
    standardized_variance,
)
from sknn_bio.preprocessing._scale import warn_of_counts, warn_of_logs

_LARGEST = 500  # exp of more is near the end of float64


class HighlyVariableGenes(SelectorMixin, BaseEstimator):
    """Select the genes whose expression varies most, for their mean.

    The answers are those of scanpy's ``pp.highly_variable_genes`` with the same flavour
    and ``n_top_genes``.

    Parameters
    ----------
    n_top_genes : int, default=2000
        Genes to keep; all are kept where there are no more.
    flavor : {"seurat_v3", "dispersion"}, default="seurat_v3"
        ``"seurat_v3"`` wants **counts** and ranks genes by their variance beside a
        loess curve of variance over mean [1]_. ``"dispersion"`` wants **natural logs**
        (what :class:`LogNormalizer` returns) and ranks them by the ratio of variance to
        mean, standardised among genes of a similar mean [2]_; scanpy calls it
        ``"seurat"``.

    Attributes
    ----------
    support_ : ndarray of bool of shape (n_features_in_,)
        The genes that are kept.
    scores_ : ndarray of shape (n_features_in_,)
        Standardised variance or normalised dispersion, the mean over batches. NaN for
        the dispersion of a constant gene.
    ranking_ : ndarray of int of shape (n_features_in_,)
        0 for the gene that was selected first.
    n_batches_ : ndarray of int of shape (n_features_in_,)
        Batches that have the gene among their own best `n_top_genes`.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the genes, where `X` had names.

    Warns
    -----
    ExpressionScaleWarning
        If `fit` gets logs where the flavour wants counts, or the reverse.

    Notes
    -----
    With batches, genes are scored in each batch by itself, so that what differs between
    batches is not taken for biology. ``"seurat_v3"`` then orders genes by their median
    rank among the batches that select them, ``"dispersion"`` by the number of batches
    that do.

    Differs from scanpy: exactly `n_top_genes` are kept, ties go to the earlier column,
    and a small or degenerate batch is no error.

    References
    ----------
    .. [1] Stuart, T. et al. (2019). Comprehensive integration of single-cell data.
       Cell 177, 1888-1902.
    .. [2] Satija, R. et al. (2015). Spatial reconstruction of single-cell gene
       expression data. Nature Biotechnology 33, 495-502.

    Examples
    --------
    >>> from sknn_bio.datasets import simulate_cohorts
    >>> from sknn_bio.preprocessing import HighlyVariableGenes
    >>> cells = simulate_cohorts(n_cells=(200, 50), n_genes=300, random_state=0).train
    >>> HighlyVariableGenes(n_top_genes=100).fit_transform(cells.counts).shape
    (200, 100)
    """

    __metadata_request__fit = {"batch": True}

    _parameter_constraints: dict[str, list[Any]] = {
        "n_top_genes": [Interval(Integral, 1, None, closed="left")],
        "flavor": [StrOptions({"seurat_v3", "dispersion"})],
    }

    def __init__(self, *, n_top_genes: int = 2000, flavor: str = "seurat_v3"):
        self.n_top_genes = n_top_genes
        self.flavor = flavor

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, batch=None) -> HighlyVariableGenes:
        """Score the genes and choose.

        Parameters
        ----------
        X : array-like, sparse matrix or table on disk of shape (n_cells, n_genes)
            Counts for ``flavor="seurat_v3"``, logs for ``flavor="dispersion"``.
        y : None
            Ignored.
        batch : array-like of shape (n_cells,), default=None
            The batch, donor or protocol of each cell. A batch of one cell has no
            variance and is left out, with a warning.

        Returns
        -------
        self : HighlyVariableGenes

        Raises
        ------
        ValueError
            If `X` has negative entries or, for logs, entries that no log could be; if
            `batch` has missing values, or no batch has two cells.
        """
        who = type(self).__name__
        if is_on_disk(X):
            X = non_negative(check_disk_rows(self, X, reset=True), who)
        else:
            X = validate_data(
                self, X, accept_sparse="csr", dtype=FLOAT_DTYPES, ensure_min_samples=2
            )
            check_non_negative(X, who)
        first = first_rows(X)
        cells = _cells_of_batches(batch, X)
        if self.flavor == "seurat_v3":
            warn_of_logs(first, who=f'{who}(flavor="seurat_v3")')
            scores = np.stack([standardized_variance(X, rows) for rows in cells])
            order = order_by_median_rank(scores, self.n_top_genes)
        else:
            _check_logs(first)
            warn_of_counts(first, who=f'{who}(flavor="dispersion")')
            batched = batch is not None
            scores = np.stack(
                [normalized_dispersion(X, r, only_expressed=batched) for r in cells]
            )
            order = order_by_batches(scores, self.n_top_genes)
        self.scores_ = mean_score(scores)
        self.n_batches_ = (ranks(scores) < self.n_top_genes).sum(axis=0)
        self.ranking_ = np.argsort(order)
        self.support_ = self.ranking_ < self.n_top_genes
        return self

    def transform(self, X):
        """Keep the selected genes.

        Parameters
        ----------
        X : array-like, sparse matrix or table on disk of shape (n_cells, n_genes)

        Returns
        -------
        X_new : ndarray, CSR matrix or RowsOnDisk of shape (n_cells, n_selected)
        """
        if not is_on_disk(X):
            return super().transform(X)
        check_is_fitted(self)
        rows = check_disk_rows(self, X, reset=False)
        chosen = np.flatnonzero(self.support_)
        return rows.map(KeepColumns(chosen), len(chosen))

    def _get_support_mask(self) -> np.ndarray:
        check_is_fitted(self)
        return self.support_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags


def _check_logs(X) -> None:
    stored = values(X)
    largest = stored.max() if stored.size else 0
    if largest > _LARGEST:
        raise ValueError(
            f'flavor="dispersion" expects logs, which are at most {_LARGEST}, got '
            f"{largest:.6g}: these look like counts; put a LogNormalizer before it, or "
            'use flavor="seurat_v3"'
        )


def _cells_of_batches(batch, X) -> list[np.ndarray]:
    """Return the rows of each batch that has two or more."""
    if batch is None:
        return [np.arange(X.shape[0])]
    batch = column_or_1d(batch)
    check_consistent_length(X, batch)
    codes, names = pd.factorize(batch, sort=True)
    if (codes < 0).any():
        raise ValueError(
            f"batch must be known for every cell, got {(codes < 0).sum()} missing"
        )
    cells = [np.flatnonzero(codes == code) for code in range(len(names))]
    single = [name for name, rows in zip(names, cells, strict=True) if len(rows) < 2]
    if len(single) == len(cells):
        raise ValueError("a batch must have two cells at least, got one each")
    if single:
        warnings.warn(
            f"batches of one cell have no variance and are left out: {single[:5]}",
            UserWarning,
            stacklevel=3,
        )
    return [rows for rows in cells if len(rows) > 1]
