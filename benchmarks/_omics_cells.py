"""The cells of ``omics.py``: two cohorts each, simulated ones, and halves of tables.

Imports nothing of this package before it is needed, so that CellTypist's environment
can read the cells as well.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from scipy import sparse

TABLES = ("celllines3_2protocol", "pancreas_wang_xin", "pbmc_kang_donors")
BULK = ("breast_tcga_subtype", "dermatology", "srbct_khan", "stemcells_4study")


def cells(name: str):
    """Return the matrix, the types, the groups, the genes, and whether it is counts."""
    import anndata

    data = anndata.read_h5ad(Path(os.environ["SKNN_BIO_DATA"]) / f"{name}.h5ad")
    X = sparse.csr_matrix(data.X, dtype=np.float32)
    types, groups = (data.obs[key].to_numpy(str) for key in ("target", "group"))
    return X, types, groups, np.asarray(data.var_names), data.uns["X_kind"] == "counts"


def simulated(seed: int, n_types: int = 6, n_cells: int = 1_200, n_genes: int = 1_000):
    """Return two cohorts of six types, in pairs that share most of their programme.

    Negative binomial counts; in the second cohort each gene is captured differently.
    """
    rng = np.random.RandomState(seed)
    base = rng.normal(-1, 1.2, n_genes)
    pair = rng.normal(0, 0.8, (n_types // 2, n_genes)) * (rng.rand(n_genes) < 0.15)
    own = rng.normal(0, 0.6, (n_types, n_genes))
    own *= rng.rand(n_types, n_genes) < 0.06
    types = rng.randint(n_types, size=n_cells)
    groups = np.where(np.arange(n_cells) < n_cells // 2, "first", "second")
    capture = rng.normal(0, 0.4, n_genes) * (groups == "second")[:, None]
    log_mean = base + pair[types // 2] + own[types] + capture
    mean = np.exp(log_mean + rng.normal(0, 0.3, (n_cells, 1)))
    counts = rng.poisson(rng.gamma(2.0, mean / 2.0)).astype(np.float32)
    return sparse.csr_matrix(counts), np.char.add("type ", types.astype(str)), groups


def problems():
    """Yield name, X, types, training rows, query rows, and whether X is counts."""
    for name in TABLES:
        X, types, groups, _, is_counts = cells(name)
        for group in np.unique(groups):
            yield name, group, X, types, groups == group, is_counts
    X, types, groups = simulated(seed=0)
    yield "simulated", "first", X, types, groups == "first", True
    for name in BULK:
        from sknn_bio.datasets import load_table

        table = load_table(name)
        X = table.data.to_numpy(np.float32)
        types = table.target.to_numpy(str)
        half = np.random.RandomState(0).rand(len(types)) < 0.5
        yield name, "half", X, types, half, False
