"""Whatever the table: finite answers, or a refusal that says why."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from scipy import sparse

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor

_SPEC = importlib.util.spec_from_file_location(
    "hostile_cases", Path(__file__).with_name("hostile_cases.py")
)
hostile = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile)
QUICK = {"n_neurons": 4, "n_members": 2, "max_epochs": 3, "random_state": 0}


# The long one is tests/soak/soak_tables.py.
@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(hostile.cases())
def test_a_table_is_answered_or_refused(case):
    hostile.judge(case)


def plain(n_rows=60):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    return X, (X[:, 0] > 0).astype(int)


# What the soak found ------------------------------------------------------------------


@pytest.mark.parametrize("as_table", [np.asarray, pd.DataFrame, sparse.csr_matrix])
def test_numbers_whose_squares_overflow_are_refused_by_column(as_table):
    X, y = plain()
    huge = X.copy()
    huge[3, 1] = -1e300
    with pytest.raises(ValueError, match="at most 1e.100 in size, got .* column 1"):
        NeuralNetBinaryClassifier(**QUICK).fit(as_table(huge), y)
    clf = NeuralNetBinaryClassifier(**QUICK).fit(as_table(X), y)
    with pytest.raises(ValueError, match="at most 1e.100 in size, got .* column 1"):
        clf.predict_proba(as_table(huge))
    with pytest.raises(ValueError, match="y must hold numbers of at most"):
        NeuralNetRegressor(**QUICK).fit(as_table(X), huge[:, 1])


def test_the_column_is_named():
    X, y = plain()
    table = pd.DataFrame(X, columns=["age", "dose", "weight"])
    table.loc[3, "dose"] = 1e300
    with pytest.raises(ValueError, match="column 'dose'"):
        NeuralNetBinaryClassifier(**QUICK).fit(table, y)
    for cells, said in (
        ([[1]] * 60, "'dose' must hold one value a cell"),
        ([np.zeros(2), np.ones(2)] * 30, "'dose' must hold one value a cell"),
        (X[:, 0] + 1j, "'dose': Complex data not supported"),
        (pd.date_range("2020-01-01", periods=60), "'dose' holds dates"),
        (pd.period_range("2020-01-01", periods=60), "'dose' holds dates"),
        ([pd.Timestamp(0).date()] * 60, "'dose' must hold numbers"),
    ):
        with pytest.raises(ValueError, match=said):
            NeuralNetBinaryClassifier(**QUICK).fit(table.assign(dose=cells), y)


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile", None])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_far_from_the_training_rows_is_answered(n_members, scaling, dtype):
    X, y = plain()
    params = {**QUICK, "n_members": n_members, "input_scaling": scaling}
    X = X.astype(dtype) * np.array([1, 1e-20, 1e-10], dtype)
    far = np.array([[1e38, -1e30, 0.0], [1e-45, 1e38, 1e38]], dtype)
    clf = NeuralNetBinaryClassifier(**params).fit(X, y)
    assert np.isfinite(clf.predict_proba(far)).all()
    reg = NeuralNetRegressor(**params).fit(X, 1e9 * X[:, 0])
    assert np.isfinite(reg.predict(far)).all()


def test_a_value_far_from_one_members_rows_is_answered():
    X, y = plain()
    folds = np.arange(60) // 2 % 2
    X[:, 1:] = np.tile([[1.0], [-1.0]], (30, 2))  # means of 0, without rounding
    X[folds == 0, 1:] *= 1e-30

    class Halves:
        def split(self, X, y=None, groups=None):
            for fold in (0, 1):
                yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    X = X.astype(np.float32)
    clf = NeuralNetBinaryClassifier(
        validation=Halves(), input_scaling="standard", **{**QUICK, "n_neurons": 64}
    ).fit(X, y)
    far = np.array([[0.0, 1e30, 1e30], [0.0, -1e30, 1e30]], np.float32)
    assert np.isfinite(clf.predict_members(far)).all()


def test_targets_beyond_single_precision_are_answered_in_double():
    X, _ = plain()
    reg = NeuralNetRegressor(**QUICK).fit(X.astype(np.float32), 1e60 * X[:, 0])
    answer = reg.predict(X.astype(np.float32))
    assert answer.dtype == np.float64 and np.isfinite(answer).all()
    small = NeuralNetRegressor(**QUICK).fit(X.astype(np.float32), X[:, 0])
    assert small.predict(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("factor", [1e300, 1e-300])
def test_only_ratios_of_weights_count(factor):
    X, y = plain()
    weight = np.random.default_rng(0).random(60)
    a, b = (
        NeuralNetBinaryClassifier(**QUICK).fit(X, y, sample_weight=w).predict_proba(X)
        for w in (weight, weight * factor)
    )
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_table_without_any_known_value_is_answered():
    X = pd.DataFrame({"site": pd.Categorical([None] * 60, ["north", "south"])})
    clf = NeuralNetBinaryClassifier(**QUICK).fit(X, plain()[1])
    proba = clf.predict_proba(X.assign(site="north"))
    assert np.isfinite(proba).all() and np.ptp(proba[:, 1]) == 0


def test_labels_of_two_kinds_and_weights_of_text_are_refused():
    X, y = plain()
    mixed = np.array([1, "one"], object)[y]
    with pytest.raises(
        TypeError, match="y must hold labels of one kind, got int and s"
    ):
        NeuralNetBinaryClassifier(**QUICK).fit(X, mixed)
    with pytest.raises(ValueError, match="sample_weight must hold numbers"):
        NeuralNetBinaryClassifier(**QUICK).fit(X, y, sample_weight=["heavy"] * 60)
    with pytest.raises(ValueError, match="a sparse table holds numbers only"):
        NeuralNetBinaryClassifier(categorical_features=[0], **QUICK).fit(
            sparse.csr_matrix(X), y
        )
