"""How variable each gene is, for what its mean lets one expect."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.preprocessing._blocks import (
    column_sums,
    map_values,
    mean_and_variance,
    row_blocks,
)
from sknn_bio.preprocessing._loess import loess

_SPAN = 0.3
_BINS = 20


def standardized_variance(X: Any, rows: np.ndarray) -> np.ndarray:
    """Return the variance of standardised, clipped counts of each gene.

    Counts are standardised with the deviation that a loess curve of the variance over
    the mean (both in log10) expects of the gene, and clipped at the square root of the
    number of cells. Stuart, T. et al. (2019). Comprehensive integration of single-cell
    data. Cell 177, 1888-1902.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_cells, n_genes)
        Counts.
    rows : ndarray of int
        Cells of one batch, two at least.

    Returns
    -------
    variance : ndarray of shape (n_genes,)
    """
    n = len(rows)
    mean, variance = mean_and_variance(X, rows)
    varies = variance > 0
    expected = np.ones_like(mean)
    if varies.any():
        curve = loess(np.log10(mean[varies]), np.log10(variance[varies]), span=_SPAN)
        expected[varies] = 10**curve
    most = np.sqrt(expected * n) + mean
    total, squares = np.zeros_like(mean), np.zeros_like(mean)
    for block in row_blocks(X, rows):
        if sparse.issparse(block):
            np.minimum(block.data, most[block.indices], out=block.data)
        else:
            np.minimum(block, most, out=block)
        total += column_sums(block)
        squares += column_sums(map_values(block, np.square))
    return (n * mean**2 + squares - 2 * total * mean) / ((n - 1) * expected)


def normalized_dispersion(
    X: Any, rows: np.ndarray, *, only_expressed: bool
) -> np.ndarray:
    """Return each gene's log variance-to-mean ratio, standardised in bins of the mean.

    Satija, R. et al. (2015). Spatial reconstruction of single-cell gene expression
    data. Nature Biotechnology 33, 495-502; with the details of scanpy's ``seurat``.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_cells, n_genes)
        Natural logs of one plus normalised counts.
    rows : ndarray of int
        Cells of one batch, two at least.
    only_expressed : bool
        Bin the genes that some cell expresses, and give the others 0, as scanpy does
        where there are batches.

    Returns
    -------
    dispersion : ndarray of shape (n_genes,)
        NaN for a constant gene.
    """
    mean, variance = mean_and_variance(X, rows, np.expm1)
    binned = mean > 0 if only_expressed else np.ones(len(mean), dtype=bool)
    out = np.zeros(len(mean))
    if binned.any():
        mean, variance = np.maximum(mean[binned], 1e-12), variance[binned]
        ratio = np.full(len(mean), np.nan)
        np.log(variance / mean, out=ratio, where=variance > 0)
        out[binned] = _standardize_in_bins(np.log1p(mean), ratio)
    return out


def _standardize_in_bins(mean: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    frame = pd.DataFrame({"bin": pd.cut(mean, bins=_BINS, labels=False), "x": ratio})
    grouped = frame.groupby("bin")["x"]
    centre = grouped.transform("mean").to_numpy(copy=True)
    spread = grouped.transform("std").to_numpy(copy=True)
    # A gene alone in its bin has no spread; its standardised dispersion is 1.
    alone = np.isnan(spread)
    spread[alone], centre[alone] = centre[alone], 0
    out = np.full(len(ratio), np.nan)
    np.divide(ratio - centre, spread, out=out, where=spread != 0)
    return out


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return each gene's place within its batch, 0 for the highest score, NaN last.

    Parameters
    ----------
    scores : ndarray of shape (n_batches, n_genes)

    Returns
    -------
    ranks : ndarray of int of shape (n_batches, n_genes)
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def order_by_median_rank(scores: np.ndarray, n_top: int) -> np.ndarray:
    """Order genes by their median rank in the batches that select them.

    Ties go to the gene that more batches select. This is scanpy's ``seurat_v3``.

    Parameters
    ----------
    scores : ndarray of shape (n_batches, n_genes)
    n_top : int
        Genes that a batch selects.

    Returns
    -------
    order : ndarray of int of shape (n_genes,)
        The best gene first.
    """
    place = ranks(scores).astype(np.float64)
    place[place >= n_top] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # genes that no batch selects
        median = np.nanmedian(place, axis=0)
    return np.lexsort((-np.isfinite(place).sum(axis=0), median))


def order_by_batches(scores: np.ndarray, n_top: int) -> np.ndarray:
    """Order genes by the number of batches that select them, then by mean score.

    This is scanpy's ``seurat`` with batches.

    Parameters
    ----------
    scores : ndarray of shape (n_batches, n_genes)
    n_top : int
        Genes that a batch selects.

    Returns
    -------
    order : ndarray of int of shape (n_genes,)
        The best gene first.
    """
    selected = (ranks(scores) < n_top) & np.isfinite(scores)
    return np.lexsort((-mean_score(scores), -selected.sum(axis=0)))


def mean_score(scores: np.ndarray) -> np.ndarray:
    """Return the mean over batches, without NaN; NaN where there is nothing else."""
    seen = np.isfinite(scores)
    total = np.where(seen, scores, 0).sum(axis=0)
    out = np.full(scores.shape[1], np.nan)
    return np.divide(total, seen.sum(axis=0), out=out, where=seen.any(axis=0))
