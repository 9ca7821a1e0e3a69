import numpy as np
import pytest
from scipy import sparse

from sknn_bio.data.moments import row_moments
from sknn_bio.ondisk import open_rows


def kinds(X, tmp_path):
    np.save(tmp_path / "t.npy", X)
    return {
        "csr": sparse.csr_matrix(X),
        "dense": X,
        "disk": open_rows(tmp_path / "t.npy"),
    }


def test_moments_are_numpys_for_each_set_of_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("sknn_bio.data.moments._BLOCK_NUMBERS", 50)
    rng = np.random.default_rng(0)
    X = rng.poisson(1.0, (200, 6)).astype(float)
    X[:, 4] += 1e6  # a great mean must not swallow the variance
    X[:, 5] = 3.7e8
    weights = rng.random((3, 200)) * (rng.random((3, 200)) < 0.6)
    for name, table in kinds(X, tmp_path).items():
        mean, var = row_moments(table, weights)
        for k, w in enumerate(weights):
            np.testing.assert_allclose(mean[k], np.average(X, 0, w), err_msg=name)
            expected = np.average((X - mean[k]) ** 2, 0, w)
            expected[5] = 0
            np.testing.assert_allclose(var[k], expected, rtol=1e-7, err_msg=name)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_table_on_disk_must_be_finite(bad, tmp_path):
    X = np.ones((30, 4))
    X[17, 2] = bad
    with pytest.raises(ValueError, match=r"got (nan|inf) in row 17, column 2"):
        row_moments(kinds(X, tmp_path)["disk"], np.ones((1, 30)))
