"""PopulationSearchCV beside GridSearchCV: the same numbers, keys and choice."""

import numpy as np
import pytest
from scipy.stats import loguniform, randint
from sklearn.model_selection import (
    GridSearchCV,
    ParameterSampler,
    RandomizedSearchCV,
    ShuffleSplit,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler

from sknn_bio import NeuralNetClassifier
from sknn_bio.model_selection import PopulationSearchCV

LR = [1e-3, 1e-2, 3e-2]


def piped(network, scaler=None):
    return Pipeline([("scale", scaler or StandardScaler()), ("net", network)])


@pytest.mark.parametrize("n_members", [1, 4])
def test_a_grid_of_shapes_rates_and_decays(table, classifier, agree, n_members):
    grid = {
        "net__n_neurons": [6, (4, 3)],
        "net__lr": [1e-3, 1e-2],
        "net__weight_decay": [0.0, 0.5],
    }
    agree(
        piped(classifier(n_members=n_members)),
        grid,
        *table,
        scoring=["neg_log_loss", "roc_auc", "accuracy"],
        refit="neg_log_loss",
        return_train_score=True,
    )


@pytest.mark.parametrize("n_members", [1, 4])
def test_a_regressor(numbers, regressor, agree, n_members):
    grid = {"net__lr": LR, "net__batch_size": [16, 32]}
    est = piped(regressor(n_members=n_members))
    agree(est, grid, *numbers, scoring="r2", return_train_score=True)


def test_a_regressor_of_two_targets(numbers, regressor, agree):
    X, y = numbers
    agree(regressor(), {"lr": LR}, X, np.c_[y, -y], scoring="r2")


def test_several_classes(table, agree):
    X, _ = table
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0] + X[:, 1], [-1, 1])]
    net = NeuralNetClassifier(
        n_members=1, n_neurons=6, max_epochs=4, dropout=0.0, random_state=0
    )
    grid = {"lr": LR, "label_smoothing": [0.0, 0.1]}
    search = agree(net, grid, X, y, scoring=["neg_log_loss", "accuracy"], refit=False)
    assert not hasattr(search, "best_estimator_")


def test_a_bare_estimator_and_the_default_score(table, classifier, agree):
    agree(classifier(), {"lr": LR}, *table, scoring=None)


def test_each_kind_of_member_parameter(table, classifier, agree):
    grid = [
        {"input_scaling": ["standard", None]},
        {"n_members": [1, 2, 3], "monitor": ["valid_loss", "roc_auc"]},
        {"validation": [0.2, 0.4], "random_state": [0, 1]},
        {"early_stopping": [False, True], "patience": [1]},
        {"activation": ["relu", lambda x: x.clamp(0, 1)], "optimizer": ["sgd"]},
        {"loss": ["focal"], "loss_params": [{"gamma": 0.0}, {"gamma": 3.0}]},
        {"batch_size": [16, 128], "gradient_clip": [None, 0.1], "l1": [0.0, 0.01]},
    ]
    agree(classifier(), grid, *table)


def test_preprocessing_is_searched_too(table, classifier, agree):
    grid = {
        "poly__degree": [1, 2],
        "scale": [StandardScaler(), "passthrough", MinMaxScaler()],
        "net__lr": [1e-3, 1e-2],
    }
    est = Pipeline(
        [("poly", PolynomialFeatures()), ("scale", None), ("net", classifier())]
    )
    agree(est, grid, *table)


def test_the_whole_network_is_a_candidate(table, classifier, agree):
    grid = [
        {"net": [classifier(), classifier(n_neurons=3, n_members=2)]},
        {"net": [classifier(class_weight="balanced")], "net__lr": LR},
    ]
    search = agree(piped(classifier()), grid, *table)
    assert search.best_estimator_.named_steps["net"].n_members_ in (1, 2)


def test_class_weights_are_searched(table, classifier, agree):
    X, y = table
    keep = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:15]]
    grid = {"class_weight": [None, "balanced", {0: 1.0, 1: 9.0}], "lr": [1e-2]}
    search = agree(classifier(), grid, X[keep], y[keep])
    assert len(np.unique(search.cv_results_["split0_test_score"])) == 3


def test_a_column_that_is_constant_for_one_candidate_is_not_for_another(
    table, classifier, agree
):
    # one training row in which the column is not 0: some inner splits do not have it
    X, y = table
    X = X.copy()
    X[:, 0] = np.arange(len(X)) == 50
    agree(classifier(), {"random_state": list(range(6)), "lr": [0.03]}, X, y)


def test_refit_by_a_function(table, classifier, agree):
    search = agree(classifier(), {"lr": LR}, *table, refit=lambda results: 1)
    assert search.best_params_ == {"lr": LR[1]}
    assert not hasattr(search, "best_score_")


def test_the_best_estimator_is_an_ordinary_fit(table, classifier):
    X, y = table
    est = piped(classifier())
    ours = PopulationSearchCV(est, {"net__lr": LR}, scoring="neg_log_loss").fit(X, y)
    theirs = GridSearchCV(est, {"net__lr": LR}, scoring="neg_log_loss").fit(X, y)
    assert type(ours.best_estimator_) is Pipeline
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))
    np.testing.assert_array_equal(ours.classes_, [0, 1])
    assert ours.n_features_in_ == 6
    assert ours.score(X, y) == theirs.score(X, y)


def test_a_user_s_scorer_sees_the_fitted_model(table, classifier):
    seen = []

    def scorer(estimator, X, y):
        seen.append(type(estimator))
        net = estimator.named_steps["net"]
        return {"lr": net.lr, "epochs": net.best_epoch_.max(), "steps": len(estimator)}

    search = PopulationSearchCV(
        piped(classifier()), {"net__lr": LR}, scoring=scorer, refit="lr", cv=2
    ).fit(*table)
    assert set(seen) == {Pipeline}
    np.testing.assert_allclose(search.cv_results_["mean_test_lr"], LR)
    assert search.best_params_ == {"net__lr": LR[-1]}


def test_random_search_over_distributions(table, classifier):
    space = {"net__lr": loguniform(1e-4, 1e-1), "net__n_neurons": randint(3, 6)}
    options = {"n_iter": 5, "random_state": 3, "cv": 2, "scoring": "neg_log_loss"}
    est = piped(classifier())
    ours = PopulationSearchCV(est, space, **options).fit(*table)
    theirs = RandomizedSearchCV(est, space, **options).fit(*table)
    assert ours.cv_results_["params"] == theirs.cv_results_["params"]
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    drawn = list(ParameterSampler(space, 5, random_state=3))
    assert ours.cv_results_["params"] == drawn
    for key in ("split0_test_score", "split1_test_score"):
        np.testing.assert_allclose(
            ours.cv_results_[key], theirs.cv_results_[key], atol=1e-4
        )


def test_all_candidates_see_the_same_splits(table, classifier):
    X, y = table
    seen = []

    class Remember(StandardScaler):
        def fit(self, X, y=None, sample_weight=None):
            seen.append(X.sum())
            return super().fit(X, y)

    net = classifier()
    cv = ShuffleSplit(3, test_size=0.3)  # no random_state
    grid = {"lr": [1e-3] * 3}
    search = PopulationSearchCV(net, grid, cv=cv, scoring="neg_log_loss").fit(X, y)
    for k in range(3):
        scores = search.cv_results_[f"split{k}_test_score"]
        np.testing.assert_allclose(scores, scores[0], atol=1e-6)
    est = make_pipeline(Remember(), net)
    grid = {
        "neuralnetbinaryclassifier__lr": [1e-3, 1e-2],
        "remember__with_mean": [True, False],
    }
    PopulationSearchCV(est, grid, cv=cv, refit=False).fit(X, y)
    assert len(seen) == 6
    assert len(set(seen)) == 3
