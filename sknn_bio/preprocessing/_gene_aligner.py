"""Bring the genes of any table into the order of the one that was fitted."""

from __future__ import annotations

import warnings
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import FLOAT_DTYPES, check_is_fitted, validate_data

from sknn_bio._compat import Interval, StrOptions, fit_context
from sknn_bio.ondisk import RowsOnDisk, is_on_disk
from sknn_bio.ondisk._open import as_rows
from sknn_bio.preprocessing._align import align_columns
from sknn_bio.preprocessing._blocks import column_sums, row_blocks
from sknn_bio.preprocessing._coverage import GeneCoverage, mismatch
from sknn_bio.preprocessing._disk import check_disk_rows, first_rows
from sknn_bio.preprocessing._gene_names import (
    GeneIndex,
    checked_names,
    few,
    names_of,
    no_names,
    read_aliases,
)
from sknn_bio.preprocessing._scale import ExpressionScaleWarning, scale_of


class GeneAligner(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Learn the genes of a reference; give any other table these genes in this order.

    Genes are found by name. Columns come back in the reference's order, genes that the
    query lacks are filled, those that the reference lacks are dropped. Put it first in
    a Pipeline.

    Names are the columns of a DataFrame, or `genes` beside an array or a sparse matrix.
    **An array without names is refused:** with as many columns in another order it
    would give wrong answers in silence.

    Parameters
    ----------
    aliases : dict, Series, DataFrame or None, default=None
        Other names of genes: a dict or Series from a name to its gene, or a DataFrame
        with one row a gene, its name in the first column and other names of it in the
        others (``symbol``, ``ensembl_id``, ``previous_symbol``). It serves both ways:
        the reference and the query may each use any of the names. A name of two genes
        is not used.
    fill : float or "mean", default=0.0
        What a gene that the query lacks gets: a number, NaN included, or its mean in
        the reference. Anything but 0 takes room in a sparse matrix.
    min_coverage : float, default=0.5
        Share of the reference's genes, in [0, 1], that a query must have.
    assume_reference_order : bool, default=False
        Take an array without names as having the reference's genes in their order.

    Attributes
    ----------
    feature_names_in_ : ndarray of str of shape (n_features_in_,)
        The reference's genes, in their order; they are also the genes that come out.
        Missing where the reference had no names.
    mean_ : ndarray of shape (n_features_in_,)
        Mean of each gene in the reference; only with ``fill="mean"``.
    aliases_ : dict
        From each name of the table to its gene.
    scale_ : {"counts", "logs"} or None
        What the reference looks like it holds.
    n_features_in_ : int
        Number of genes.

    Warns
    -----
    ExpressionScaleWarning
        If the reference holds counts and the query logs, or the reverse.
    UserWarning
        If genes are missing from the query.

    Notes
    -----
    A gene is looked for by its name as it is, then as an Ensembl id without a version
    (``ENSG00000141510.18`` is ``ENSG00000141510``), then through the table. Where a
    query has a gene both under the reference's own name and under another one, the
    other one is dropped.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn_bio.preprocessing import GeneAligner
    >>> reference = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["TP53", "MYC"])
    >>> query = pd.DataFrame([[9, 7, 8]], columns=["MYC", "ACTB", "ENSG00000141510.18"])
    >>> aligner = GeneAligner(aliases={"ENSG00000141510": "TP53"}).fit(reference)
    >>> aligner.transform(query)
    array([[8., 9.]])
    >>> aligner.coverage(query).share
    1.0
    """

    __metadata_request__fit = {"genes": True}
    __metadata_request__transform = {"genes": True}

    _parameter_constraints: dict[str, Any] = {
        "aliases": "no_validation",
        "fill": [Real, StrOptions({"mean"})],
        "min_coverage": [Interval(Real, 0, 1, closed="both")],
        "assume_reference_order": ["boolean"],
    }

    def __init__(
        self,
        *,
        aliases: Any = None,
        fill: float | str = 0.0,
        min_coverage: float = 0.5,
        assume_reference_order: bool = False,
    ):
        self.aliases = aliases
        self.fill = fill
        self.min_coverage = min_coverage
        self.assume_reference_order = assume_reference_order

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, genes=None) -> GeneAligner:
        """Learn the genes of the reference.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_cells, n_genes)
            The reference.
        y : None
            Ignored.
        genes : array-like of str of shape (n_genes,), default=None
            Names of the columns. None takes those of the DataFrame.

        Returns
        -------
        self : GeneAligner

        Raises
        ------
        ValueError
            If there are no names, or one occurs twice.
        """
        names = names_of(X) if genes is None else genes
        if is_on_disk(X):
            X = check_disk_rows(self, X, reset=True)
        else:
            X = validate_data(self, X, accept_sparse="csr", dtype=FLOAT_DTYPES)
        self.aliases_ = read_aliases(self.aliases)
        if names is not None:
            self.feature_names_in_ = checked_names(names, X.shape[1], "reference")
            GeneIndex(self.feature_names_in_, self.aliases_)  # refuses what is unclear
        elif not self.assume_reference_order:
            raise ValueError(no_names("reference"))
        self.scale_ = scale_of(first_rows(X))
        if self.fill == "mean":
            sums = [column_sums(block) for block in row_blocks(X)]
            self.mean_ = np.sum(sums, axis=0) / X.shape[0]
        return self

    def transform(self, X, genes=None):
        """Give a table the reference's genes in their order.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_cells, n_columns)
            The query.
        genes : array-like of str of shape (n_columns,), default=None
            Names of the columns. None takes those of the DataFrame.

        Returns
        -------
        X_new : ndarray or CSR matrix of shape (n_cells, n_features_in_)

        Raises
        ------
        ValueError
            If there are no names, a gene occurs twice, or fewer of the reference's
            genes than `min_coverage` are there.
        """
        check_is_fitted(self)
        names = names_of(X) if genes is None else genes
        if is_on_disk(X):
            X = as_rows(X)
        else:
            X = check_array(X, accept_sparse="csr", dtype=FLOAT_DTYPES, estimator=self)
        if self.assume_reference_order and (names is None or not self._has_names()):
            self._check_number(X)
            self._compare_scales(X)
            return X
        if names is None:
            raise ValueError(no_names("query"))
        columns, coverage = self._find(checked_names(names, X.shape[1], "query"))
        self._compare_scales(X)
        if len(coverage.missing):
            rule = "their means" if self.fill == "mean" else f"{self.fill:g}"
            warnings.warn(
                f"the query lacks {len(coverage.missing):,} of "
                f"{coverage.n_reference:,} genes ({few(coverage.missing)}); they are "
                f"filled with {rule}",
                UserWarning,
                stacklevel=2,
            )
        fill = self.mean_ if self.fill == "mean" else self.fill
        fills = np.broadcast_to(fill, len(columns))
        if isinstance(X, RowsOnDisk):
            align = partial(align_columns, columns=columns, fill=fills)
            return X.map(align, len(columns))
        return align_columns(X, columns, fills)

    def fit_transform(self, X, y=None, genes=None):
        """Learn the genes of the reference and return it.

        Parameters
        ----------
        X : DataFrame, array-like or sparse matrix of shape (n_cells, n_genes)
            The reference.
        y : None
            Ignored.
        genes : array-like of str of shape (n_genes,), default=None
            Names of the columns. None takes those of the DataFrame.

        Returns
        -------
        X_new : ndarray or CSR matrix of shape (n_cells, n_genes)
        """
        return self.fit(X, y, genes=genes).transform(X, genes=genes)

    def coverage(self, genes) -> GeneCoverage:
        """Report which of the reference's genes a query has, whatever the share.

        Parameters
        ----------
        genes : DataFrame or array-like of str
            The query, or the names of its genes.

        Returns
        -------
        coverage : GeneCoverage
        """
        check_is_fitted(self)
        if not self._has_names():
            raise ValueError(no_names("reference"))
        names = names_of(genes) or list(genes)
        return self._match(checked_names(names, len(names), "query"))[1]

    def _has_names(self) -> bool:
        return hasattr(self, "feature_names_in_")

    def _match(self, query: np.ndarray) -> tuple[np.ndarray, GeneCoverage]:
        reference = self.feature_names_in_
        columns, n_exact = GeneIndex(reference, self.aliases_).find(query)
        found = columns >= 0
        used = np.zeros(len(query), dtype=bool)
        used[columns[found]] = True
        return columns, GeneCoverage(
            n_reference=len(reference),
            n_query=len(query),
            n_exact=n_exact,
            n_mapped=int(found.sum()) - n_exact,
            missing=reference[~found],
            dropped=query[~used],
        )

    def _find(self, query: np.ndarray) -> tuple[np.ndarray, GeneCoverage]:
        columns, coverage = self._match(query)
        if coverage.share < self.min_coverage or not coverage.share:
            found = coverage.n_exact + coverage.n_mapped
            raise ValueError(
                f"a query must have {self.min_coverage:.0%} of the reference's genes "
                f"and one at least, got {found:,} of {coverage.n_reference:,}; "
                + mismatch(self.feature_names_in_, query)
            )
        return columns, coverage

    def _check_number(self, X) -> None:
        if X.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def _compare_scales(self, X) -> None:
        scale = scale_of(first_rows(X))
        if scale and self.scale_ and scale != self.scale_:
            warnings.warn(
                f"the reference looks like {self.scale_} and the query like {scale}; "
                f"give both as {self.scale_}",
                ExpressionScaleWarning,
                stacklevel=3,
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
