"""The thresholds of a RejectOption, and what they promise."""

import numpy as np
import pytest
from scipy.stats import binom

from sknn_bio.omics._risk import (
    LEVELS,
    binomial_bound,
    choose_threshold,
    novelty_threshold,
    risk_coverage,
)


def test_curve_is_the_mean_error_of_the_surest():
    rng = np.random.default_rng(0)
    sure, wrong = rng.permutation(200) / 200, rng.random(200) < 0.3
    curve = risk_coverage(sure, wrong)
    for _, point in curve.iloc[[0, 30, 199]].iterrows():
        accepted = sure >= point["threshold"]
        assert accepted.mean() == pytest.approx(point["coverage"])
        assert wrong[accepted].mean() == pytest.approx(point["risk"])
    assert curve["coverage"].iloc[-1] == 1


def test_rows_of_one_confidence_are_accepted_together():
    curve = risk_coverage(np.array([0.9, 0.5, 0.5, 0.5]), np.array([0, 1, 0, 0], bool))
    assert curve.to_numpy().tolist() == [[0.25, 0, 0.9], [1, 0.25, 0.5]]


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    sure = np.linspace(1, 0, 5_000)
    curve = risk_coverage(sure, sure < 0.5, n_rows=10_000)
    assert len(curve) == 1_000
    assert curve["coverage"].iloc[0] == 1e-4 and curve["coverage"].iloc[-1] == 0.5
    assert curve["risk"].iloc[-1] == pytest.approx(0.5, abs=1e-3)


def test_an_empty_curve():
    assert risk_coverage(np.empty(0), np.empty(0, bool)).empty


@pytest.mark.parametrize(("n_wrong", "n"), [(0, 10), (3, 50), (49, 50)])
def test_bound_inverts_the_binomial(n_wrong, n):
    bound = binomial_bound(n_wrong, n, 0.1)
    assert binom.cdf(n_wrong, n, bound) == pytest.approx(0.1)


def test_bound_of_nothing_and_of_errors_only_is_one():
    assert binomial_bound(0, 0, 0.1) == binomial_bound(4, 4, 0.1) == 1


def test_threshold_of_a_calibrated_score():
    """P(wrong | s) = 1 - s, s uniform: the risk above t is (1 - t) / 2."""
    rng = np.random.default_rng(0)
    sure = rng.random(100_000)
    wrong = rng.random(100_000) > sure
    choice = choose_threshold(sure, wrong, 0.2, 0.05)
    # The lowest of the twenty thresholds with a risk of at most 0.2 is 0.6, where
    # it is 0.2 exactly: no bound can say so, and the next one is 0.65.
    assert choice.threshold == pytest.approx(0.65, abs=0.01)
    assert choice.n_accepted == 35_000
    assert choice.n_wrong / choice.n_accepted == pytest.approx(0.175, abs=0.01)
    assert 0.175 < choice.bound < 0.2


def test_everything_is_accepted_where_nothing_is_wrong():
    choice = choose_threshold(np.linspace(0, 1, 200), np.zeros(200, bool), 0.05, 0.05)
    assert choice.threshold == -np.inf and choice.n_accepted == 200
    assert choice.bound == pytest.approx(1 - (0.05 / LEVELS) ** (1 / 200))


def test_too_few_rows_get_the_lowest_bound():
    choice = choose_threshold(np.linspace(0, 1, 20), np.zeros(20, bool), 0.05, 0.05)
    assert choice.n_accepted == 20 and choice.bound > 0.05


def test_the_risk_is_kept_in_all_but_delta_of_draws():
    """True risk above t is (1 - t) / 2; it may exceed the target in 10 % of draws."""
    rng = np.random.default_rng(1)
    exceeds, coverages = [], []
    for _ in range(400):
        sure = rng.random(500)
        choice = choose_threshold(sure, rng.random(500) > sure, 0.25, 0.1)
        assured = choice.bound <= 0.25  # else nothing is promised, and a warning given
        exceeds.append(assured and (1 - choice.threshold) / 2 > 0.25)
        coverages.append(1 - choice.threshold)
    assert np.mean(exceeds) <= 0.1
    assert np.mean(coverages) > 0.25  # of 0.5 that would be right


def test_a_plain_estimate_would_not_keep_it():
    """What the bound is for: the raw error among the accepted is too bold."""
    rng = np.random.default_rng(1)
    exceeds = []
    for _ in range(200):
        sure = rng.random(500)
        curve = risk_coverage(sure, rng.random(500) > sure)
        threshold = curve.loc[curve["risk"] <= 0.25, "threshold"].min()
        exceeds.append((1 - threshold) / 2 > 0.25)
    assert np.mean(exceeds) > 0.4


@pytest.mark.parametrize("n", [19, 99, 150])
def test_false_alarms_are_kept_on_average(n):
    rng = np.random.default_rng(2)
    rates = [novelty_threshold(rng.random(n), 0.05) for _ in range(2_000)]
    expected = np.floor(0.05 * (n + 1)) / (n + 1)
    assert np.mean(rates) == pytest.approx(expected, abs=0.003)
    assert expected <= 0.05


def test_no_threshold_from_too_few_rows_or_without_false_alarms():
    assert novelty_threshold(np.arange(18.0), 0.05) == -np.inf
    assert novelty_threshold(np.arange(100.0), 0.0) == -np.inf
