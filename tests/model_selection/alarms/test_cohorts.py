"""Two cohorts: which differ, in which labels are swapped, and which are alike."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, train_test_split

from sknn_bio.datasets import simulate_cohorts


def one_score(predicted, X, y, X_test, y_test):
    """Return what a plain model, trained on log counts, says of the test cohort."""
    model = LogisticRegression(C=1e-3, max_iter=2_000).fit(X.log1p(), y)
    classes = model.classes_
    return predicted(model.predict_proba(X_test.log1p())[:, 1], y_test, classes)


@pytest.mark.parametrize("shift", [0.0, 1.0])
@pytest.mark.parametrize("swapped", [False, True])
def test_two_cohorts(alarms_of, predicted, shift, swapped):
    c = simulate_cohorts(n_cells=(300, 120), n_genes=300, shift=shift, random_state=1)
    y_test = c.test.labels
    if swapped:
        y_test = np.where(y_test == "resistant", "parental", "resistant")
    found = alarms_of(
        c.train.counts,
        c.train.labels,
        test=(c.test.counts, y_test),
        predictions=one_score(
            predicted, c.train.counts, c.train.labels, c.test.counts, y_test
        ),
    )
    expected = {"inverted"} if swapped else set()
    assert set(found) == expected | ({"cohort_shift"} if shift else set())
    if swapped:
        alarm = found["inverted"]
        assert alarm.severity == "error" and alarm.evidence["cause"] == "labels_swapped"
        assert "swapped labels" in alarm.message
        assert alarm.evidence["scores"][0]["auc"] < 0.3
        links = alarm.evidence["associations"]
        assert links["n_reversed"] > 0.9 * links["n_strong"] > 10
    if shift:
        (cohort,) = found["cohort_shift"].evidence["cohorts"]
        assert cohort["low"] > 0.9 and len(cohort["features"]) == 5


def test_an_inversion_by_a_shift_names_the_shift(alarms_of, predicted):
    """One gene corrects another; a second machine measures it five times as large."""
    rng = np.random.default_rng(0)

    def draw(n_samples, gain):
        y = np.arange(n_samples) % 2
        noise = rng.normal(0, 1, n_samples)
        signal = 2 * y + noise + rng.normal(0, 0.1, n_samples)
        control = gain * (y + noise + rng.normal(0, 0.1, n_samples))
        return np.column_stack([signal, control]), y

    (X, y), (X_test, y_test) = draw(400, 1.0), draw(200, 5.0)
    proba = LogisticRegression().fit(X, y).predict_proba(X_test)[:, 1]
    found = alarms_of(
        X, y, test=(X_test, y_test), predictions=predicted(proba, y_test, (0, 1))
    )
    assert set(found) == {"inverted", "cohort_shift"}
    assert found["inverted"].evidence["cause"] == "cohort_shift"
    assert "not swapped labels" in found["inverted"].message


def test_decision_values_are_read_as_well(alarms_of, predicted, clinic):
    X, y = clinic(0)
    wrong = predicted(np.where(y == "disease", 0.1, 0.9), y)
    wrong = wrong.rename(columns={"proba_disease": "score"})
    found = alarms_of(
        X, y, test=(X, y), predictions=wrong.drop(columns="proba_control")
    )
    assert "inverted" in found


def test_numbers_of_patients_that_two_cohorts_share_are_a_warning(alarms_of, clinic):
    X, y = clinic(0)
    X_test, y_test = clinic(1)
    patients = np.arange(300) // 3
    found = alarms_of(X, y, groups=patients, test=(X_test, y_test, patients))
    (alarm,) = found.values()
    assert alarm.name == "groups_cross_folds" and alarm.severity == "warning"
    own = np.char.add("B", patients.astype(str))
    assert alarms_of(X, y, groups=patients, test=(X_test, y_test, own)) == {}


def test_a_cohort_drawn_at_random_is_no_other_cohort(alarms_of, predicted):
    X, y = load_breast_cancer(return_X_y=True)
    train, test = train_test_split(np.arange(569), random_state=0, stratify=y)
    rng = np.random.default_rng(0)
    for seed in range(3):
        chance = predicted(rng.random(len(test)), y[test], (0, 1), f"model {seed}")
        found = alarms_of(
            X[train], y[train], test=(X[test], y[test]), predictions=chance
        )
        assert found == {}


def test_cohorts_left_out_one_by_one(alarms_of, clinic):
    X, y = clinic(3)
    site = np.repeat(["Ghent", "Lyon", "Turin"], 100)
    assert alarms_of(X, y, groups=site, cv=LeaveOneGroupOut()) == {}
    X.loc[site == "Lyon", "marker"] *= 10
    (alarm,) = alarms_of(X, y, groups=site, cv=LeaveOneGroupOut()).values()
    assert "'Lyon'" in alarm.message and "'marker'" in alarm.message


def test_patients_are_no_cohorts_and_count_once(alarms_of, predicted, clinic):
    X, y = clinic(0)
    patients = np.arange(300) // 50
    target = np.where(patients % 2, "disease", "control")
    # Six patients, told the wrong way round: three against three prove nothing.
    wrong = predicted(np.where(target == "disease", 0.1, 0.9), target)
    found = alarms_of(
        X, y, groups=patients, test=(X, target, patients + 6), predictions=wrong
    )
    assert "inverted" not in found
    alone = alarms_of(X, y, test=(X, target), predictions=wrong)
    assert "inverted" in alone
