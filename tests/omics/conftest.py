"""A labelled atlas of three donors, and a query with its genes shuffled."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetClassifier
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.preprocessing import GeneAligner, LogNormalizer

anndata = pytest.importorskip("anndata")
N_ATLAS, N_QUERY, N_GENES = 240, 90, 150


def categorical(values):
    """With levels that every version of anndata can write beside pandas 3."""
    levels, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return pd.Categorical.from_codes(codes, pd.Index(levels, dtype=object))


def as_anndata(counts, labels, genes, prefix):
    n = counts.shape[0]
    names = pd.Index([f"{prefix}{i}" for i in range(n)], dtype=object)
    obs = {"cell_type": categorical(labels), "donor": categorical(np.arange(n) % 3)}
    return anndata.AnnData(
        counts.copy(),
        obs=pd.DataFrame(obs, index=names),
        var=pd.DataFrame(index=pd.Index(genes, dtype=object)),
    )


@pytest.fixture(scope="session")
def cohorts():
    return simulate_cohorts(
        n_cells=(N_ATLAS, N_QUERY),
        n_genes=N_GENES,
        effect=1.5,
        shift=0.3,
        random_state=0,
    )


@pytest.fixture
def atlas(cohorts):
    return as_anndata(
        cohorts.train.counts, cohorts.train.labels, cohorts.genes, "atlas"
    )


@pytest.fixture
def query(cohorts):
    """Without labels, genes in another order."""
    cells = as_anndata(cohorts.test.counts, cohorts.test.labels, cohorts.genes, "query")
    order = np.random.default_rng(1).permutation(N_GENES)
    cells = cells[:, order].copy()
    del cells.obs["cell_type"]
    return cells


@pytest.fixture
def network():
    return NeuralNetClassifier(
        n_members=2, n_neurons=16, max_epochs=12, random_state=0, batch_size=64
    )


@pytest.fixture
def pipeline(network):
    return make_pipeline(GeneAligner(), LogNormalizer(), network)
