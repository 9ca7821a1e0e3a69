"""One ``checkpoint_dir`` for the folds, candidates and chunks of a whole search."""

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import PopulationSearchCV, population_cross_validate
from sknn_bio.training import checkpoint
from sknn_bio.training.net import PopulationNet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))
Y = (X[:, 0] + 0.5 * RNG.normal(size=120) > 0).astype(int)
CV = KFold(3)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def net(folder=None, **params):
    base = {"n_neurons": 6, "n_members": 2, "max_epochs": 6, "random_state": 0}
    return NeuralNetBinaryClassifier(checkpoint_dir=folder, **{**base, **params})


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoint, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "_SHARE", np.inf)
    monkeypatch.setattr(checkpoint, "_GRACE_SECONDS", 0.3)


@pytest.fixture
def epochs(monkeypatch):
    """Count the epochs that are trained; die in one of them where that is said."""

    class Count:
        seen, dies_in = 0, None

    count, train_epoch = Count(), PopulationNet._train_epoch

    def counted(self, loader):
        count.seen += 1
        if count.seen == count.dies_in:
            raise Killed
        return train_epoch(self, loader)

    monkeypatch.setattr(PopulationNet, "_train_epoch", counted)
    return count


def die_in(epochs, number, work):
    epochs.seen, epochs.dies_in = 0, number
    with pytest.raises(Killed):
        work()
    epochs.seen, epochs.dies_in = 0, None


def test_folds_that_train_at_once_never_mix(tmp_path):
    plain = cross_val_score(net(), X, Y, cv=4)
    with joblib.parallel_config(backend="threading", n_jobs=2):
        shared = cross_val_score(net(tmp_path), X, Y, cv=4)
    np.testing.assert_array_equal(plain, shared)
    assert len(list(tmp_path.glob("fit-*/finished"))) == 4


def test_a_killed_cross_validation_trains_what_is_left(tmp_path, epochs):
    def scores(folder=tmp_path):
        return cross_val_score(net(folder), X, Y, cv=CV, scoring="neg_log_loss")

    die_in(epochs, 10, scores)  # in the fourth epoch of the second fold
    np.testing.assert_array_equal(scores(), scores(None))
    assert epochs.seen == 18 - 9 + 18


def test_more_workers_than_before(tmp_path, epochs):
    grid = {"lr": [0.01, 0.02, 0.03]}

    def search(n_jobs, folder=tmp_path):
        found = GridSearchCV(net(folder), grid, cv=CV, scoring="neg_log_loss")
        with joblib.parallel_config(backend="threading", n_jobs=n_jobs):
            return found.fit(X, Y).cv_results_["mean_test_score"]

    die_in(epochs, 9, lambda: search(1))
    np.testing.assert_array_equal(search(3), search(1, None))


def test_a_search_goes_on_and_another_one_is_refused(tmp_path, epochs):
    def search(rates, folder=tmp_path):
        model = make_pipeline(StandardScaler(), net(folder))
        grid = {"neuralnetbinaryclassifier__lr": rates}
        return GridSearchCV(model, grid, cv=CV, error_score="raise").fit(X, Y)

    die_in(epochs, 30, lambda: search([0.01, 0.02]))
    with pytest.raises(ValueError, match=r"differs in .*lr \(0.02 before, 0.05 now\)"):
        search([0.05])
    again, whole = search([0.01, 0.02]), search([0.01, 0.02], None)
    np.testing.assert_array_equal(
        again.best_estimator_.predict_proba(X), whole.best_estimator_.predict_proba(X)
    )


def members_of(models):
    return [name for m in models for name in m.population_.weights.values()]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_chunks_of_a_population_go_on(n_jobs, tmp_path, epochs):
    def fit(folder=tmp_path, n_jobs=n_jobs, max_memory=40_000):
        return population_cross_validate(
            net(folder), X, Y, cv=CV, scoring="neg_log_loss", n_jobs=n_jobs,
            max_memory=max_memory, return_estimator=True,
        )  # fmt: skip

    whole = fit(None, 1)
    n_chunks = epochs.seen // 6
    assert n_chunks >= 2
    die_in(epochs, 10, lambda: fit(n_jobs=1))
    again = fit()
    assert epochs.seen == 6 * n_chunks - 9
    np.testing.assert_array_equal(again["test_score"], whole["test_score"])
    for a, b in zip(
        members_of(whole["estimator"]), members_of(again["estimator"]), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_another_plan_of_chunks_is_refused(tmp_path, epochs):
    def search(max_memory):
        grid = {"lr": [0.01, 0.02]}
        found = PopulationSearchCV(
            net(tmp_path), grid, cv=CV, max_memory=max_memory, error_score="raise"
        )
        return found.fit(X, Y)

    die_in(epochs, 10, lambda: search(40_000))
    with pytest.raises(ValueError, match="unfinished fit but this one"):
        search("auto")
    assert search(40_000).best_estimator_.n_iter_ == 6
