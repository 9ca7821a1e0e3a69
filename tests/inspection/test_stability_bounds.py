import numpy as np
import pytest
from scipy.optimize import minimize

from sknn_bio.inspection._stability_bounds import pairs_bound, tail_bound


def largest_tail(mean, n, power, start, starts=4):
    """Search all distributions whose probabilities to a power are convex.

    A convex sequence is a line plus kinks; probabilities of 0 are infinite in it, so
    that those above some point are left away in turn.
    """
    rng, best, exponent = np.random.RandomState(0), 0.0, 1 / power
    for last in range(start, n + 1):
        places = np.arange(last + 1)

        def probabilities(free, places=places):
            slope, (least, *kinks) = free[0], np.exp(np.clip(free[1:], -20, 20))
            convex = slope * places
            for at, kink in enumerate(kinks, start=1):
                convex = convex + kink * np.maximum(places - at, 0)
            mass = (convex - convex.min() + least) ** exponent
            return mass / mass.sum()

        def loss(free, places=places):
            p = probabilities(free)
            return -p[start:].sum() + 1e3 * max(0.0, p @ places - mean * n)

        for _ in range(starts):
            found = minimize(
                loss, rng.normal(size=last + 1), method="Nelder-Mead",
                options={"maxiter": 2500, "maxfev": 2500},
            )  # fmt: skip
            p = probabilities(found.x)
            if p @ places <= mean * n + 1e-6:
                best = max(best, p[start:].sum())
    return best


@pytest.mark.parametrize(("power", "start"), [(-0.5, 3), (-0.5, 4), (-0.25, 4)])
def test_no_other_distribution_has_a_longer_tail(power, start):
    bound = tail_bound(0.1, 6, power)[start]
    found = largest_tail(0.1, 6, power, start)
    assert found <= bound + 1e-6
    assert found > 0.85 * bound


def test_tails_fall_and_keep_markovs_inequality():
    tails = tail_bound(0.02, 50, -0.5)
    assert tails[0] == 1
    assert (np.diff(tails) <= 1e-9).all()
    assert (tails[1:] <= 1).all()
    markov = 0.02 * 50 / np.arange(5, 50)
    assert (tails[5:50] < markov).all()
    # The less concave a distribution must be, the longer its tail may be.
    assert tail_bound(0.02, 50, -0.25)[30] < tails[30]


def test_the_bound_is_tighter_than_that_of_meinshausen_and_buehlmann():
    n_features, n_select, n_pairs = 1000, 30, 50
    bound = pairs_bound(n_select, n_features, n_pairs)
    halves = np.arange(60, 100)
    older = n_select**2 / n_features / (2 * halves / 100 - 1)
    assert (bound[halves] < older).all()
    assert (bound[halves] > 0).all()
    assert (np.diff(bound) <= 0).all()


def test_simulated_selection_by_chance_keeps_the_bound():
    rng = np.random.RandomState(0)
    n_features, n_select, n_pairs = 100, 20, 10
    bound = pairs_bound(n_select, n_features, n_pairs)
    tables = 200
    counts = np.zeros((tables, n_features), int)
    for row in counts:
        for _ in range(2 * n_pairs):
            row[rng.choice(n_features, n_select, replace=False)] += 1
    seen = [(counts >= k).sum() / tables for k in range(2 * n_pairs + 1)]
    assert (np.array(seen) <= bound + 1e-9).all()


def test_too_much_for_any_bound():
    assert (pairs_bound(60, 100, 10) == 100).sum() > 5
