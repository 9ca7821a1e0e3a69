"""population_cross_validate beside cross_validate."""

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio.model_selection import population_cross_validate


def agree(estimator, X, y, **options):
    options = {"cv": 3, "scoring": "neg_log_loss", **options}
    ours = population_cross_validate(estimator, X, y, **options)
    theirs = cross_validate(estimator, X, y, **options)
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        assert len(ours[key]) == len(value)
        if key.startswith(("test_", "train_")):
            np.testing.assert_allclose(ours[key], value, atol=1e-4, err_msg=key)
    return ours, theirs


@pytest.mark.parametrize("n_members", [1, 4])
def test_the_same_scores(table, classifier, n_members):
    est = make_pipeline(StandardScaler(), classifier(n_members=n_members))
    scoring = ["neg_log_loss", "accuracy"]
    agree(est, *table, scoring=scoring, return_train_score=True)


def test_a_bare_regressor_with_its_own_score(numbers, regressor):
    agree(regressor(), *numbers, scoring=None, cv=KFold(4))


def test_estimators_and_indices(table, classifier):
    X, y = table
    est = make_pipeline(StandardScaler(), classifier())
    ours, theirs = agree(est, X, y, return_estimator=True, return_indices=True)
    for part in ("train", "test"):
        for own, other in zip(
            ours["indices"][part], theirs["indices"][part], strict=True
        ):
            np.testing.assert_array_equal(own, other)
    for own, other in zip(ours["estimator"], theirs["estimator"], strict=True):
        assert type(own) is Pipeline
        np.testing.assert_allclose(
            own.predict_proba(X), other.predict_proba(X), atol=1e-4
        )
        np.testing.assert_array_equal(own[-1].best_epoch_, other[-1].best_epoch_)
        np.testing.assert_array_equal(own[-1].history_["epoch"], [1, 2, 3, 4])


def test_splits_are_drawn_once(table, classifier):
    X, y = table
    cv = ShuffleSplit(2, test_size=0.3)
    out = population_cross_validate(
        classifier(), X, y, cv=cv, return_indices=True, return_estimator=True
    )
    pairs = zip(
        out["estimator"], out["indices"]["test"], out["test_score"], strict=True
    )
    for model, test, score in pairs:
        assert model.score(X[test], y[test]) == score


def test_groups_and_weights(table, classifier):
    X, y = table
    groups, weight = np.arange(len(y)) // 6, np.linspace(0, 2, len(y))
    agree(classifier(), X, y, groups=groups, cv=GroupKFold(3))
    agree(classifier(), X, y, params={"sample_weight": weight})
    with sklearn.config_context(enable_metadata_routing=True):
        net = classifier(n_members=2).set_fit_request(sample_weight=True, groups=True)
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        params = {"groups": groups, "sample_weight": weight}
        agree(net, X, y, cv=GroupKFold(3), params=params, scoring=scorer)


class Listed:
    """A splitter that knows nothing of metadata."""

    def split(self, X, y=None, groups=None):
        yield np.arange(0, 60), np.arange(60, 90)
        yield np.arange(30, 90), np.arange(0, 30)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


def test_splitters_of_one_s_own(table, classifier):
    agree(classifier(), *table, cv=Listed())
    agree(classifier(), *table, cv=list(Listed().split(None)))


def test_failures(table, classifier):
    X, y = table
    gone = X.copy()
    gone[10] = np.inf  # in the training rows of one split of two
    splits = [
        (np.arange(45), np.arange(45, 90)),
        (np.arange(45, 90), np.arange(45, 90)),
    ]
    with pytest.warns(FitFailedWarning, match="1 fits failed out of a total of 2"):
        out = population_cross_validate(
            classifier(), gone, y, cv=splits, return_estimator=True
        )
    assert np.isnan(out["test_score"]).tolist() == [True, False]
    assert [hasattr(net, "population_") for net in out["estimator"]] == [False, True]
    with pytest.raises(ValueError, match="contains infinity"):
        population_cross_validate(classifier(), gone, y, cv=splits, error_score="raise")


def test_other_estimators_are_refused(table):
    with pytest.raises(TypeError, match="must be, or end in, a network of sknn_bio"):
        population_cross_validate(LogisticRegression(), *table)
