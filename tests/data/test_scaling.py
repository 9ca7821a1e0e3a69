"""Column scaling against scikit-learn's StandardScaler."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from sknn_bio.data import ColumnScaler, relative_scaling
from sknn_bio.data.scaling import column_moments


def table(n=200, d=6, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n, d)) * rng.uniform(0.1, 50, d) + rng.normal(size=d) * 10
    X[rng.uniform(size=X.shape) < 0.5] = 0.0
    return X


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_scikit_learns(kind, weighted, dtype):
    X = table().astype(dtype)
    weight = np.random.RandomState(1).uniform(size=len(X)) if weighted else None
    mean, var = column_moments(kind(X), weight)
    oracle = StandardScaler().fit(X.astype(float), sample_weight=weight)
    np.testing.assert_allclose(mean, oracle.mean_, rtol=1e-9)
    np.testing.assert_allclose(var, oracle.var_, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_scaling_is_scikit_learns(dtype):
    X = table()
    ours = ColumnScaler.fit(X).transform(X, dtype)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, StandardScaler().fit_transform(X), atol=1e-6)


def test_sparse_scaling_is_scikit_learns_without_the_mean():
    X = sparse.csr_matrix(table())
    ours = ColumnScaler.fit(X).transform(X)
    assert sparse.issparse(ours) and ours.nnz == X.nnz
    oracle = StandardScaler(with_mean=False).fit_transform(X)
    np.testing.assert_allclose(ours.toarray(), oracle.toarray(), atol=1e-6)


def test_an_offset_of_a_hundred_million_costs_no_digits():
    X = table()
    shifted = X + 1e8
    mean, var = column_moments(shifted)
    np.testing.assert_allclose(var, X.var(0), rtol=1e-6)
    ours = ColumnScaler.fit(shifted).transform(shifted)
    np.testing.assert_allclose(ours, StandardScaler().fit_transform(X), atol=1e-5)


@pytest.mark.parametrize("exponent", [-18, -9, 9, 30])
def test_the_unit_of_a_column_does_not_matter(exponent):
    X = table()
    ours = ColumnScaler.fit(X * 10.0**exponent)
    np.testing.assert_allclose(
        ours.transform(X * 10.0**exponent), StandardScaler().fit_transform(X), atol=1e-5
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("value", [0.0, 0.1, -7.3e5, 1e-20, 1e8 / 3])
def test_a_constant_column_becomes_zero_and_stays_so(value, weighted):
    n = 50_001
    X = np.full((n, 1), value)
    weight = np.random.RandomState(0).uniform(size=n) if weighted else None
    scaler = ColumnScaler.fit(X, weight)
    other = np.array([[value], [value + 1], [1e6]])
    assert (scaler.transform(other) == 0).all()


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_relative_scaling_equals_fitting_on_the_members_own_rows(kind, weighted):
    X = table()
    X[:, 4] = 3.0
    X[:100, 5] = 2.0  # constant for the second member only
    rng = np.random.RandomState(3)
    weight = rng.uniform(0.5, 2, len(X)) if weighted else None
    rows = [np.arange(0, 200, 2), np.arange(100), rng.permutation(200)[:30]]
    base = ColumnScaler.fit(kind(X), weight)
    scaled = base.transform(kind(X), np.float64)
    scale, shift = relative_scaling(scaled, rows, weight)
    assert scale.shape == shift.shape == (3, 1, 6)
    dense = scaled.toarray() if sparse.issparse(scaled) else scaled
    for m, own in enumerate(rows):
        oracle = StandardScaler().fit(
            X[own], sample_weight=None if weight is None else weight[own]
        )
        expected = oracle.transform(X)
        still = oracle.var_ < 1e-20
        expected[:, still] = 0
        np.testing.assert_allclose(dense * scale[m] + shift[m], expected, atol=1e-9)


def test_identity_changes_nothing():
    X = table()
    ours = ColumnScaler.identity(6).transform(X, np.float64)
    np.testing.assert_array_equal(ours, X)
    assert not np.shares_memory(ours, X)
