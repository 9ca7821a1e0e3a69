"""A classifier with a RejectOption."""

import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknn_bio import NeuralNetClassifier
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.omics import RejectOption
from sknn_bio.preprocessing import GeneAligner, LogNormalizer

QUICK = {"n_members": 3, "max_epochs": 15, "lr": 0.01, "n_neurons": 16}
NET = NeuralNetClassifier(random_state=0, **QUICK)


@pytest.fixture(scope="module")
def blobs():
    """Two classes that overlap a little; rows of a third one, far away."""
    X, y = make_blobs([300, 300, 100], 4, cluster_std=2.0, random_state=3)
    known = y < 2
    return X[known], np.array(["a", "b"])[y[known]], X[~known]


class Oracle(ClassifierMixin, BaseEstimator):
    """Its one column is the probability of class 1, which is the truth."""

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


def draw(rng, n):
    p = rng.random((n, 1))
    return p, (rng.random(n) < p[:, 0]).astype(int)


# scikit-learn's own checks ----------------------------------------------------------

SAYS_UNKNOWN = "a row that is not accepted is called unknown, not the likeliest class"
MINUS_ONE = "-1 is a class here, so the word for unknown must be given"
STOCHASTIC = "a row of weight two is not the row twice in mini-batches and folds"
NEVER = {"target_error": 0.99, "false_alarms": 0.0, "unknown_label": -999}


def expected_failures(model):
    if isinstance(model.estimator, NeuralNetClassifier):
        return {
            "check_sample_weight_equivalence_on_dense_data": STOCHASTIC,
            "check_sample_weight_equivalence_on_sparse_data": STOCHASTIC,
        }
    if model.unknown_label == "auto":
        return {
            "check_classifiers_train": SAYS_UNKNOWN,
            "check_classifiers_classes": MINUS_ONE,
        }
    return {}


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [
        RejectOption(LogisticRegression()),
        RejectOption(LogisticRegression(), **NEVER),
        RejectOption(NeuralNetClassifier(random_state=0, **QUICK), **NEVER),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


# Answers ----------------------------------------------------------------------------


@pytest.mark.parametrize("novelty", ["auto", "entropy", "probability"])
def test_answers_hang_together(blobs, novelty):
    X, y, new = blobs
    model = RejectOption(NET, novelty=novelty, n_jobs=1).fit(X, y)
    rows = np.vstack([X, new])
    proba, answer = model.predict_proba(rows), model.predict(rows)
    accepted = model.accepts(rows)
    np.testing.assert_array_equal(answer == "unknown", ~accepted)
    likeliest = model.classes_[proba.argmax(axis=1)]
    np.testing.assert_array_equal(answer[accepted], likeliest[accepted])
    familiar = model.score_samples(rows) > model.novelty_threshold_
    sure = proba.max(axis=1) > model.threshold_
    np.testing.assert_array_equal(accepted, familiar & sure)
    np.testing.assert_array_equal(proba, model.estimator_.predict_proba(rows))
    assert model.novelty_ == ("distance" if novelty == "auto" else novelty)


def test_an_unseen_class_is_unknown_by_the_distance_and_not_by_the_probability(blobs):
    X, y, new = blobs
    by_distance = RejectOption(NET).fit(X, y)
    assert by_distance.accepts(new).mean() < 0.1
    assert by_distance.accepts(X).mean() > 0.85
    by_probability = RejectOption(NET, novelty="probability").fit(X, y)
    assert by_probability.accepts(new).mean() > 0.5


def test_results_describe_the_held_out_rows(blobs):
    X, y, _ = blobs
    model = RejectOption(NET, target_error=0.1).fit(X, y)
    assert 0.8 < model.coverage_ <= 0.95
    assert model.error_ <= model.error_bound_ <= 0.1
    curve = model.risk_coverage_
    assert list(curve) == ["coverage", "risk", "threshold"]
    # Of 600 rows thirty are refused as new; the others are on the curve.
    assert curve["coverage"].iloc[-1] == pytest.approx(570 / 600, abs=2e-3)
    at = np.argmin(abs(curve["coverage"] - model.coverage_))
    assert curve["risk"].iloc[at] == pytest.approx(model.error_, abs=2e-3)


@pytest.mark.filterwarnings("ignore:an error of target_error")
def test_error_and_false_alarms_in_new_rows_by_simulation():
    """A model whose probabilities are the truth: the true rates are known."""
    rng = np.random.default_rng(0)
    fresh, truth = draw(rng, 20_000)
    exceeds, alarms, coverages = [], [], []
    for _ in range(200):
        model = RejectOption(
            FrozenEstimator(Oracle().fit(None, None)),
            target_error=0.2,
            false_alarms=0.1,
            delta=0.1,
        ).fit(*draw(rng, 1_000))
        answer = model.predict(fresh)
        accepted = answer != -1
        assured = model.error_bound_ <= 0.2
        exceeds.append(assured and (answer != truth)[accepted].mean() > 0.2)
        alarms.append((model.score_samples(fresh) <= model.novelty_threshold_).mean())
        coverages.append(accepted.mean())
    assert np.mean(exceeds) <= 0.1
    assert np.mean(alarms) == pytest.approx(0.1, abs=0.01)
    assert np.mean(coverages) > 0.4  # of 0.8 that would be right


def test_a_frozen_model_is_not_fitted_again():
    rng = np.random.default_rng(0)
    X, y = draw(rng, 500)
    frozen = GaussianNB().fit(X[:100], y[:100])
    before = frozen.theta_.copy()
    model = RejectOption(FrozenEstimator(frozen), target_error=0.4).fit(
        X[100:], y[100:]
    )
    np.testing.assert_array_equal(model.estimator_.theta_, before)


def test_out_of_fold_predictions_of_a_frozen_network_are_of_other_rows(blobs):
    X, y, _ = blobs
    frozen = FrozenEstimator(clone(NET).fit(X, y))
    model = RejectOption(frozen, novelty="entropy", target_error=0.2)
    assert model.fit(X[::-1], y[::-1]).error_ < 0.1


class Counted(NeuralNetClassifier):
    fits = 0

    def fit(self, *args, **kwargs):
        Counted.fits += 1
        return super().fit(*args, **kwargs)


@pytest.mark.parametrize(
    ("wrap", "novelty", "fits"),
    [
        (lambda net: net, "distance", 4),
        (lambda net: net, "entropy", 1),
        (lambda net: make_pipeline(StandardScaler(), net), "entropy", 4),
    ],
    ids=["distance", "own out-of-fold predictions", "the steps before have seen all"],
)
def test_folds_are_fitted_where_they_must_be(blobs, wrap, novelty, fits):
    X, y, _ = blobs
    Counted.fits = 0
    model = wrap(Counted(random_state=0, **QUICK))
    RejectOption(model, novelty=novelty, cv=3, target_error=0.2).fit(X, y)
    assert Counted.fits == fits


# Labels -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "given", "unknown"),
    [
        (["a", "b"], "auto", "unknown"),
        (["a", "b"], "none of these", "none of these"),
        ([3, 7], "auto", -1),
        ([0.0, 2.0], "auto", -1),
        ([3, 7], "unknown", "unknown"),
    ],
)
def test_unknown_has_a_label(blobs, labels, given, unknown):
    X, y, new = blobs
    y = np.where(y == "a", *labels)
    model = RejectOption(NET, unknown_label=given).fit(X, y)
    answer = model.predict(np.vstack([X, new]))
    assert model.unknown_label_ == unknown
    assert set(answer.tolist()) == {*labels, unknown}
    assert model.classes_.tolist() == labels
    if given == "auto":
        assert answer.dtype.kind == y.dtype.kind


def test_unknown_must_not_be_a_class(blobs):
    X, y, _ = blobs
    with pytest.raises(ValueError, match="must not be a class of y, got -1"):
        RejectOption(GaussianNB()).fit(X, np.where(y == "a", 1, -1))


# Metadata ---------------------------------------------------------------------------


class Spy(GaussianNB):
    seen: list = []

    def fit(self, X, y, sample_weight=None, groups=None):
        Spy.seen.append((sample_weight, groups))
        return super().fit(X, y)


@pytest.mark.filterwarnings("ignore:an error of target_error")
@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("piped", [False, True])
def test_groups_and_weights_reach_the_classifier_and_the_folds(blobs, routing, piped):
    X, y, _ = blobs
    groups, weight = np.arange(600) // 30, np.linspace(1, 2, 600)
    Spy.seen = []
    with sklearn.config_context(enable_metadata_routing=routing):
        spy, scaler = Spy(), StandardScaler()
        if routing:
            spy.set_fit_request(sample_weight=True, groups=True)
            scaler.set_fit_request(sample_weight=False)
        model = RejectOption(make_pipeline(scaler, spy) if piped else spy, cv=4)
        model.fit(X, y, groups=groups, sample_weight=weight)
    assert len(Spy.seen) == 5
    np.testing.assert_array_equal(Spy.seen[0][0], weight)
    tested = [set(groups) - set(own) for _, own in Spy.seen[1:]]
    assert sum(map(len, tested)) == 20 == len(set.union(*tested))  # each held out once


def test_one_group_is_ignored_with_a_warning(blobs):
    X, y, _ = blobs
    model = RejectOption(LogisticRegression(), target_error=0.3)
    with pytest.warns(UserWarning, match="groups must hold two groups or more"):
        model.fit(X, y, groups=np.zeros(600))


def test_names_of_genes_reach_the_aligner_at_fit_and_predict():
    cohorts = simulate_cohorts(n_cells=(300, 80), n_genes=60, random_state=0)
    cells, later = cohorts.train, cohorts.test
    model = RejectOption(
        make_pipeline(GeneAligner(), LogNormalizer(), NET), target_error=0.3, cv=3
    )
    order = np.random.default_rng(0).permutation(60)
    with sklearn.config_context(enable_metadata_routing=True):
        model.fit(cells.counts, cells.labels, genes=cohorts.genes)
        straight = model.predict(later.counts, genes=cohorts.genes)
        shuffled = model.predict(later.counts[:, order], genes=cohorts.genes[order])
    np.testing.assert_array_equal(straight, shuffled)


@pytest.mark.filterwarnings("ignore:an error of target_error")
def test_rows_of_weight_zero_are_as_good_as_absent(blobs):
    X, y, new = blobs
    rows = np.vstack([X, new])
    labels = np.append(y, np.full(len(new), "a"))  # wrong ones
    weight = np.append(np.ones(600), np.zeros(len(new)))
    model = RejectOption(
        LogisticRegression(), cv=[(np.arange(300), np.arange(300, 700))]
    )
    with_rows = clone(model).fit(rows, labels, sample_weight=weight)
    fewer = model.set_params(cv=[(np.arange(300), np.arange(300, 600))]).fit(X, y)
    assert with_rows.novelty_threshold_ == pytest.approx(fewer.novelty_threshold_)
    assert with_rows.coverage_ == fewer.coverage_


# As an estimator --------------------------------------------------------------------


def test_it_takes_part_in_what_scikit_learn_does(blobs, tmp_path):
    X, y, _ = blobs
    model = RejectOption(make_pipeline(StandardScaler(), LogisticRegression()))
    model.set_params(target_error=0.1)
    assert cross_val_score(model, X, y, cv=3).min() > 0.8  # unknown counts as wrong
    search = GridSearchCV(model, {"estimator__logisticregression__C": [0.1, 1]}, cv=3)
    fitted = search.fit(X, y).best_estimator_
    joblib.dump(fitted, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))


def test_a_frame_and_missing_values_are_the_classifiers_affair(blobs):
    X, y, _ = blobs
    frame = pd.DataFrame(X, columns=list("pqrs"))
    frame.loc[::20, "p"] = np.nan
    model = RejectOption(NET, target_error=0.2).fit(frame, pd.Series(y))
    assert model.feature_names_in_.tolist() == list("pqrs")
    assert (model.predict(frame) == y).mean() > 0.8


def test_the_same_seed_gives_the_same_thresholds(blobs):
    X, y, _ = blobs
    one, two = (RejectOption(NET, target_error=0.2).fit(X, y) for _ in range(2))
    assert one.novelty_threshold_ == two.novelty_threshold_
    assert one.threshold_ == two.threshold_


# Wrong input ------------------------------------------------------------------------


def test_too_few_rows_are_told(blobs):
    X, y, _ = blobs
    with pytest.warns(
        UserWarning, match="is assured at no threshold.*40 held-out rows"
    ):
        RejectOption(GaussianNB()).fit(X[:40], y[:40])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"target_error": 0}, "target_error"),
        ({"target_error": 1.5}, "target_error"),
        ({"false_alarms": 1.0}, "false_alarms"),
        ({"delta": 0.0}, "delta"),
        ({"novelty": "energy"}, "novelty"),
        ({"cv": 1}, "cv"),
    ],
)
def test_parameters_out_of_range_are_refused(blobs, params, message):
    X, y, _ = blobs
    with pytest.raises(ValueError, match=f"The '{message}' parameter of RejectOption"):
        RejectOption(GaussianNB(), **params).fit(X, y)


def test_a_classifier_without_probabilities_is_refused(blobs):
    X, y, _ = blobs
    with pytest.raises(ValueError, match="'fit' and 'predict_proba'"):
        RejectOption(NeuralNetClassifier(loss="hinge")).fit(X, y)


def test_a_table_of_single_rows_is_refused():
    with pytest.raises(ValueError, match="must have two of a class"):
        RejectOption(GaussianNB()).fit(np.eye(4), [0, 1, 2, 3])


def test_it_must_be_fitted_first(blobs):
    with pytest.raises(NotFittedError):
        RejectOption(GaussianNB()).predict(blobs[0])


def test_a_fit_of_enough_rows_is_silent(blobs):
    X, y, _ = blobs
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        RejectOption(LogisticRegression(), target_error=0.2).fit(X, y)
