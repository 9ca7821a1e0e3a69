"""DeLong's variance: a published example, and the definition itself."""

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.metrics import roc_auc_score

from sknn_bio.model_selection.statistics.delong import delong

# DeLong, DeLong & Clarke-Pearson (1988): 43 of the 49 patients with ovarian cancer;
# albumin, total protein, Krebs-Goplerud score, benefit from surgery. The results are
# those of "Comparing Receiver Operating Characteristic Curves" in the manual of SAS's
# LOGISTIC procedure.
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0
2.5 5.7 8 0  1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1
4.1 6.6 5 1  3.6 5.7 5 1  4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0
4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1  3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1
3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1  3.2 5.1 5 1  2.6 4.7 6 1
3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1  3.5 6.2 5 1
2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1
3.6 6.6 5 1
"""


@pytest.fixture
def ovarian():
    table = np.array(OVARIAN.split(), dtype=float).reshape(-1, 4)
    scores = np.stack([table[:, 0], 10 - table[:, 2], table[:, 1]])
    return table[:, 3] == 1, scores


def test_published_example(ovarian):
    areas, covariance = delong(*ovarian)
    assert areas == pytest.approx([0.7366, 0.7258, 0.6478], abs=5e-5)
    errors = np.sqrt(np.diag(covariance))
    assert errors == pytest.approx([0.0927, 0.1028, 0.1000], abs=5e-5)
    contrasts = np.array([[1, -1, 0], [0, -1, 1]])
    differences = contrasts @ areas
    spread = contrasts @ covariance @ contrasts.T
    each = differences**2 / np.diag(spread)
    assert differences == pytest.approx([0.0108, -0.0780], abs=5e-5)
    assert np.sqrt(np.diag(spread)) == pytest.approx([0.0953, 0.1046], abs=5e-5)
    assert chi2.sf(each, 1) == pytest.approx([0.9102, 0.4561], abs=5e-5)
    together = differences @ np.linalg.solve(spread, differences)
    assert together == pytest.approx(2.5340, abs=5e-5)
    assert chi2.sf(together, 2) == pytest.approx(0.2817, abs=5e-5)


def by_definition(positive, scores):
    """Compare every positive with every negative, as the paper does."""
    pairs = [
        (s[positive][:, None] > s[~positive])
        + (s[positive][:, None] == s[~positive]) / 2
        for s in scores
    ]
    above = np.stack([p.mean(1) for p in pairs])
    below = np.stack([p.mean(0) for p in pairs])
    return (
        np.array([p.mean() for p in pairs]),
        np.cov(above) / positive.sum() + np.cov(below) / (~positive).sum(),
    )


@pytest.mark.parametrize("seed", range(5))
def test_ranks_give_what_the_definition_gives(seed):
    rng = np.random.default_rng(seed)
    positive = rng.random(60) < 0.3
    scores = (rng.normal(size=(3, 60)) + positive).round(1)  # with ties
    areas, covariance = delong(positive, scores)
    expected_areas, expected_covariance = by_definition(positive, scores)
    np.testing.assert_allclose(areas, expected_areas)
    np.testing.assert_allclose(covariance, expected_covariance)
    assert areas[0] == pytest.approx(roc_auc_score(positive, scores[0]))


def test_one_row_of_a_class_has_no_variance():
    positive = np.array([True, False, False])
    areas, covariance = delong(positive, np.array([[0.9, 0.2, 0.4]]))
    assert areas[0] == 1
    assert np.isnan(covariance).all()
