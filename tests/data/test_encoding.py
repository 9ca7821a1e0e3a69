"""A table's columns as a network's inputs."""

import numpy as np
import pytest
from scipy import sparse

from sknn_bio.data import ColumnScaler, TableEncoder

NAN = np.nan


def test_a_plain_table_is_scaled_and_nothing_else():
    X = np.random.default_rng(0).normal(3, 2, (50, 4))
    encoder = TableEncoder.fit(X)
    assert encoder.is_plain
    assert encoder.n_inputs == 4
    np.testing.assert_array_equal(
        encoder.transform(X), ColumnScaler.fit(X).transform(X)
    )


def test_missing_numbers_have_one_indicator_a_pattern():
    X = np.arange(24.0).reshape(6, 4)
    X[[0, 2], 0] = X[[0, 2], 1] = NAN  # the same patients lack both
    X[4, 2] = NAN
    encoder = TableEncoder.fit(X)
    assert encoder.told.tolist() == [0, 2]
    out = encoder.transform(X)
    assert out.shape == (6, encoder.n_inputs) == (6, 6)
    np.testing.assert_array_equal(out[:, 4], [1, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(out[:, 5], [0, 0, 0, 0, 1, 0])
    np.testing.assert_array_equal(np.isnan(out[:, :4]), np.isnan(X))
    np.testing.assert_allclose(np.nanmean(out[:, :4], 0), 0, atol=1e-6)


def test_categories_of_few_levels_are_one_hot():
    codes = np.array([[0, 2], [1, 1], [0, NAN], [NAN, 0], [-1, -1]])
    X = np.c_[np.arange(5.0), codes]
    encoder = TableEncoder.fit(X, levels={1: 2, 2: 3})
    out = encoder.transform(X)
    assert out.shape == (5, encoder.n_inputs)
    told, binary, three = out[:, 1:3], out[:, 3], out[:, 4:]
    np.testing.assert_array_equal(told, [[0, 0], [0, 0], [0, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(binary, [0, 1, 0, 0.5, 0.5])
    expected = [[0, 0, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(three, expected)


def test_categories_of_many_levels_are_codes_at_the_end():
    X = np.c_[[0.0, 39.0, NAN, -1.0], np.arange(4.0)]
    encoder = TableEncoder.fit(X, levels={0: 40})
    assert encoder.n_codes.tolist() == [42]
    out = encoder.transform(X)
    np.testing.assert_array_equal(out[:, -1], [0, 39, 41, 40])
    assert encoder.n_inputs == out.shape[1] == 2
    assert TableEncoder.fit(X, levels={0: 40}, embeds=False).n_inputs == 1 + 1 + 40


@pytest.mark.parametrize("standardize", [True, False])
def test_where_no_map_follows_missing_becomes_zero(standardize):
    X = np.array([[1.0, 2.0], [NAN, 4.0], [3.0, 6.0]])
    encoder = TableEncoder.fit(X, standardize=standardize)
    encoder.fills = True
    out = encoder.transform(X)
    assert np.isfinite(out).all()
    assert out[1, 0] == 0
    plain = TableEncoder(ColumnScaler.identity(2), fills=True)
    assert np.isfinite(plain.transform(X)).all()


def test_sparse_stays_sparse():
    X = sparse.random(30, 5, 0.3, format="csr", random_state=0)
    out = TableEncoder.fit(X).transform(X)
    assert sparse.issparse(out)
    assert out.nnz == X.nnz
