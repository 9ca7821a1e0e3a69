"""The tests of a difference, against formulas and against simulation."""

import numpy as np
import pytest
from scipy import stats

from sknn_bio.model_selection.statistics.resampled import (
    bootstrap_test,
    corrected_t_test,
    holm,
    normal_test,
)


def test_without_a_correction_it_is_the_paired_t_test():
    differences = np.array([0.02, -0.01, 0.03, 0.00, 0.04])
    test = corrected_t_test(differences, ratio=0.0, rope=0.01)
    naive = stats.ttest_1samp(differences, 0)
    low, high = naive.confidence_interval(0.95)
    assert test.p_value == pytest.approx(naive.pvalue)
    assert (test.low, test.high) == pytest.approx((low, high))


def test_the_correction_is_that_of_nadeau_and_bengio():
    differences = np.array([0.02, -0.01, 0.03, 0.00, 0.04])
    test = corrected_t_test(differences, ratio=0.25, rope=0.01)
    t = differences.mean() / np.sqrt((1 / 5 + 0.25) * differences.var(ddof=1))
    assert test.p_value == pytest.approx(2 * stats.t.sf(t, 4))


def test_the_three_probabilities_are_all_there_is():
    for test in (
        corrected_t_test(np.array([0.02, -0.01, 0.03]), 0.5, 0.01),
        normal_test(0.02, 0.01, 0.01, "x"),
        bootstrap_test(0.0, np.random.default_rng(0).normal(size=999), 50, 0.5),
    ):
        assert test.p_better + test.p_rope + test.p_worse == pytest.approx(1)


def test_equal_everywhere_is_no_difference():
    test = corrected_t_test(np.zeros(5), 0.25, 0.01)
    assert (test.value, test.low, test.high, test.p_value) == (0, 0, 0, 1)
    assert test.p_rope == 1
    assert bootstrap_test(0.0, np.zeros(100), 30, 0.01).p_value == 1
    assert normal_test(0.0, 0.0, 0.01, "DeLong").p_value == 1


def test_it_matters_not_which_model_comes_first():
    differences = np.array([0.02, -0.01, 0.03, 0.05])
    a = corrected_t_test(differences, 0.3, 0.01)
    b = corrected_t_test(-differences, 0.3, 0.01)
    assert (a.value, a.p_value) == (-b.value, b.p_value)
    assert (a.p_better, a.low) == pytest.approx((b.p_worse, -b.high))


def test_bootstrap_p_value_agrees_with_the_interval():
    rng = np.random.default_rng(0)
    for shift in (1.5, 1.9, 2.1, 2.6, -2.6):
        test = bootstrap_test(shift, rng.normal(shift, 1, 20_000), 10_000, 0.1)
        assert (test.p_value < 0.05) == (test.low > 0 or test.high < 0)
        assert test.p_value == pytest.approx(2 * stats.norm.sf(abs(shift)), rel=0.2)


def test_holm_on_a_worked_example():
    p_values = np.array([0.01, 0.04, 0.03, 0.005])
    assert holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_passes_over_what_is_not_known():
    adjusted = holm(np.array([0.01, np.nan, 0.04]))
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted[1])
