import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier
from sknn_bio.inspection import (
    integrated_gradients,
    member_rank_intervals,
    stability_selection,
)
from sknn_bio.inspection._stability_bounds import pairs_bound

QUICK = {"n_members": 1, "n_neurons": 16, "max_epochs": 30, "lr": 0.01}


def signal(n_rows=160, n_features=40, seed=0):
    """Four columns that say the class, and others."""
    rng = np.random.RandomState(seed)
    y = np.arange(n_rows) % 2
    X = rng.normal(size=(n_rows, n_features))
    X[:, [3, 11, 20, 33]] += 1.6 * y[:, None]
    return X, y


def coefficients(fitted, X, y):
    return np.abs(fitted.coef_.reshape(-1))


def test_what_says_the_class_is_selected_and_nothing_else():
    X, y = signal()
    found = stability_selection(
        NeuralNetBinaryClassifier(**QUICK), X, y, n_pairs=10, max_false=0.5,
        random_state=0,
    )  # fmt: skip
    chosen = found.table.loc[found.table["selected"], "feature"]
    assert set(chosen) == {"x3", "x11", "x20", "x33"}
    assert found.importances.shape == (20, 40)
    assert found.false_bound <= 0.5
    assert found.fdr_bound == pytest.approx(found.false_bound / 4)
    first = found.table.iloc[0]
    assert first["rank"] == 1
    assert first["rank_low"] >= 1
    assert first["rank_high"] <= found.n_select


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_let_nothing_through(seed):
    X, y = signal(seed=seed)
    y = np.random.RandomState(seed).permutation(y)
    found = stability_selection(
        NeuralNetBinaryClassifier(**QUICK), X, y, n_pairs=10, max_false=0.05,
        random_state=seed,
    )  # fmt: skip
    assert found.table["selected"].sum() == 0
    assert found.fdr_bound == 0


def test_frequencies_and_ranks_are_those_of_the_halves():
    X, y = signal()
    found = stability_selection(
        LogisticRegression(), X, y, importance=coefficients, n_select=5, n_pairs=4,
        max_false=5, random_state=0,
    )  # fmt: skip
    table = found.table.set_index("feature").loc[found.feature_names]
    ranks = np.array([pd.Series(-row).rank() for row in found.importances])
    np.testing.assert_allclose(table["frequency"], (ranks <= 5).mean(0))
    np.testing.assert_allclose(table["importance"], found.importances.mean(0))
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(table["rank_low"], low)
    np.testing.assert_allclose(table["rank_high"], high)
    np.testing.assert_array_equal(
        table["selected"], table["frequency"] >= found.threshold
    )
    bound = pairs_bound(5, 40, 4)[round(found.threshold * 8)]
    assert found.false_bound == pytest.approx(bound)
    assert found.threshold > 0.5


class Recorder(LogisticRegression):
    seen: list = []

    def fit(self, X, y, groups=None, sample_weight=None):
        Recorder.seen.append((X[:, 0].astype(int), groups, sample_weight, y))
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("n_rows", [40, 41])
def test_pairs_are_complementary_and_stratified(n_rows):
    X, y = np.random.RandomState(0).normal(size=(n_rows, 5)), np.arange(n_rows) % 2
    X[:, 0] = np.arange(n_rows)
    Recorder.seen = []
    weight = np.arange(n_rows) + 1.0
    stability_selection(
        Recorder(max_iter=2000), X, y, importance=coefficients, n_pairs=3, max_false=5,
        n_select=2, sample_weight=weight, random_state=0,
    )  # fmt: skip
    rows = [own for own, *_ in Recorder.seen]
    assert len(rows) == 6
    for a, b in zip(rows[::2], rows[1::2], strict=True):
        assert sorted([*a, *b]) == list(range(n_rows))
    for own, groups, own_weight, own_y in Recorder.seen:
        assert groups is None
        np.testing.assert_array_equal(own_weight, own + 1)
        assert abs(own_y.mean() - 0.5) < 0.06
    assert not np.array_equal(np.sort(rows[0]), np.sort(rows[2]))


def test_no_patient_is_in_both_halves():
    X, y = signal(60)
    X[:, 0] = np.arange(60)
    patient = np.array([f"p{i // 4}" for i in range(60)])
    Recorder.seen = []
    stability_selection(
        Recorder(max_iter=2000), X, y, importance=coefficients, n_pairs=2, max_false=5,
        groups=patient, random_state=0,
    )  # fmt: skip
    for a, b in zip(Recorder.seen[::2], Recorder.seen[1::2], strict=True):
        assert not set(a[1]) & set(b[1])
        assert set(a[1]) | set(b[1]) == set(patient)


class Noted(TransformerMixin, BaseEstimator):
    rows: list = []

    def fit(self, X, y=None):
        Noted.rows.append(len(X))
        return self

    def transform(self, X):
        return X

    def get_feature_names_out(self, names=None):
        return names


def test_selection_in_the_pipeline_is_made_in_each_half():
    X, y = signal()
    Noted.rows = []
    model = make_pipeline(Noted(), SelectKBest(k=8), NeuralNetBinaryClassifier(**QUICK))
    found = stability_selection(
        model, X, y, n_pairs=4, n_select=6, max_false=5, random_state=0
    )
    assert Noted.rows == [80] * 8
    assert ((found.importances > 0).sum(1) == 8).all()
    picked = (found.importances > 0).sum(0)
    assert ((picked > 0) & (picked < 8)).any()  # halves have their own selections
    few = make_pipeline(SelectKBest(k=2), NeuralNetBinaryClassifier(**QUICK))
    found = stability_selection(
        few, X, y, n_pairs=4, n_select=6, max_false=5, random_state=0
    )
    assert found.table["frequency"].sum() == pytest.approx(2)  # none of importance 0


def test_halves_have_their_own_initial_weights():
    y = np.arange(24) % 2
    X = np.tile(y, (10, 1)).T.astype(float)
    seen = []

    def first_layer(fitted, X, y):
        seen.append(fitted.population_.weights["hidden.0.weight"][0])
        return np.arange(10.0)

    stability_selection(
        NeuralNetBinaryClassifier(random_state=0, n_members=1, max_epochs=1), X, y,
        importance=first_layer, n_pairs=2, n_select=1, max_false=10, random_state=0,
    )  # fmt: skip
    apart = [abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
    assert len(apart) == 6
    assert min(apart) > 0.1


def test_the_random_state_decides():
    X, y = signal()
    runs = [
        stability_selection(
            NeuralNetBinaryClassifier(**QUICK), X, y, n_pairs=2, max_false=20,
            random_state=seed,
        ).importances
        for seed in (0, 0, 1)
    ]  # fmt: skip
    np.testing.assert_allclose(runs[0], runs[1])
    assert not np.allclose(runs[0], runs[2])


def test_permutation_regression_several_classes_frames_and_sparse_tables():
    X, y = signal()
    net = NeuralNetBinaryClassifier(**QUICK)
    settings = {"n_pairs": 2, "n_select": 4, "max_false": 40, "random_state": 0}
    found = stability_selection(net, X, y, importance="permutation", **settings)
    assert len(set(found.table["feature"][:4]) & {"x3", "x11", "x20", "x33"}) >= 3
    target = X[:, 5] - X[:, 7]
    found = stability_selection(
        Ridge(), pd.DataFrame(X).add_prefix("g"), target, importance="permutation",
        **settings,
    )  # fmt: skip
    assert set(found.table["feature"][:2]) == {"g5", "g7"}
    three = np.digitize(X[:, 5], [-0.5, 0.5])
    found = stability_selection(
        NeuralNetClassifier(**QUICK), sparse.csr_matrix(X), three, **settings
    )
    assert found.table["feature"][0] == "x5"


def test_constant_columns_do_not_make_the_bound_easier():
    X, y = signal()
    wide = np.hstack([X, np.ones((len(X), 500))])
    settings = {"importance": coefficients, "n_pairs": 3, "max_false": 3}
    plain = stability_selection(LogisticRegression(), X, y, **settings)
    padded = stability_selection(LogisticRegression(), wide, y, **settings)
    assert padded.n_select == plain.n_select
    assert padded.threshold == plain.threshold


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_pairs": 1}, "n_pairs must be an integer >= 2, got 1"),
        ({"max_false": 0}, "max_false must be > 0, got 0"),
        ({"n_select": 0}, r"n_select must be 'auto' or an integer in \[1, 39\], got 0"),
        ({"n_select": 20, "max_false": 0.1}, "cannot be promised with n_pairs=3"),
        ({"importance": "gain"}, "importance must be one of"),
        ({"importance": lambda m, X, y: np.ones(3)}, r"shape \(40,\), got \(3,\)"),
        ({"groups": [1, 2]}, "inconsistent numbers of samples"),
    ],
)
def test_wrong_settings(settings, words):
    X, y = signal()
    settings = {"importance": coefficients, "n_pairs": 3, "max_false": 3, **settings}
    with pytest.raises(ValueError, match=words):
        stability_selection(LogisticRegression(), X, y, **settings)


def test_a_class_must_have_rows_for_two_halves():
    X, y = signal(40)
    y = np.where(np.arange(40) < 3, "rare", "usual")
    with pytest.raises(ValueError, match="at least 4 rows to be halved, got 3 of"):
        stability_selection(LogisticRegression(), X, y, importance=coefficients)


def test_member_ranks():
    X, y = signal()
    net = NeuralNetBinaryClassifier(n_members=4, max_epochs=15, random_state=0)
    found = integrated_gradients(net.fit(X, y), X)
    table = member_rank_intervals(found).set_index("feature")
    ranks = np.array([pd.Series(-row).rank() for row in found.member_importances])
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0)
    np.testing.assert_allclose(table.loc[found.feature_names, "rank_low"], low)
    np.testing.assert_allclose(table.loc[found.feature_names, "rank_high"], high)
    assert set(table.index[:4]) == {"x3", "x11", "x20", "x33"}
    assert table["rank"].tolist() == list(range(1, 41))
    one = NeuralNetBinaryClassifier(n_members=1, max_epochs=2).fit(X, y)
    with pytest.raises(ValueError, match="at least 2 members, got 1"):
        member_rank_intervals(integrated_gradients(one, X))
