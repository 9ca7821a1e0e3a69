"""Each member's own map of the inputs."""

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata
from sklearn.preprocessing import RobustScaler, StandardScaler

from sknn_bio.data import InputMap

RNG = np.random.default_rng(0)
X = np.c_[
    RNG.normal(5, 2, 120),
    RNG.lognormal(0, 2, 120),
    RNG.integers(0, 2, 120),
    np.where(RNG.random(120) < 0.7, 0.0, RNG.random(120)),
]
ROWS = [np.arange(0, 80), np.arange(20, 120), np.arange(40, 120)]


def mapped(fitted, table=X):
    x = torch.from_numpy(np.asarray(table))[None]
    return fitted.on("cpu", torch.float64)(x).numpy()


def test_standard_is_a_scaler_fitted_on_the_members_rows():
    out = mapped(InputMap.fit(X, ROWS, ["standard"] * 3))
    for member, rows in enumerate(ROWS):
        expected = StandardScaler().fit(X[rows]).transform(X)
        np.testing.assert_allclose(out[member], expected, rtol=1e-8)


def test_robust_is_clipped_smoothly():
    out = mapped(InputMap.fit(X, ROWS, ["robust"] * 3))
    for member, rows in enumerate(ROWS):
        z = RobustScaler().fit(X[rows]).transform(X)
        expected = z / np.sqrt(1 + (z / 3) ** 2)
        np.testing.assert_allclose(out[member][:, :2], expected[:, :2], rtol=1e-8)
    assert np.abs(out).max() <= 3


def test_robust_without_an_inter_quartile_range_uses_half_the_range():
    rare = np.r_[np.zeros(99), 4.0][:, None]
    out = mapped(InputMap.fit(rare, [np.arange(100)], ["robust"]), rare)
    assert out[0, 0, 0] == 0
    assert out[0, -1, 0] == pytest.approx(2 / np.sqrt(1 + (2 / 3) ** 2))


def test_quantile_gives_standardised_normal_scores():
    rows = ROWS[0]
    out = mapped(InputMap.fit(X, [rows], ["quantile"]))[0][rows]
    np.testing.assert_allclose(out.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(out.std(0), 1, atol=1e-6)
    for column in (0, 1):
        scores = norm.ppf((rankdata(X[rows, column]) - 0.5) / len(rows))
        assert np.corrcoef(scores, out[:, column])[0, 1] > 0.998
    # Two values are what they are when standardised; so are ties.
    np.testing.assert_allclose(
        out[:, 2], StandardScaler().fit_transform(X[rows])[:, 2], atol=1e-5
    )
    assert len(np.unique(out[X[rows, 3] == 0, 3])) == 1


def test_quantile_keeps_the_order_and_stays_within_its_ends():
    rows = ROWS[1]
    fitted = InputMap.fit(X, [rows], ["quantile"])
    grid = np.linspace(-50, 500, 301)[:, None].repeat(4, 1)
    out = mapped(fitted, grid)[0]
    assert (np.diff(out, axis=0) >= 0).all()
    own = mapped(fitted)[0][rows]
    np.testing.assert_allclose(out[-1], own.max(0), atol=1e-6)


def test_only_the_members_own_rows_count():
    changed = X.copy()
    changed[80:] *= 1000
    views = ["standard", "robust", "quantile"]
    rows = [ROWS[0]] * 3
    before, after = (InputMap.fit(table, rows, views) for table in (X, changed))
    np.testing.assert_allclose(mapped(before), mapped(after))


def test_missing_is_the_centre_and_constant_columns_are_nothing():
    table = X[:, :2].copy()
    table[::3, 0] = np.nan
    table = np.c_[table, np.full(120, 7.0), np.full(120, np.nan)]
    out = mapped(InputMap.fit(table, ROWS, ["standard", "robust", "quantile"]), table)
    assert np.isfinite(out).all()
    assert (out[:, ::3, 0] == 0).all()
    assert (out[:, :, 2:] == 0).all()
    present = ~np.isnan(table[:, 0])
    expected = StandardScaler().fit(table[ROWS[0], :1][present[ROWS[0]]])
    np.testing.assert_allclose(
        out[0][present, :1], expected.transform(table[present, :1])
    )


def test_picking_members_picks_their_maps():
    views = ["quantile", "standard", "quantile"]
    whole = InputMap.fit(X, ROWS, views)
    np.testing.assert_allclose(mapped(whole.pick([2, 1])), mapped(whole)[[2, 1]])
    live = whole.on("cpu", torch.float64).pick([2])
    np.testing.assert_allclose(live(torch.from_numpy(X)[None])[0], mapped(whole)[2])


def test_codes_behind_the_numbers_pass_unchanged():
    fitted = InputMap.fit(X, ROWS, ["quantile"] * 3)
    codes = np.arange(120.0)[:, None]
    out = mapped(fitted, np.c_[X, codes])
    np.testing.assert_array_equal(out[..., 4:], np.broadcast_to(codes, (3, 120, 1)))


@pytest.mark.parametrize("n_gaps", [1, 20, 60, 119])
def test_gaps_do_not_take_the_scores_of_the_largest_values(n_gaps):
    rng = np.random.default_rng(0)
    values = np.sort(rng.normal(size=120))
    X = values[:, None].copy()
    X[rng.permutation(120)[:n_gaps]] = np.nan
    found = InputMap.fit(X, [np.arange(120)], ["quantile"])
    assert np.isfinite(found.knots).all() and np.isfinite(found.scores).all()
    present = X[~np.isnan(X[:, 0])]
    alone = InputMap.fit(present, [np.arange(len(present))], ["quantile"])
    both = [
        one.on("cpu", torch.float64)(torch.from_numpy(present)[None])[0].numpy()
        for one in (found, alone)
    ]
    np.testing.assert_allclose(both[0], both[1], atol=0.15)
