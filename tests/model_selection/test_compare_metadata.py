"""Groups and weights reach whatever can use them; folds inside are grouped as well."""

import numpy as np
import pytest
import sklearn
from scipy import stats
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import PopulationSearchCV, baselines, compare
from sknn_bio.model_selection._folds import InnerFolds
from sknn_bio.model_selection._metadata import fit_parameters, seeded
from sknn_bio.model_selection._tune import with_searches

SEEN = []


class Notes(ClassifierMixin, BaseEstimator):
    """Notes what reaches its fit."""

    def __init__(self, shift=0.0):
        self.shift = shift

    def fit(self, X, y, sample_weight=None, groups=None):
        SEEN.append((X[:, 0].copy(), sample_weight, groups))
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = 1 / (1 + np.exp(-X[:, 1] - self.shift))
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return (self.predict_proba(X)[:, 1] > 0.5).astype(int)


@pytest.fixture
def table():
    SEEN.clear()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    X[:, 0] = np.arange(120)
    y = (X[:, 1] + rng.normal(size=120) > 0).astype(int)
    return X, y, np.arange(120) // 6, rng.random(120)


def check_seen(groups, weight, scaled=False):
    assert SEEN
    for rows, got_weight, got_groups in SEEN:
        if not scaled:
            place = rows.astype(int)
            np.testing.assert_array_equal(got_groups, groups[place])
            np.testing.assert_array_equal(got_weight, weight[place])
        assert len(got_groups) == len(got_weight) == len(rows)


def test_bare_estimator_and_pipeline(table):
    X, y, groups, weight = table
    compare([Notes()], X, y, groups=groups, sample_weight=weight)
    check_seen(groups, weight)
    SEEN.clear()
    pipeline = make_pipeline(StandardScaler(), Notes())
    compare([pipeline], X, y, groups=groups, sample_weight=weight)
    check_seen(groups, weight, scaled=True)


def test_searches_of_tune(table):
    X, y, groups, weight = table
    models = {"bare": Notes(), "pipe": make_pipeline("passthrough", Notes())}
    spaces = {"bare": {"shift": [0.0, 5.0]}, "pipe": {"notes__shift": [0.0, 5.0]}}
    options = {"groups": groups, "sample_weight": weight, "scoring": "accuracy"}
    result = compare(models, X, y, tune=spaces, **options)
    check_seen(groups, weight)
    assert set(result.best_params["parameter"]) == {"shift", "notes__shift"}
    assert set(result.best_params["value"]) == {"0.0"}
    assert result.best_params["inner_score"].between(0.5, 1).all()


def test_inner_folds_of_a_search_are_grouped(table):
    X, y, groups, weight = table
    compare({"n": Notes()}, X, y, groups=groups, tune={"n": {"shift": [0.0, 1.0]}})
    sets = [set(rows.astype(int)) for rows, _, _ in SEEN]
    for rows in sets:
        assert all(
            len({r for r in rows if groups[r] == g}) in (0, 6) for g in range(20)
        )


def test_users_own_search(table):
    X, y, groups, weight = table
    search = GridSearchCV(
        make_pipeline("passthrough", Notes()),
        {"notes__shift": [0.0, 1.0]},
        cv=GroupKFold(3),
    )
    result = compare({"n": search}, X, y, groups=groups, sample_weight=weight)
    check_seen(groups, weight)
    assert len(result.best_params) == 5


def test_with_metadata_routing(table):
    X, y, groups, weight = table
    with sklearn.config_context(enable_metadata_routing=True):
        model = Notes().set_fit_request(groups=True, sample_weight=True)
        compare([model], X, y, groups=groups, sample_weight=weight)
        check_seen(groups, weight)
        assert set(fit_parameters(model, groups, weight)) == {"groups", "sample_weight"}
        assert fit_parameters(GaussianNB(), groups, None) == {}


def test_models_that_take_neither_are_left_in_peace(table):
    _, _, groups, weight = table
    assert fit_parameters(LogisticRegression(), groups, None) == {}
    assert list(fit_parameters(GaussianNB(), groups, weight)) == ["sample_weight"]
    assert fit_parameters(GaussianNB(), None, None) == {}


def test_groups_reach_a_network_and_its_search(table):
    X, y, groups, _ = table
    net = NeuralNetBinaryClassifier(
        n_neurons=4, max_epochs=3, n_members=2, random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), net)
    models = {"net": net, "pipe": pipeline, "tuned": net}
    result = compare(
        models, X, y, groups=groups, cv=3, tune={"tuned": {"lr": [1e-3, 1e-2]}}
    )
    assert set(result.histories) == {"net", "pipe", "tuned"}
    assert [len(curves) for curves in result.histories.values()] == [3, 3, 3]
    assert set(result.best_params["parameter"]) == {"lr"}
    assert result.thresholds["model"].value_counts().to_dict() == dict.fromkeys(
        models, 3
    )
    search = with_searches({"net": net}, {"net": {"lr": [0.1]}}, "roc_auc", True, 0)[
        "net"
    ]
    assert isinstance(search, PopulationSearchCV)


def test_distributions_are_drawn(table):
    X, y, *_ = table
    models = {"n": Notes(), "net": NeuralNetBinaryClassifier()}
    spaces = {
        "n": {"shift": stats.uniform(0, 1)},
        "net": [{"lr": stats.loguniform(1e-4, 1e-2)}],
    }
    made = with_searches(models, spaces, "roc_auc", True, 0)
    assert made["n"].n_iter == made["net"].n_iter == 20
    result = compare({"n": Notes()}, X, y, tune={"n": spaces["n"]}, cv=2)
    assert len(set(result.best_params["value"])) >= 1


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        ({"nets": {}}, "tune must name models, got 'nets'; did you mean 'net'"),
        (
            {"net": {"learning": [1]}},
            "must name parameters of the model, got 'learning'",
        ),
        ({"net": {"lrr": [1]}}, "did you mean 'lr'"),
        ({"net": []}, "must be a dict of parameters"),
        ({"pipe": {"C": [1]}}, "did you mean 'logisticregression__C'"),
    ],
)
def test_wrong_spaces_are_refused_at_once(table, tune, message):
    X, y, *_ = table
    models = {
        "net": NeuralNetBinaryClassifier(),
        "pipe": make_pipeline(StandardScaler(), LogisticRegression()),
    }
    with pytest.raises(ValueError, match=message):
        compare(models, X, y, tune=tune)


def test_logistic_baseline_chooses_its_penalty_by_groups(table):
    X, y, groups, weight = table
    model = baselines(X, y)["logistic"]
    params = fit_parameters(model, groups, weight)
    assert set(params) == {"gridsearchcv__groups", "gridsearchcv__sample_weight"}
    splits = list(model[-1].cv.split(X, y, groups))
    assert len(splits) == 5
    for train, test in splits:
        assert not set(groups[train]) & set(groups[test])


def test_inner_folds_come_down_to_what_there_is():
    rows, y = np.zeros((12, 1)), np.array([0] * 9 + [1] * 3)
    assert InnerFolds(5).get_n_splits(rows, y) == 3
    assert InnerFolds(5).get_n_splits() == 5
    groups = np.repeat([1, 2, 3, 4], 3)
    # The ones are all of one group: grouped, and not stratified.
    splits = list(InnerFolds(5).split(rows, y, groups))
    assert len(splits) == 4
    # One group only cannot be kept apart.
    assert len(list(InnerFolds(3).split(rows, y, np.ones(12)))) == 3
    numbers = np.arange(12.0)
    assert InnerFolds(5, stratified=False).get_n_splits(rows, numbers) == 5


def test_seeds_go_to_what_has_none():
    pipeline = make_pipeline(StandardScaler(), NeuralNetBinaryClassifier())
    name = "neuralnetbinaryclassifier__random_state"
    assert seeded(pipeline, 7).get_params()[name] == 7
    assert seeded(pipeline, 8).get_params()[name] == 7
    assert seeded(GaussianNB(), 3).get_params() == GaussianNB().get_params()
