"""The truth of a simulated table is found; in full, ``benchmarks/explanations.py``."""

import pytest

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import simulate_signature
from sknn_bio.inspection import (
    integrated_gradients,
    permutation_importances,
    stability_selection,
)


@pytest.fixture(scope="module")
def simulated():
    return simulate_signature(
        n_samples=200, n_genes=150, n_causal=6, block_size=10, effect=1.0,
        random_state=0,
    )  # fmt: skip


def test_integrated_gradients_find_the_causal_genes(simulated):
    net = NeuralNetBinaryClassifier(random_state=0)
    net.fit(simulated.data, simulated.target)
    table = integrated_gradients(net, simulated.data).importances()
    assert len(set(table["feature"][:8]) & set(simulated.causal)) >= 5


def test_permutation_out_of_fold_finds_the_causal_genes(simulated):
    found = permutation_importances(
        NeuralNetBinaryClassifier(random_state=0), simulated.data, simulated.target,
        cv=4, n_repeats=2, scoring="neg_log_loss", random_state=0,
    )  # fmt: skip
    first = found.table["feature"][:8]
    assert len(set(first) & set(simulated.causal)) >= 5


def test_stability_selection_keeps_the_causal_genes_only(simulated):
    found = stability_selection(
        NeuralNetBinaryClassifier(n_members=2), simulated.data, simulated.target,
        n_pairs=8, max_false=0.5, random_state=0,
    )  # fmt: skip
    chosen = set(found.table.loc[found.table["selected"], "feature"])
    assert len(chosen & set(simulated.causal)) >= 4
    assert len(chosen - set(simulated.causal)) <= 1
