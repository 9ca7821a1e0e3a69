import numpy as np
import pytest
from scipy import sparse

from sknn_bio.preprocessing import ExpressionScaleWarning, LogNormalizer


@pytest.mark.parametrize(("target", "name"), [(1e4, "log"), (None, "log_median")])
@pytest.mark.parametrize("as_dense", [False, True])
def test_logs_are_those_of_scanpy(cells, answers, target, name, as_dense):
    X = cells[0].toarray() if as_dense else cells[0]
    out = LogNormalizer(target_sum=target).fit_transform(X)[:5, :8]
    out = out if as_dense else out.toarray()
    np.testing.assert_allclose(out, answers[name], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("as_dense", [False, True])
def test_pearson_residuals_are_those_of_scanpy(cells, answers, as_dense):
    X = cells[0][:, answers["pearson_genes"]]
    out = LogNormalizer(method="pearson").fit_transform(X.toarray() if as_dense else X)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[:5, :8], answers["pearson"], rtol=1e-6, atol=1e-6)


def test_residuals_by_hand():
    X = np.array([[4.0, 0.0], [0.0, 4.0]])
    out = LogNormalizer(method="pearson", theta=2.0, clip=10).fit_transform(X)
    # mu is 2 everywhere, its deviation sqrt(2 + 4 / 2) = 2
    np.testing.assert_allclose(out, [[1, -1], [-1, 1]])
    poisson = LogNormalizer(method="pearson", theta=np.inf, clip=1.2).fit_transform(X)
    np.testing.assert_allclose(poisson, [[1.2, -1.2], [-1.2, 1.2]])


def test_a_cell_does_not_depend_on_the_cells_beside_it(cells):
    X = cells[0]
    for method in ("log", "pearson"):
        normalizer = LogNormalizer(method=method, target_sum=None).fit(X)
        whole, one = normalizer.transform(X), normalizer.transform(X[7])
        if method == "log":
            whole, one = whole.toarray(), one.toarray()
        np.testing.assert_allclose(one[0], whole[7], rtol=1e-6)


def test_empty_cells_and_unseen_genes_stay_zero():
    X = np.array([[0.0, 0, 0], [1, 2, 0], [3, 5, 0]])
    assert not LogNormalizer().fit_transform(X)[0].any()
    residuals = LogNormalizer(method="pearson").fit(X)
    assert not residuals.transform(X)[0].any()
    assert residuals.transform([[1.0, 1.0, 7.0]])[0, 2] == 0


def test_median_leaves_empty_cells_out():
    X = np.array([[0.0, 0], [1, 1], [2, 4]])
    assert LogNormalizer(target_sum=None).fit(X).target_sum_ == 4


def test_residuals_beyond_the_memory_bound_are_refused(cells):
    X = cells[0]
    normalizer = LogNormalizer(method="pearson", max_memory=400_000).fit(X)
    with pytest.raises(
        ValueError, match=r"max_memory=400,000 bytes.*480,000.*250 cells"
    ):
        normalizer.transform(X)
    assert normalizer.transform(X[:250]).shape == (250, 400)


def test_logs_are_noticed(cells):
    logs = LogNormalizer().fit_transform(cells[0])
    normalizer = LogNormalizer().fit(cells[0])
    with pytest.warns(ExpressionScaleWarning, match="LogNormalizer expects counts"):
        normalizer.transform(logs)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="Negative values in data"):
        LogNormalizer().fit([[1.0, -1.0]])


@pytest.mark.parametrize("params", [{"target_sum": None}, {"method": "pearson"}])
def test_nothing_but_zeros_is_refused_where_counts_are_needed(params):
    with pytest.raises(ValueError, match="X is zero everywhere"):
        LogNormalizer(**params).fit(sparse.csr_matrix((3, 4)))
