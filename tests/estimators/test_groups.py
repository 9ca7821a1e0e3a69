"""Groups reach the inner split, by every way that scikit-learn has."""

import numpy as np
import pytest
import sklearn
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier

N_GROUPS, PER_GROUP = 30, 8


@pytest.fixture
def leaky():
    """Labels of whole patients; the patient's number is a feature that tells them."""
    rng = np.random.RandomState(0)
    groups = np.repeat(np.arange(N_GROUPS), PER_GROUP)
    y = rng.permutation(np.arange(N_GROUPS) % 2)[groups]
    X = np.c_[np.eye(N_GROUPS)[groups], rng.normal(size=(len(y), 3))]
    order = rng.permutation(len(y))
    return X[order], y[order], groups[order]


def net(**changes):
    base = {
        "n_neurons": 16,
        "n_members": 4,
        "max_epochs": 20,
        "lr": 0.02,
        "dropout": 0.0,
        "random_state": 0,
    }
    return NeuralNetBinaryClassifier(**{**base, **changes})


def separated(plans, groups):
    plan = plans[-1]
    return all(
        not set(groups[a]) & set(groups[b])
        for a, b in zip(plan.train_rows, plan.valid_rows, strict=True)
    )


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def test_random_splits_fall_for_the_leak_and_grouped_ones_do_not(leaky, plans):
    X, y, groups = leaky
    assert net().fit(X, y).oof_score_ > 0.95
    grouped = net().fit(X, y, groups=groups)
    assert grouped.oof_score_ < 0.75
    assert separated(plans, groups)


@pytest.mark.parametrize("n_members", [1, 4, 11])
@pytest.mark.parametrize("kind", [int, str, float])
def test_no_group_stands_on_both_sides(leaky, plans, n_members, kind):
    X, y, groups = leaky
    fitted = net(n_members=n_members, max_epochs=1)
    fitted.fit(X, y, groups=groups.astype(kind))
    assert separated(plans, groups)


def test_rows_of_weight_zero_keep_the_groups_in_step(leaky, plans):
    X, y, groups = leaky
    weight = np.random.RandomState(0).randint(2, size=len(y))
    net(max_epochs=1).fit(X, y, sample_weight=weight, groups=groups)
    assert separated(plans, groups[weight > 0])


def test_without_routing_by_the_steps_prefix(leaky, plans):
    X, y, groups = leaky
    pipe = make_pipeline(StandardScaler(), net())
    pipe.fit(X, y, neuralnetbinaryclassifier__groups=groups)
    assert separated(plans, groups)


def test_in_a_pipeline(leaky, plans, routing):
    X, y, groups = leaky
    pipe = make_pipeline(StandardScaler(), net()).fit(X, y, groups=groups)
    assert separated(plans, groups)
    assert pipe[-1].oof_score_ < 0.75


class Spy(NeuralNetBinaryClassifier):
    """Writes down whether groups came with each fit."""

    seen: list = []

    def fit(self, X, y, sample_weight=None, groups=None, X_val=None, y_val=None):
        Spy.seen.append(None if groups is None else np.asarray(groups))
        return super().fit(X, y, sample_weight, groups, X_val, y_val)


def spy(**changes):
    Spy.seen = []
    return Spy(**net(max_epochs=2).get_params(deep=False)).set_params(**changes)


def came(groups, fits):
    assert len(Spy.seen) == fits
    assert all(given is not None for given in Spy.seen)
    return True


def test_in_a_grid_search(leaky, plans, routing):
    X, y, groups = leaky
    search = GridSearchCV(
        make_pipeline(StandardScaler(), spy()), {"spy__lr": [0.01, 0.02]},
        cv=GroupKFold(3),
    )  # fmt: skip
    search.fit(X, y, groups=groups)
    assert came(groups, 7)
    assert separated(plans, groups)


def test_in_cross_validate_and_cross_val_predict(leaky, routing):
    X, y, groups = leaky
    pipe = make_pipeline(StandardScaler(), spy())
    cv = GroupKFold(3)
    scores = cross_validate(
        pipe, X, y, params={"groups": groups}, cv=cv, scoring="roc_auc"
    )
    assert came(groups, 3)
    assert scores["test_score"].mean() < 0.75
    Spy.seen = []
    cross_val_predict(pipe, X, y, params={"groups": groups}, cv=cv)
    assert came(groups, 3)


def test_groups_can_be_left_unrequested(leaky, routing):
    X, y, groups = leaky
    estimator = spy().set_fit_request(groups=False)
    cross_validate(estimator, X, y, params={"groups": groups}, cv=GroupKFold(3))
    assert all(given is None for given in Spy.seen)


def test_wrong_groups_are_errors(leaky):
    X, y, groups = leaky
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        net().fit(X, y, groups=groups[:-1])
    with pytest.warns(UserWarning, match="groups has one group only"):
        net(max_epochs=1).fit(X, y, groups=np.ones(len(y)))


def test_a_class_in_one_group_leaves_no_split(leaky, plans):
    X, y, _ = leaky
    fitted = NeuralNetClassifier(max_epochs=2, n_members=2).fit(X, y, groups=y)
    assert plans[-1].valid_rows is None
    assert not hasattr(fitted, "oof_score_")
