"""Every transformer of the room keeps scikit-learn's promises."""

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import (
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from sknn_bio import preprocessing
from sknn_bio.preprocessing import (
    ExpressionScaleWarning,
    GeneAligner,
    HighlyVariableGenes,
    LogNormalizer,
)

# The checks' numbers are neither counts nor logs, and have no gene names.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sknn_bio.preprocessing.ExpressionScaleWarning"
)
TRANSFORMERS = [
    LogNormalizer(),
    LogNormalizer(target_sum=None, log1p=False),
    LogNormalizer(method="pearson"),
    HighlyVariableGenes(),
    HighlyVariableGenes(n_top_genes=2),
    HighlyVariableGenes(n_top_genes=2, flavor="dispersion"),
    GeneAligner(assume_reference_order=True),
    GeneAligner(assume_reference_order=True, fill="mean"),
]
FURTHER_CHECKS = [
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
]


@parametrize_with_checks(TRANSFORMERS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# Fitting with names and transforming without them is what these checks try.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.filterwarnings("ignore:X has feature names, but")
@pytest.mark.parametrize("check", FURTHER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", TRANSFORMERS, ids=str)
def test_output_and_names(estimator, check):
    check(type(estimator).__name__, clone(estimator))


def test_every_transformer_is_checked():
    public = [getattr(preprocessing, name) for name in preprocessing.__all__]
    found = {c for c in public if inspect.isclass(c) and issubclass(c, BaseEstimator)}
    assert found == {type(estimator) for estimator in TRANSFORMERS}


@pytest.fixture
def counts():
    rng = np.random.RandomState(0)
    return rng.poisson(rng.gamma(0.5, 2.0, 30), (40, 30)).astype(np.float32)


@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix]
)
@pytest.mark.parametrize(
    "estimator",
    [
        LogNormalizer(),
        LogNormalizer(target_sum=None),
        HighlyVariableGenes(n_top_genes=7),
        HighlyVariableGenes(n_top_genes=7, flavor="dispersion"),
        GeneAligner(assume_reference_order=True),
        GeneAligner(),
    ],
    ids=str,
)
def test_sparse_stays_sparse_and_is_never_dense(estimator, kind, counts, monkeypatch):
    genes = [f"G{i}" for i in range(30)]
    named = isinstance(estimator, GeneAligner) and not estimator.assume_reference_order
    extra = {"genes": genes} if named else {}
    expected = clone(estimator).fit_transform(counts, **extra)

    def refuse(*args, **kwargs):
        raise AssertionError("made dense")

    X = kind(counts)
    with monkeypatch.context() as patch:
        for cls in (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix):
            patch.setattr(cls, "toarray", refuse)
            patch.setattr(cls, "todense", refuse)
        out = clone(estimator).fit_transform(X, **extra)
    assert sparse.issparse(out)
    assert out.format == "csr"
    assert isinstance(out, sparse.sparray) == isinstance(X, sparse.sparray)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.toarray(), expected, rtol=1e-6)
    np.testing.assert_array_equal(X.toarray(), counts)


def test_the_warning_can_be_told_from_others():
    assert issubclass(ExpressionScaleWarning, UserWarning)


def test_a_frame_keeps_its_names_and_rows(counts):
    frame = pd.DataFrame(
        counts, columns=[f"G{i}" for i in range(30)], index=[f"c{i}" for i in range(40)]
    )
    genes = HighlyVariableGenes(n_top_genes=5).set_output(transform="pandas")
    out = genes.fit_transform(frame)
    assert list(out.columns) == list(genes.get_feature_names_out())
    assert list(out.index) == list(frame.index)
    pd.testing.assert_frame_equal(out, frame[out.columns])
