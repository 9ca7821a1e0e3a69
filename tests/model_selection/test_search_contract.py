"""PopulationSearchCV as an estimator: parameters, copies, workers, memory, nesting."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.estimators import _together
from sknn_bio.model_selection import PopulationSearchCV

LR = [1e-3, 1e-2]
SCORES = ("split0_test_score", "split1_test_score", "mean_test_score")


def fitted(table, net, grid=None, **options):
    grid = grid or {"lr": LR, "weight_decay": [0.0, 0.1, 0.2], "n_neurons": [4, 5]}
    options = {"cv": 2, "scoring": "neg_log_loss", **options}
    return PopulationSearchCV(net, grid, **options).fit(*table)


def test_parameters_are_those_of_grid_search(table, classifier):
    search = PopulationSearchCV(classifier(), {"lr": LR}, cv=KFold(3), refit=False)
    theirs = GridSearchCV(classifier(), {"lr": LR}).get_params(deep=False)
    ours = search.get_params(deep=False)
    assert set(ours) - set(theirs) == {"n_iter", "random_state", "max_memory"}
    assert set(theirs) <= set(ours)
    twin = clone(search)
    assert twin.get_params()["estimator__n_neurons"] == 6
    twin.set_params(estimator__n_neurons=3, max_memory=1000)
    assert (twin.estimator.n_neurons, search.estimator.n_neurons) == (3, 6)
    assert "PopulationSearchCV" in repr(twin)


@pytest.mark.parametrize(
    "options", [{"n_iter": 0}, {"max_memory": "much"}, {"max_memory": 0}, {"cv": "x"}]
)
def test_wrong_parameters_are_named(table, classifier, options):
    search = PopulationSearchCV(classifier(), {"lr": LR}, **options)
    with pytest.raises(ValueError, match=f"'{next(iter(options))}' parameter"):
        search.fit(*table)


def test_fit_changes_no_parameter_and_keeps_no_table(table, classifier):
    X, y = table
    est = make_pipeline(StandardScaler(), classifier())
    grid = {"neuralnetbinaryclassifier__lr": LR}
    search = PopulationSearchCV(est, grid, cv=2)
    before = search.get_params()
    search.fit(X, y)
    for name, value in search.get_params().items():
        assert value is before[name] or value == before[name], name
    assert not hasattr(est[-1], "population_")
    wide = np.repeat(X, 200, axis=1)
    size = len(pickle.dumps(PopulationSearchCV(est, grid, cv=2).fit(wide, y)))
    weights = 4 * wide.shape[1] * (6 + 12)  # float32: a layer of 6, and scalings
    assert size < weights + 50_000 < wide.nbytes


def test_pickles_before_and_after_fit(table, classifier):
    X, _ = table
    search = fitted(table, classifier())
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))
    assert again.best_params_ == search.best_params_
    again = pickle.loads(pickle.dumps(clone(search))).fit(*table)
    for key in SCORES:
        np.testing.assert_array_equal(again.cv_results_[key], search.cv_results_[key])


def test_workers_and_chunks_change_nothing(table, classifier, monkeypatch):
    monkeypatch.setattr(_together, "_CHUNK_MEMBERS", 3)
    net = classifier(n_members=2, dropout=0.2)
    one, two = (fitted(table, net, n_jobs=n_jobs) for n_jobs in (1, 2))
    for key in SCORES:
        np.testing.assert_array_equal(one.cv_results_[key], two.cv_results_[key])


def test_a_memory_budget_changes_rounding_only(table, classifier):
    net = classifier(n_members=2)
    whole, cut = (fitted(table, net, max_memory=m) for m in ("auto", 1))
    for key in SCORES:
        np.testing.assert_allclose(
            whole.cv_results_[key], cut.cv_results_[key], atol=1e-5
        )


def test_the_plan_of_chunks_is_of_the_jobs_alone(table, classifier, monkeypatch):
    job = classifier()._prepare(*table)
    plans = [_together._chunks(135, job, budget) for budget in ("auto", 10**5, 1)]
    assert [len(plan) for plan in plans] == [6, pytest.approx(40, abs=35), 135]
    for plan in plans:
        np.testing.assert_array_equal(np.concatenate(plan), np.arange(135))
        sizes = list(map(len, plan))
        assert max(sizes) - min(sizes) <= 1


def test_torch_s_threads_and_seeds_stay(table, classifier):
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    fitted(table, classifier(dropout=0.2), n_jobs=2)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_fit_times_are_shares(table, classifier):
    results = fitted(table, classifier()).cv_results_
    assert (results["mean_fit_time"] > 0).all()
    assert (results["mean_score_time"] > 0).all()


def test_nested_in_cross_validation(table, classifier):
    options = {"cv": 2, "scoring": "neg_log_loss"}
    inner, theirs = (
        search(classifier(), {"lr": LR}, **options)
        for search in (PopulationSearchCV, GridSearchCV)
    )
    np.testing.assert_allclose(
        cross_val_score(inner, *table, **options),
        cross_val_score(theirs, *table, **options),
        atol=1e-4,
    )


def test_a_search_in_a_pipeline_and_a_second_fit(table, classifier):
    X, y = table
    search = PopulationSearchCV(classifier(), {"lr": LR}, cv=2)
    pipe = make_pipeline(StandardScaler(), search).fit(X, y)
    first = pipe.predict_proba(X)
    np.testing.assert_array_equal(pipe.fit(X, y).predict_proba(X), first)


# scikit-learn's own checks ----------------------------------------------------------

SMALL = {"n_members": 1, "n_neurons": 12, "max_epochs": 15, "batch_size": 32}
SEARCHES = [
    PopulationSearchCV(
        net(dropout=0.0, random_state=0, **SMALL),
        {"lr": [0.03, 0.1]},
        cv=2,
        error_score="raise",
    )
    for net in (NeuralNetBinaryClassifier, NeuralNetRegressor)
]
FAILS = {
    "check_classifiers_one_label_sample_weights": "GridSearchCV fails, too: the check "
    "reads fit's signature, where sample_weight is one of **params",
}


# type_of_target casts a target of infinities.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@parametrize_with_checks(
    SEARCHES,
    expected_failed_checks=lambda search: (
        FAILS if "Classifier" in repr(search.estimator) else {}
    ),
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
