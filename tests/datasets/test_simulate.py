import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio.datasets import simulate_cohorts, simulate_expression


def log_normalized(counts):
    dense = counts.toarray()
    return np.log1p(1e4 * dense / np.maximum(dense.sum(axis=1, keepdims=True), 1))


def auc_on_test(cohorts):
    model = make_pipeline(
        StandardScaler(), PCA(20, random_state=0), LogisticRegression()
    )
    model.fit(log_normalized(cohorts.train.counts), cohorts.train.labels)
    probability = model.predict_proba(log_normalized(cohorts.test.counts))[:, 1]
    return roc_auc_score(cohorts.test.labels == "resistant", probability)


def test_cohorts_are_sparse_whole_counts():
    cohorts = simulate_cohorts(n_cells=(150, 41), n_genes=200, random_state=0)
    for cohort, n_cells in ((cohorts.train, 150), (cohorts.test, 41)):
        counts = cohort.counts
        assert sparse.issparse(counts) and counts.format == "csr"
        assert counts.shape == (n_cells, 200) and counts.dtype == np.float32
        assert counts.min() == 0 and np.array_equal(counts.data, counts.data.round())
        assert np.sum(cohort.labels == "resistant") == n_cells // 2
    assert cohorts.genes.shape == (200,)
    assert np.isin(cohorts.programme, cohorts.genes).all()
    assert len(np.unique(cohorts.programme)) == 60


def test_cohorts_repeat_for_a_seed_and_differ_between_seeds():
    first, again, other = (
        simulate_cohorts(n_cells=(60, 30), n_genes=80, random_state=seed)
        for seed in (3, 3, 4)
    )
    assert (first.train.counts != again.train.counts).nnz == 0
    assert (first.test.counts != again.test.counts).nnz == 0
    assert (first.train.counts != other.train.counts).nnz > 0


def test_variance_exceeds_the_mean_as_in_sequencing():
    cohorts = simulate_cohorts(n_cells=(800, 2), effect=0, random_state=0)
    dense = cohorts.train.counts.toarray()
    expressed = dense.mean(axis=0) > 1
    ratio = dense.var(axis=0)[expressed] / dense.mean(axis=0)[expressed]
    assert np.median(ratio) > 1.5


def test_shift_lowers_depth_and_moves_genes():
    same, moved = (
        simulate_cohorts(n_cells=(500, 500), shift=shift, random_state=0)
        for shift in (0.0, 1.0)
    )
    ratio = [c.test.counts.sum() / c.train.counts.sum() for c in (same, moved)]
    assert ratio[0] == pytest.approx(1, abs=0.05)
    assert ratio[1] < 0.8
    profile = [
        np.corrcoef(
            np.log1p(c.train.counts.mean(axis=0).A1),
            np.log1p(c.test.counts.mean(axis=0).A1),
        )[0, 1]
        for c in (same, moved)
    ]
    assert profile[0] > 0.99 > profile[1]


def test_labels_can_be_learned_across_cohorts_only_with_an_effect():
    size = {"n_cells": (800, 400), "n_genes": 400, "random_state": 0}
    assert auc_on_test(simulate_cohorts(effect=0.6, **size)) > 0.8
    assert 0.4 < auc_on_test(simulate_cohorts(effect=0.0, **size)) < 0.6


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_programme": 5, "n_genes": 4}, r"n_programme must be in \[0, n_genes=4\]"),
        ({"n_cells": (1, 10)}, "n_cells must be two numbers of at least 2"),
        ({"shift": -1}, "shift must be at least 0, got -1"),
    ],
)
def test_wrong_cohorts_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        simulate_cohorts(**wrong)


def test_expression_has_the_correlation_it_was_asked_for():
    simulated = simulate_expression(
        n_samples=4_000, n_genes=30, block_size=10, correlation=0.5, random_state=0
    )
    correlation = np.corrcoef(simulated.data.to_numpy().T)
    same_block = np.kron(np.eye(3, dtype=bool), np.ones((10, 10), dtype=bool))
    off_diagonal = ~np.eye(30, dtype=bool)
    inside = correlation[same_block & off_diagonal]
    assert inside.mean() == pytest.approx(0.5, abs=0.03)
    assert np.abs(correlation[~same_block]).max() < 0.1


def test_expression_target_depends_on_the_causal_genes_as_asked():
    simulated = simulate_expression(
        n_samples=5_000, n_genes=50, signal=0.6, task="regression", random_state=0
    )
    causal = simulated.data[simulated.causal].to_numpy()
    design = np.column_stack([np.ones(5_000), causal])
    fitted = design @ np.linalg.lstsq(design, simulated.target, rcond=None)[0]
    assert fitted.var() / simulated.target.var() == pytest.approx(0.6, abs=0.03)


def test_binary_target_is_balanced_and_blocks_are_spread():
    simulated = simulate_expression(n_samples=60, random_state=1)
    assert simulated.target.value_counts().to_dict() == {"control": 30, "disease": 30}
    numbers = [int(name.removeprefix("GENE")) - 1 for name in simulated.causal]
    assert len({number // 20 for number in numbers}) == 10
    again = simulate_expression(n_samples=60, random_state=1)
    assert simulated.data.equals(again.data)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"correlation": 1.0}, r"correlation must be in \[0, 1\), got 1.0"),
        ({"signal": 2}, r"signal must be in \[0, 1\], got 2"),
        ({"n_causal": 0}, "n_causal must be in"),
        ({"block_size": 0}, "block_size must be at least 1"),
        ({"task": "binry"}, "task must be 'binary' or 'regression', got 'binry'"),
    ],
)
def test_wrong_expression_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        simulate_expression(**wrong)
