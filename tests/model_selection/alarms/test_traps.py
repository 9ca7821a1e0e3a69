"""Planted leaks are found."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import GroupKFold, KFold
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sknn_bio.datasets import simulate_expression
from sknn_bio.model_selection._alarms import find_alarms

NO_PREDICTIONS = pd.DataFrame()

# Groups


def test_groups_that_cross_folds_are_found(alarms_of, clinic):
    X, y = clinic(0)
    patients = np.arange(300) // 3
    (alarm,) = alarms_of(X, y, groups=patients).values()
    assert alarm.name == "groups_cross_folds" and alarm.severity == "error"
    assert alarm.evidence["n_crossing"] > 80 and alarm.evidence["n_groups"] == 100
    assert alarms_of(X, y, groups=patients, cv=GroupKFold(5)) == {}


@pytest.mark.parametrize("text", [False, True])
def test_a_planted_patient_id_is_found(alarms_of, clinic, text):
    rng = np.random.default_rng(0)
    patient = rng.permutation(100)
    y = np.where(rng.random(100) < 0.4, "disease", "control")
    X, _ = clinic(1)
    X["patient"] = np.repeat(patient, 3)
    if text:
        X["patient"] = "P" + X["patient"].astype(str)
    (alarm,) = alarms_of(X, np.repeat(y, 3)).values()
    assert alarm.name == "groups_cross_folds"
    (column,) = alarm.evidence["columns"]
    assert column["feature"] == "patient" and column["n_values"] == 100
    # Folds that keep the patients together use the column for nothing.
    by_patient = GroupKFold(5).split(X, groups=X["patient"])
    splits = [(0, n, a, b) for n, (a, b) in enumerate(by_patient)]
    kept = find_alarms(
        X=X,
        y=np.repeat(y, 3),
        groups=None,
        splits=splits,
        task="binary",
        predictions=NO_PREDICTIONS,
    )
    assert kept == []


def test_an_id_of_a_regression_is_found(alarms_of):
    X, y = load_diabetes(return_X_y=True, scaled=False, as_frame=True)
    X = pd.concat([X] * 2, ignore_index=True)
    X += np.random.default_rng(0).normal(0, 1, X.shape)
    X["donor"] = np.tile(np.random.default_rng(1).permutation(442), 2)
    assert set(alarms_of(X, np.tile(y, 2))) == {"groups_cross_folds"}


# Copies


@pytest.mark.parametrize("noise", [0.0, 1e-7, 1e-4])
def test_planted_copies_are_found(alarms_of, noise):
    X, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(0)
    copies = X[:30] * (1 + noise * rng.uniform(-1, 1, (30, 30)))
    (alarm,) = alarms_of(np.vstack([X, copies]), np.append(y, y[:30])).values()
    assert alarm.name == "duplicates" and alarm.severity == "error"
    evidence = alarm.evidence
    assert 40 <= evidence["n_rows"] <= 60  # some pairs share their fold
    assert evidence["n_exact"] == (0 if noise else evidence["n_rows"])
    assert evidence["n_sets"] <= 30


def test_copies_are_found_in_tables_of_all_kinds(alarms_of, clinic, cells):
    X, y = clinic(0)
    X["dose"] = np.random.default_rng(0).normal(size=300)
    X["weight"] = np.random.default_rng(1).normal(70, 10, 300)
    doubled = pd.concat([X, X[:20]], ignore_index=True)
    assert set(alarms_of(doubled, np.append(y, y[:20]))) == {"duplicates"}
    counts, labels = cells(1)
    counts = sparse.vstack([counts, counts[:8]], format="csr")
    found = alarms_of(counts, np.append(labels, labels[:8]))
    assert found["duplicates"].evidence["n_sets"] <= 8


def test_copies_on_one_side_are_no_leak(alarms_of):
    X, y = load_breast_cancer(return_X_y=True)
    X, y = np.vstack([X, X[:30]]), np.append(y, y[:30])
    groups = np.append(np.arange(569), np.arange(30))
    assert alarms_of(X, y, groups=groups, cv=GroupKFold(5)) == {}


def test_training_rows_in_the_test_cohort_are_found(alarms_of):
    X, y = load_breast_cancer(return_X_y=True)
    found = alarms_of(X[:400], y[:400], test=(X[380:], y[380:]))
    assert set(found) == {"duplicates"}
    assert found["duplicates"].evidence["rows"] == list(range(20))


# Features


def test_a_target_in_disguise_is_found(alarms_of):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X["days in hospice"] = np.where(y == 1, 5.0, 0) + np.random.default_rng(0).random(
        len(y)
    )
    (alarm,) = alarms_of(X, y).values()
    assert alarm.name == "single_feature"
    assert alarm.evidence["features"][0][0] == "days in hospice"
    assert 0.9 < alarm.evidence["best_of_the_others"] < 0.99


def test_whole_numbers_that_give_the_target_away_name_no_patients(alarms_of):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    X["days in hospice"] = np.where(
        y == 1, rng.integers(30, 60, len(y)), rng.integers(0, 30, len(y))
    )
    assert set(alarms_of(X, y)) == {"single_feature"}


def test_a_missing_value_that_gives_the_target_away_is_found(alarms_of, clinic):
    X, y = clinic(2)
    X["pathology"] = np.random.default_rng(0).normal(size=300)
    X.loc[y == "control", "pathology"] = np.nan
    (alarm,) = alarms_of(X, y).values()
    assert alarm.evidence["features"][0][0] == "pathology"


def test_a_row_number_of_a_sorted_table_is_found(alarms_of):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    order = np.argsort(y, kind="stable")
    X, y = X.iloc[order].assign(id=np.arange(len(y))), y.iloc[order]
    (alarm,) = alarms_of(X, y).values()
    assert alarm.evidence["like_row_numbers"] == ["id"]


def test_a_leak_into_a_regression_and_among_many_genes(alarms_of):
    X, y = load_diabetes(return_X_y=True, scaled=False, as_frame=True)
    X["cost"] = 3 * y + np.random.default_rng(0).normal(0, 3, len(y))
    assert set(alarms_of(X, y)) == {"single_feature"}
    simulated = simulate_expression(n_genes=1_500, random_state=0)
    X, y = simulated.data, simulated.target
    X["status_code"] = (y == "disease").astype("float32")
    found = alarms_of(X, y)["single_feature"]
    assert [name for name, _ in found.evidence["features"]] == ["status_code"]


# Preprocessing


@pytest.mark.parametrize(
    ("scaled", "mark"),
    [
        (
            lambda X: StandardScaler().fit_transform(X),
            "mean 0 and standard deviation 1",
        ),
        (lambda X: (X - X.mean()) / X.std(ddof=1), "mean 0 and standard deviation 1"),
        (
            lambda X: StandardScaler().fit_transform(X).astype("float32").round(3),
            "mean 0 and standard deviation 1",
        ),
        (lambda X: MinMaxScaler().fit_transform(X), "from exactly 0 to exactly 1"),
    ],
)
def test_a_scaled_table_is_found(alarms_of, scaled, mark):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    (alarm,) = alarms_of(scaled(X), y).values()
    assert alarm.name == "fitted_outside" and mark in alarm.message


def test_the_scaled_diabetes_table_is_found(alarms_of):
    (alarm,) = alarms_of(*load_diabetes(return_X_y=True)).values()
    assert "the same standard deviation" in alarm.message


def test_scaling_of_cohorts_is_judged_over_both(alarms_of):
    X, y = load_breast_cancer(return_X_y=True)
    both = StandardScaler().fit_transform(X)
    found = alarms_of(both[:400], y[:400], test=(both[400:], y[400:]))
    assert "over both cohorts together" in found["fitted_outside"].message
    scaler = StandardScaler().fit(X[:400])
    proper = scaler.transform(X[:400]), scaler.transform(X[400:])
    assert alarms_of(proper[0], y[:400], test=(proper[1], y[400:])) == {}
    each = proper[0], StandardScaler().fit_transform(X[400:])
    found = alarms_of(each[0], y[:400], test=(each[1], y[400:]))
    assert "the test cohort on itself" in found["fitted_outside"].message


@pytest.mark.parametrize("how", ["mean", "median"])
def test_filled_gaps_are_found(alarms_of, how):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    for name in X.columns[:4]:
        X.loc[rng.choice(569, 40, replace=False), name] = np.nan
    assert alarms_of(X, y) == {}
    (alarm,) = alarms_of(X.fillna(X.agg(how)), y).values()
    assert alarm.evidence["step"] == "imputer"
    assert {name for name, *_ in alarm.evidence["columns"]} == set(X.columns[:4])
    assert f"its own {how}" in alarm.message


# Input of any kind


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2.0], [3, 4.0]] * 30,
        np.array([["a", "b"], ["c", "d"]] * 30, dtype=object),
        np.ones((60, 3)),
        np.full((60, 3), np.nan),
        1e300 * np.random.default_rng(0).normal(size=(60, 3)),
        sparse.random(60, 20, density=0.2, format="coo", random_state=0),
        pd.DataFrame(
            {
                "text": ["x", None, "z"] * 20,
                "day": pd.date_range("2020", periods=60),
                "gaps": pd.array([1, None, 3] * 20, dtype="Int64"),
                "overflow": [np.inf, 1.0, -np.inf] * 20,
            }
        ),
    ],
    ids=["list", "strings", "constant", "missing", "huge", "coo", "mixed"],
)
@pytest.mark.parametrize("with_test", [False, True])
def test_any_table_is_read(X, with_test):
    y = np.random.default_rng(0).integers(0, 2, 60)
    test = (X, np.random.default_rng(1).integers(0, 2, 60)) if with_test else None
    found = find_alarms(
        X=X,
        y=y,
        groups=None,
        splits=[(0, 0, np.arange(30), np.arange(30, 60))],
        task="binary",
        predictions=NO_PREDICTIONS,
        test=test,
    )
    assert {alarm.name for alarm in found} <= {"duplicates"}


# Classes


def test_fewer_positives_than_folds(alarms_of, clinic):
    X, _ = clinic(0)
    y = np.where(np.arange(300) < 4, "disease", "control")
    found = alarms_of(X, y, cv=KFold(5, shuffle=True, random_state=0))
    assert found["few_positives"].severity == "error"
    assert found["few_positives"].evidence["n_rarest"] == 4
    y = np.where(np.arange(300) < 7, "disease", "control")
    assert alarms_of(X, y)["few_positives"].severity == "warning"


def test_what_the_alarms_read_is_left_as_it_was(alarms_of, clinic):
    X, y = clinic(0)
    before = X.copy()
    alarms_of(X, y)
    pd.testing.assert_frame_equal(X, before)
