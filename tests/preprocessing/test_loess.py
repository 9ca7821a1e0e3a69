import numpy as np
import pytest

from sknn_bio.preprocessing._loess import loess


@pytest.mark.parametrize("n", [30, 500])
def test_a_parabola_is_its_own_curve(n):
    x = np.random.RandomState(0).normal(size=n)
    y = 2 - x + 3 * x**2
    np.testing.assert_allclose(loess(x, y), y, atol=1e-9)


def test_noise_is_smoothed_away():
    rng = np.random.RandomState(0)
    x = rng.uniform(0, 3, 2000)
    fitted = loess(x, np.sin(x) + rng.normal(0, 0.3, 2000))
    assert abs(fitted - np.sin(x)).max() < 0.1


# skmisc.loess.loess(x, y, span=0.3, degree=2), which wraps their Fortran
FEW_TIES = [
    0.6202465864, -0.6604145501, -0.6509996554, 0.920558347, -0.0437909936,
    -0.9777942573,
]  # fmt: skip
MANY_TIES = [
    -0.6889429373, -0.4039565201, -0.4123247868, -0.1196947769, 0.250481362,
    -0.0104340643,
]  # fmt: skip


@pytest.mark.parametrize(
    ("x", "theirs"),
    [
        (np.round(np.arange(60) ** 1.3 / 20, 1), FEW_TIES),
        (np.round(np.arange(60) ** 1.3 / 5), MANY_TIES),
    ],
    ids=["few_ties", "many_ties"],
)
def test_the_answer_of_the_authors_own_program(x, theirs):
    y = np.cos(x) + 0.2 * np.sin(17 * np.arange(60))
    np.testing.assert_allclose(loess(x, y)[9::10], theirs, atol=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([1.0], [5.0], [5.0]),
        ([2.0, 2.0, 2.0], [1.0, 2.0, 6.0], [3.0, 3.0, 3.0]),
        ([0.0, 1.0], [4.0, 4.0], [4.0, 4.0]),
        ([0.0] * 50 + [1.0], [1.0] * 50 + [9.0], [1.0] * 50),
    ],
)
def test_few_or_equal_points_are_no_error(x, y, expected):
    fitted = loess(np.array(x), np.array(y))
    assert np.isfinite(fitted).all()
    np.testing.assert_allclose(fitted[: len(expected)], expected, rtol=1e-5)
