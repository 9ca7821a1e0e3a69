"""The bootstrap resamples units, and its intervals hold what they should."""

import numpy as np
import pytest
from scipy import stats

from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.bootstrap import (
    Sampled,
    Units,
    interval,
    mean_over_folds,
)
from sknn_bio.model_selection.statistics.metrics import METRICS


def sampled(y, label, units, n=1000, metric="accuracy"):
    answers = {(0, 0): Answers(y, label, None, None, np.arange(len(y)))}
    function = METRICS[metric]
    drawn = [mean_over_folds(answers, function, w) for w in units.resamples(n, 0)]
    return Sampled(
        float(mean_over_folds(answers, function)[0]),
        np.concatenate(drawn),
        mean_over_folds(answers, function, units.all_but_one()),
    )


def test_a_group_is_drawn_as_a_whole():
    groups = np.array(["a", "a", "b", "b", "b", "c"])
    units = Units.of(np.zeros(6), groups, classes=False)
    weights = np.concatenate(list(units.resamples(200, 0)))
    assert units.n_units == 3
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 2] == weights[:, 4]).all()
    assert (weights[:, [0, 2, 5]].sum(1) == 3).all()
    assert weights.max() == 3


def test_the_smallest_class_counts():
    y = np.array([0, 0, 0, 0, 1, 1])
    assert Units.of(y, None, classes=True).n_effective == 2
    groups = np.array([1, 1, 2, 3, 4, 4])
    assert Units.of(y, groups, classes=True).n_effective == 1


def test_resamples_do_not_depend_on_their_chunks(monkeypatch):
    units = Units.of(np.zeros(50), None, classes=False)
    whole = np.concatenate(list(units.resamples(30, 5)))
    module = "sknn_bio.model_selection.statistics.bootstrap._CELLS"
    monkeypatch.setattr(module, 50 * 7)
    chunks = list(units.resamples(30, 5))
    assert len(chunks) == 5
    assert (np.concatenate(chunks) == whole).all()


def test_rows_that_share_a_group_widen_the_interval():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 10)
    right = rng.random(40)[groups] < 0.7
    y = np.zeros(400, dtype=int)
    by_row = Units.of(y, None, classes=True)
    by_group = Units.of(y, groups, classes=True)
    a = interval(sampled(y, 1 - right.astype(int), by_row), by_row.n_effective)
    b = interval(sampled(y, 1 - right.astype(int), by_group), by_group.n_effective)
    assert b[1] - b[0] > 2.5 * (a[1] - a[0])


def test_interval_of_a_mean_is_that_of_t():
    rng = np.random.default_rng(1)
    y = rng.normal(size=60)
    units = Units.of(y, None, classes=False)
    got = interval(
        sampled(y, np.zeros(60), units, 20_000, "neg_mean_absolute_error"), 60
    )
    loss = -np.abs(y)
    expected = stats.t.interval(0.95, 59, loss.mean(), stats.sem(loss))
    # Equal but for the skewness, which the bootstrap takes into account.
    assert np.diff(got) == pytest.approx(np.diff(expected), rel=0.06)
    assert got == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_coverage_of_a_proportion(share):
    rng = np.random.default_rng(2)
    n, inside = 40, 0
    units = Units.of(np.zeros(n, dtype=int), None, classes=True)
    weights = np.concatenate(list(units.resamples(600, 0)))
    lacking = units.all_but_one()
    for _ in range(400):
        label = (rng.random(n) > share).astype(int)
        folds = {(0, 0): Answers(np.zeros(n, int), label, None, None, np.arange(n))}
        value = Sampled(
            float(np.mean(label == 0)),
            mean_over_folds(folds, METRICS["accuracy"], weights),
            mean_over_folds(folds, METRICS["accuracy"], lacking),
        )
        low, high = interval(value, n)
        inside += low <= share <= high
    assert 0.92 < inside / 400 < 0.99


def test_perfect_is_not_certain():
    y = np.array([0, 1] * 15)
    units = Units.of(y, None, classes=True)
    low, high = interval(sampled(y, y, units), units.n_effective)
    assert high == 1
    assert low == pytest.approx(stats.beta.ppf(0.025, 15, 1))


def test_undefined_in_most_resamples_has_no_interval():
    drawn = np.full(100, np.nan)
    drawn[:40] = 0.5
    assert np.isnan(interval(Sampled(0.5, drawn, None), 10)).all()


def test_wider_over_folds():
    drawn = np.random.default_rng(0).normal(size=20_000)
    a = interval(Sampled(0.0, drawn, None), 1000)
    b = interval(Sampled(0.0, drawn, None), 1000, widening=1.25)
    assert np.diff(b) / np.diff(a) == pytest.approx(1.25, rel=0.03)


def halves():
    y, label = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])
    whole = Answers(y, label, None, None, np.arange(4))
    return {(0, 0): whole.take(np.array([0, 1])), (0, 1): whole.take(np.array([2, 3]))}


def test_folds_count_alike_and_in_resamples_as_they_were_drawn():
    accuracy = METRICS["accuracy"]
    assert mean_over_folds(halves(), accuracy).tolist() == [0.75]
    weights = np.array([[2, 2, 0, 0], [0, 0, 1, 1], [2, 1, 0, 1], [0, 0, 0, 0]], float)
    got = mean_over_folds(halves(), accuracy, weights)
    # The third draws three rows of the first fold and one, a wrong one, of the second.
    np.testing.assert_allclose(got, [1.0, 0.5, 0.75, np.nan])


def test_folds_without_a_value_do_not_count():
    def first_only(answers, weights):
        return np.where(answers.rows[0] == 0, 0.3, np.nan) * np.ones(len(weights))

    assert mean_over_folds(halves(), first_only).tolist() == [0.3]


def test_a_fold_that_is_one_cohort_is_drawn_as_often_as_the_cohort():
    rng = np.random.default_rng(0)
    cohort = np.repeat(np.arange(6), 30)
    level = rng.normal(size=6)
    y = level[cohort]
    folds = {
        (0, g): Answers(y, np.zeros(180), None, None, np.arange(180)).take(
            np.flatnonzero(cohort == g)
        )
        for g in range(6)
    }
    units = Units.of(y, cohort, classes=False)
    weights = np.concatenate(list(units.resamples(20_000, 0)))
    drawn = mean_over_folds(folds, METRICS["neg_mean_absolute_error"], weights)
    expected = np.abs(level).std() / np.sqrt(6)
    assert drawn.std() == pytest.approx(expected, rel=0.03)
