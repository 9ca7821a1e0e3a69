"""Counts of a cell brought to one depth: logs, or analytic Pearson residuals."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import (
    FLOAT_DTYPES,
    check_is_fitted,
    check_non_negative,
    validate_data,
)

from sknn_bio._compat import Interval, StrOptions, fit_context
from sknn_bio.ondisk import RowsOnDisk, is_on_disk
from sknn_bio.preprocessing._blocks import (
    block_starts,
    column_sums,
    row_blocks,
    row_sums,
    scale_rows,
    values,
)
from sknn_bio.preprocessing._disk import check_disk_rows, first_rows, non_negative
from sknn_bio.preprocessing._scale import warn_of_logs


class LogNormalizer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Bring the counts of each cell to one total and take logs.

    With ``method="log"`` the counts of a cell are divided by their sum, multiplied by
    `target_sum`, and replaced by their ``log(1 + x)``: scanpy's ``normalize_total`` and
    ``log1p``. Zeros stay zeros and a sparse matrix stays sparse.

    With ``method="pearson"`` they become analytic Pearson residuals of a negative
    binomial model [1]_: ``(x - mu) / sqrt(mu + mu**2 / theta)``, where ``mu`` is the
    cell's total times the gene's share of all counts. Depth and variance are dealt with
    at once, no log is taken. **Residuals have no zeros, so the answer is dense:**
    select genes first. An answer of more than `max_memory` bytes is refused.

    Parameters
    ----------
    target_sum : float or None, default=10000.0
        Counts of each cell after scaling, for ``method="log"``. None takes the median
        total of the cells seen in `fit` that have any counts.
    log1p : bool, default=True
        Take the natural log of one plus the scaled counts, for ``method="log"``.
    method : {"log", "pearson"}, default="log"
        What to compute.
    theta : float, default=100.0
        Overdispersion of the negative binomial, for ``method="pearson"``; infinity is
        the Poisson model.
    clip : float or None, default=None
        Largest absolute residual. None takes the square root of the number of cells
        seen in `fit`.
    max_memory : int, default=2**31
        Bytes that dense residuals may take, for ``method="pearson"``.

    Attributes
    ----------
    target_sum_ : float
        The total that cells are scaled to; only for ``method="log"``.
    gene_share_ : ndarray of shape (n_features_in_,)
        Each gene's share of all counts; only for ``method="pearson"``.
    clip_ : float
        The largest absolute residual; only for ``method="pearson"``.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the genes, where `X` had names.

    Warns
    -----
    ExpressionScaleWarning
        If what is transformed looks like logs already.

    Notes
    -----
    A cell without counts stays zero. Integers become float64; float32 stays float32.
    Totals are over the genes given: normalise before genes are selected where the depth
    of the whole cell should count.

    Differs from scanpy's ``normalize_pearson_residuals``: the genes' shares and the
    clip are learned in `fit`, so that a cell's residuals do not depend on the cells
    beside it; on the cells of `fit` the answers are the same. A gene that `fit` never
    saw has residual 0.

    References
    ----------
    .. [1] Lause, J., Berens, P. & Kobak, D. (2021). Analytic Pearson residuals for
       normalization of single-cell RNA-seq UMI data. Genome Biology 22, 258.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn_bio.preprocessing import LogNormalizer
    >>> counts = np.array([[1, 3, 0], [10, 0, 30]])
    >>> LogNormalizer(target_sum=4, log1p=False).fit_transform(counts)
    array([[1., 3., 0.],
           [1., 0., 3.]])
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "target_sum": [Interval(Real, 0, None, closed="neither"), None],
        "log1p": ["boolean"],
        "method": [StrOptions({"log", "pearson"})],
        "theta": [Interval(Real, 0, None, closed="right")],
        "clip": [Interval(Real, 0, None, closed="neither"), None],
        "max_memory": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        target_sum: float | None = 1e4,
        log1p: bool = True,
        method: str = "log",
        theta: float = 100.0,
        clip: float | None = None,
        max_memory: int = 2**31,
    ):
        self.target_sum = target_sum
        self.log1p = log1p
        self.method = method
        self.theta = theta
        self.clip = clip
        self.max_memory = max_memory

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None) -> LogNormalizer:
        """Learn the target sum or the genes' shares, where they are not given.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_cells, n_genes)
            Counts.
        y : None
            Ignored.

        Returns
        -------
        self : LogNormalizer

        Raises
        ------
        ValueError
            If `X` has negative entries, or no counts at all where they are needed.
        """
        X = self._validate(X, reset=True)
        if self.method == "pearson":
            genes = np.sum([column_sums(block) for block in row_blocks(X)], axis=0)
            if not genes.sum():
                raise ValueError("Pearson residuals need counts; X is zero everywhere")
            self.gene_share_ = genes / genes.sum()
            self.clip_ = float(np.sqrt(X.shape[0]) if self.clip is None else self.clip)
        elif self.target_sum is None:
            totals = row_sums(X)
            if not totals.any():
                raise ValueError(
                    "target_sum=None needs a cell with counts; X is zero everywhere"
                )
            self.target_sum_ = float(np.median(totals[totals > 0]))
        else:
            self.target_sum_ = float(self.target_sum)
        return self

    def transform(self, X):
        """Normalise cells.

        Parameters
        ----------
        X : array-like, sparse matrix or table on disk of shape (n_cells, n_genes)
            Counts.

        Returns
        -------
        X_new : ndarray, CSR matrix or RowsOnDisk of shape (n_cells, n_genes)
            Sparse for a sparse `X`, unless ``method="pearson"``. For a table on disk,
            one whose rows are normalised when they are read.

        Raises
        ------
        ValueError
            If `X` has negative entries, or its residuals need more than `max_memory`.
        """
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        warn_of_logs(first_rows(X), who=type(self).__name__)
        if isinstance(X, RowsOnDisk):
            is_log = self.method == "log"
            function = self._logs if is_log else self._residuals_of
            return X.map(function, X.shape[1], is_sparse=X.is_sparse and is_log)
        return self._residuals(X) if self.method == "pearson" else self._logs(X)

    def _validate(self, X, *, reset: bool):
        if is_on_disk(X):
            return non_negative(
                check_disk_rows(self, X, reset=reset), type(self).__name__
            )
        X = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=FLOAT_DTYPES)
        check_non_negative(X, type(self).__name__)
        return X

    def _logs(self, X):
        totals = row_sums(X)
        X = scale_rows(X, self.target_sum_ / np.where(totals > 0, totals, 1.0))
        if self.log1p:
            np.log1p(values(X), out=values(X))
        return X

    def _residuals(self, X) -> np.ndarray:
        n_cells, n_genes = X.shape
        needed = n_cells * n_genes * X.dtype.itemsize
        if needed > self.max_memory:
            cells = self.max_memory // (n_genes * X.dtype.itemsize)
            raise ValueError(
                f"dense residuals must fit in max_memory={self.max_memory:,} bytes; "
                f"{n_cells:,} cells x {n_genes:,} genes need {needed:,}: select genes "
                f"first, transform at most {cells:,} cells at once, or raise max_memory"
            )
        out = np.empty(X.shape, dtype=X.dtype)
        starts, size = block_starts(n_cells, n_genes)
        for start, block in zip(starts, row_blocks(X), strict=True):
            out[start : start + size] = self._residuals_of(block)
        return out

    def _residuals_of(self, block) -> np.ndarray:
        mu = np.outer(row_sums(block), self.gene_share_)
        x = block.toarray() if sparse.issparse(block) else block
        deviation = np.sqrt(mu + mu**2 / self.theta)
        expected = deviation > 0
        residuals = np.divide(x - mu, deviation, out=np.zeros_like(mu), where=expected)
        return residuals.clip(-self.clip_, self.clip_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.positive_only = True
        return tags
