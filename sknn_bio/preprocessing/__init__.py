"""Transformers for expression tables: counts, gene selection, gene alignment.

They take dense or sparse matrices of cells (or samples) by genes, keep sparse sparse
and float32 float32, and know nothing of PyTorch or AnnData.
"""

from sknn_bio.preprocessing._coverage import GeneCoverage
from sknn_bio.preprocessing._gene_aligner import GeneAligner
from sknn_bio.preprocessing._highly_variable import HighlyVariableGenes
from sknn_bio.preprocessing._log_normalizer import LogNormalizer
from sknn_bio.preprocessing._scale import ExpressionScaleWarning

__all__ = [
    "ExpressionScaleWarning",
    "GeneAligner",
    "GeneCoverage",
    "HighlyVariableGenes",
    "LogNormalizer",
]
