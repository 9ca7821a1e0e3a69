"""What reaches a search: weights, groups, sparse tables, frames, and what fails."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, StandardScaler
from torch import nn

from sknn_bio.model_selection import PopulationSearchCV
from sknn_bio.training import CSVLogger

LR = [1e-3, 1e-2]


class Counting(StandardScaler):
    fits = 0

    def fit(self, X, y=None, sample_weight=None):
        type(self).fits += 1
        return super().fit(X, y, sample_weight)


class Failing(StandardScaler):
    def __init__(self, *, fails=False, copy=True, with_mean=True, with_std=True):
        super().__init__(copy=copy, with_mean=with_mean, with_std=with_std)
        self.fails = fails

    def fit(self, X, y=None, sample_weight=None):
        if self.fails:
            raise RuntimeError("the scaler is broken")
        return super().fit(X, y, sample_weight)


class Own(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.line = nn.Linear(d_in, d_out)

    def forward(self, x):
        return self.line(x)


def piped(network, scaler=None):
    return Pipeline([("scale", scaler or StandardScaler()), ("net", network)])


def test_each_distinct_preprocessing_is_fitted_once_a_fold(table, classifier):
    Counting.fits = 0
    grid = {
        "net__lr": LR,
        "net__n_neurons": [4, 5],
        "net__dropout": [0.0, 0.2],
        "scale__with_std": [True, False],
    }
    search = PopulationSearchCV(
        piped(classifier(), Counting()), grid, cv=3, refit=False
    )
    assert len(search.fit(*table).cv_results_["params"]) == 16
    assert Counting.fits == 2 * 3


def test_steps_that_cannot_be_pickled_are_shared_by_identity(table, classifier, agree):
    calls = []

    def halve(X):
        calls.append(len(X))
        return X / 2

    step = FunctionTransformer(lambda X: X + 1)
    grid = {"net__lr": LR, "scale": [FunctionTransformer(halve), step]}
    agree(piped(classifier()), grid, *table, refit=False, cv=2)
    # GridSearchCV: 2 rates × 2 folds × (fit + predict); ours: the fits once a fold
    assert len(calls) == 8 + 6


@pytest.mark.parametrize("layout", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_tables(table, classifier, agree, layout):
    X, y = table
    X = layout(np.where(X > 0.5, X, 0))
    agree(classifier(n_members=2), {"lr": LR}, X, y)
    grid = {"net__lr": LR, "scale": [MaxAbsScaler(), "passthrough", _dense()]}
    agree(piped(classifier()), grid, X, y)


def _dense():
    return FunctionTransformer(lambda X: X.toarray(), accept_sparse=True)


def test_frames_with_columns_by_name(table, classifier, agree):
    X, y = table
    frame = pd.DataFrame(X, columns=list("abcdef"))
    labels = pd.Series(np.where(y == 1, "case", "control"), index=frame.index + 7)
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]), ("passthrough", ["f"])
    )
    search = agree(piped(classifier(), columns), {"net__lr": LR}, frame, labels)
    assert search.feature_names_in_.tolist() == list("abcdef")
    assert set(search.predict(frame)) <= {"case", "control"}
    bare = agree(classifier(), {"lr": LR}, frame, labels)
    with pytest.raises(ValueError, match="feature names"):
        bare.predict(frame[list("fedcba")])


def test_groups_reach_the_splitter(table, classifier, agree):
    X, y = table
    groups = np.arange(len(y)) // 5
    agree(
        classifier(), {"lr": LR}, X, y, fit_params={"groups": groups}, cv=GroupKFold(3)
    )


def test_routed_groups_and_weights_reach_everyone(table, classifier, agree):
    X, y = table
    groups = np.arange(len(y)) // 5
    weight = np.linspace(0, 2, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        net = classifier(n_members=3).set_fit_request(sample_weight=True, groups=True)
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        for estimator, prefix in ((net, ""), (piped(net, scaler), "net__")):
            search = agree(
                estimator,
                {f"{prefix}lr": LR},
                X,
                y,
                fit_params={"groups": groups, "sample_weight": weight},
                cv=GroupKFold(3),
                scoring=scorer,
            )
        net = search.best_estimator_[-1]
        plan = net._prepare(X, y, sample_weight=weight, groups=groups).plan
        seen = groups[weight > 0]
        for train, valid in zip(plan.train_rows, plan.valid_rows, strict=True):
            assert not set(seen[train]) & set(seen[valid])


def test_sample_weight_without_routing(table, classifier, agree):
    X, y = table
    weight = np.linspace(0, 2, len(y)).tolist()
    with warnings.catch_warnings():
        # scikit-learn 1.9 hands the weights to scorers, and says which take none.
        warnings.simplefilter("ignore")
        agree(classifier(), {"lr": LR}, X, y, fit_params={"sample_weight": weight})
    fit_params = {"net__sample_weight": weight}
    agree(piped(classifier()), {"net__lr": LR}, X, y, fit_params=fit_params)


# What fails -------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
@pytest.mark.parametrize("n_members", [1, 2])
def test_a_candidate_that_diverges_spares_the_others(table, classifier, n_members):
    X, y = table
    options = {"cv": 2, "scoring": "neg_log_loss", "refit": False}
    net = classifier(optimizer="sgd", n_members=n_members)
    grid = {"lr": [1e-2, 1e38, 1e-1]}
    with pytest.warns(FitFailedWarning, match="try a lower lr"):
        search = PopulationSearchCV(net, grid, **options).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isnan(scores).tolist() == [False, True, False]
    good = {"lr": [1e-2, 1e-1]}
    alone = GridSearchCV(net, good, **options).fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(scores[[0, 2]], alone, atol=1e-4)


def test_preprocessing_that_fails(table, classifier):
    est = piped(classifier(), Failing())
    grid = {"scale__fails": [False, True], "net__lr": LR}
    with pytest.warns(FitFailedWarning, match="4 fits failed with the following error"):
        search = PopulationSearchCV(est, grid, cv=2, error_score=-1.0).fit(*table)
    assert (search.cv_results_["mean_test_score"] < 0).sum() == 2
    assert not search.best_estimator_[0].fails


@pytest.mark.parametrize(
    ("grid", "error"),
    [
        ({"scale__fails": [True]}, RuntimeError),
        ({"net__lr": [1e-3, -1.0]}, ValueError),
        ({"net__optimizer_params": [{"no_such": 1}]}, Exception),
        ({"net__no_such": [1]}, ValueError),
        ({"net__lr": [1e38], "net__optimizer": ["sgd"]}, ValueError),
    ],
)
def test_errors_are_raised_if_asked_for(table, classifier, grid, error):
    est = piped(classifier(), Failing())
    search = PopulationSearchCV(est, grid, cv=2, error_score="raise")
    with pytest.raises(error):
        search.fit(*table)


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_an_error_in_training_is_that_of_its_candidates_alone(table, classifier):
    grid = {"optimizer_params": [None, {"no_such": 1}], "lr": LR}
    with pytest.warns(FitFailedWarning, match="4 fits failed"):
        search = PopulationSearchCV(classifier(), grid, cv=2).fit(*table)
    failed = np.isnan(search.cv_results_["mean_test_score"])
    assert failed.tolist() == [False, True, False, True]


def test_a_search_without_a_good_fit_says_so(table, classifier):
    search = PopulationSearchCV(classifier(), {"lr": [-1.0, -2.0]}, cv=2)
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        search.fit(*table)


def test_a_misspelt_metric_is_known_before_the_training(table, classifier):
    est = piped(classifier(), Counting())
    Counting.fits = 0
    for options in (
        {"scoring": "no_such"},
        {"scoring": ["roc_auc", "accuracy"], "refit": True},
    ):
        with pytest.raises(ValueError):
            PopulationSearchCV(est, {"net__lr": LR}, **options).fit(*table)
    assert Counting.fits == 0


def test_other_estimators_are_refused(table):
    search = PopulationSearchCV(LogisticRegression(), {"C": [1.0]})
    with pytest.raises(TypeError, match="must be, or end in, a network of sknn_bio"):
        search.fit(*table)


# What cannot share a population -----------------------------------------------------


@pytest.mark.parametrize(
    ("grid", "alone"),
    [
        ({"net__module": [None, Own]}, 4),
        ({"net__callbacks": [None, [CSVLogger("log.csv")]]}, 4),
        ({"net__verbose": [0, 2]}, 4),
        ({"net": [LogisticRegression()], "net__C": LR}, 4),
    ],
)
def test_the_ordinary_path_is_taken_visibly(
    table, classifier, grid, alone, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    X, y = table
    est = piped(classifier())
    if "net" not in grid:
        grid = {**grid, "net__lr": LR}
    options = {"cv": 2, "scoring": "neg_log_loss", "refit": False}
    ours = PopulationSearchCV(est, grid, **options)
    with pytest.warns(UserWarning, match=f"{alone} of .* fits cannot share"):
        ours.fit(X, y)
    theirs = GridSearchCV(est, grid, **options).fit(X, y)
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"],
        theirs.cv_results_["mean_test_score"],
        atol=1e-4,
    )
