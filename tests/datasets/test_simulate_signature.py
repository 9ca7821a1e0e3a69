import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from sknn_bio.datasets import simulate_signature


def test_causal_genes_differ_and_bystanders_by_the_correlation():
    simulated = simulate_signature(
        n_samples=20_000, n_genes=60, n_causal=3, block_size=10, correlation=0.4,
        effect=0.8, random_state=0,
    )  # fmt: skip
    ill = (simulated.target == "disease").to_numpy()
    X = simulated.data.to_numpy(float)
    within = np.sqrt((X[ill].var(0) + X[~ill].var(0)) / 2)
    shift = np.abs(X[ill].mean(0) - X[~ill].mean(0)) / within
    causal = np.isin(simulated.data.columns, simulated.causal)
    block = np.arange(60) // 10
    beside = np.isin(block, block[causal]) & ~causal
    np.testing.assert_allclose(shift[causal], 0.8, atol=0.05)
    np.testing.assert_allclose(shift[beside], 0.32, atol=0.05)
    assert shift[~causal & ~beside].max() < 0.05
    inside = np.corrcoef(X[~ill].T)[block[:, None] == block]
    assert np.median(inside) == pytest.approx(0.4, abs=0.03)


def test_the_odds_depend_on_the_causal_genes_alone():
    simulated = simulate_signature(
        n_samples=40_000, n_genes=40, n_causal=4, block_size=10, random_state=1
    )
    X = simulated.data / simulated.data.std()
    weights = LinearDiscriminantAnalysis().fit(X, simulated.target).coef_[0]
    causal = np.isin(simulated.data.columns, simulated.causal)
    assert np.abs(weights[causal]).min() > 6 * np.abs(weights[~causal]).max()


def test_effects_may_differ_and_blocks_have_one_causal_gene():
    simulated = simulate_signature(random_state=0)
    assert simulated.data.shape == (400, 2000)
    assert simulated.target.value_counts().to_dict() == {"control": 200, "disease": 200}
    numbers = [int(name.removeprefix("GENE")) - 1 for name in simulated.causal]
    assert len({number // 20 for number in numbers}) == 20
    assert simulate_signature(random_state=0).data.equals(simulated.data)
    spread = simulate_signature(
        n_samples=5000, n_genes=40, n_causal=4, block_size=10, spread=1.0,
        random_state=0,
    )  # fmt: skip
    ill = (spread.target == "disease").to_numpy()
    causal = spread.data[spread.causal].to_numpy()
    shift = np.abs(causal[ill].mean(0) - causal[~ill].mean(0)) / causal[~ill].std(0)
    assert shift.max() > 1.5 * shift.min()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"correlation": 1.0}, r"correlation must be in \[0, 1\), got 1.0"),
        ({"block_size": 0}, "block_size must be at least 1, got 0"),
        ({"n_causal": 101}, r"n_causal must be in \[1, 100\], the number of blocks"),
        ({"effect": -1}, "must be at least 0, got -1 and 0.0"),
    ],
)
def test_wrong_signatures_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        simulate_signature(**wrong)
