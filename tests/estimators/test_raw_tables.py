"""Tables as they come: gaps, categories, and the hard ones."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.metrics import r2_score, roc_auc_score

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

QUICK = {"n_members": 2, "max_epochs": 8, "random_state": 0}


def patients(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 10, n_rows)
    stage = rng.choice(["I", "II", "III"], n_rows)
    marker = rng.lognormal(0, 2, n_rows)
    risk = (age - 60) / 10 + 2 * (stage == "III") + rng.normal(0, 0.5, n_rows)
    table = pd.DataFrame(
        {
            "age": np.where(rng.random(n_rows) < 0.2, np.nan, age),
            "stage": pd.Categorical(stage),
            "marker": marker,
            "smoker": rng.random(n_rows) < 0.5,
            "site": rng.choice(["north", "south"], n_rows).astype(object),
        }
    )
    return table, np.where(risk > 0.5, "event", "none")


def test_a_raw_table_is_learnt_and_answered():
    X, y = patients()
    clf = NeuralNetBinaryClassifier(random_state=0).fit(X, y)
    assert clf.oof_score_ > 0.8
    assert clf.feature_names_in_.tolist() == list(X.columns)
    new, truth = patients(seed=1)
    proba = clf.predict_proba(new)
    assert roc_auc_score(truth == "none", proba[:, 1]) > 0.8
    # Levels that were never seen, and rows of which nothing is known.
    new.loc[0, "site"] = "west"
    new["stage"] = new["stage"].cat.add_categories("IV")
    new.loc[1, "stage"] = "IV"
    new = new.astype({"smoker": object})
    new.iloc[2] = None
    assert np.isfinite(clf.predict_proba(new)).all()


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile", None])
@pytest.mark.parametrize("n_members", [1, 3])
def test_every_scaling_takes_gaps(scaling, n_members):
    X, y = patients()
    clf = NeuralNetBinaryClassifier(
        input_scaling=scaling, n_members=n_members, max_epochs=5, random_state=0
    ).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
    # Gaps where the training rows had none.
    full = X.assign(marker=np.nan)
    assert np.isfinite(clf.predict_proba(full)).all()


def test_what_is_missing_may_say_something():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = rng.random(300) < 0.5
    X[y & (rng.random(300) < 0.9), 1] = np.nan
    clf = NeuralNetBinaryClassifier(random_state=0).fit(X, y)
    assert clf.oof_score_ > 0.9


def test_columns_can_be_named_by_name_position_or_mask():
    X, y = patients()
    X = X.assign(ward=np.arange(len(X)) % 4)[["age", "marker", "ward"]]
    fits = [
        NeuralNetBinaryClassifier(categorical_features=which, **QUICK).fit(table, y)
        for which, table in (
            (["ward"], X),
            ([2], X),
            ([False, False, True], X.to_numpy()),
        )
    ]
    assert fits[0].population_.network.d_in == 2 + 1 + 4  # a gap in age is told
    answers = [
        clf.predict_proba(X if hasattr(clf, "feature_names_in_") else X.to_numpy())
        for clf in fits
    ]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    with pytest.raises(ValueError, match="categorical_features must name columns"):
        NeuralNetBinaryClassifier(categorical_features=["no"], **QUICK).fit(X, y)


def test_the_order_of_levels_does_not_matter_and_wrong_columns_are_refused():
    X, y = patients()
    clf = NeuralNetBinaryClassifier(**QUICK).fit(X, y)
    reordered = X.assign(stage=X["stage"].cat.reorder_categories(["III", "I", "II"]))
    np.testing.assert_array_equal(clf.predict_proba(reordered), clf.predict_proba(X))
    with pytest.raises(ValueError, match="feature names"):
        clf.predict(X[["stage", "age", "marker", "smoker", "site"]])
    with pytest.raises(ValueError, match="'age' must hold numbers"):
        clf.predict(X.assign(age="old"))


def test_each_member_imputes_and_scales_by_its_own_rows():
    """A column that only the other fold varies is nothing to a member."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.tile([0, 1], 30)
    folds = np.repeat([0, 1], 30)
    X[folds == 0, 1] = 5.0

    class Halves:
        def split(self, X, y=None, groups=None):
            for fold in (0, 1):
                yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)

    for scaling in ("standard", "robust", "quantile"):
        clf = NeuralNetBinaryClassifier(
            validation=Halves(), input_scaling=scaling, **QUICK
        ).fit(X, y)
        probe = np.array([[0.0, -3.0], [0.0, 3.0]])
        trained_on_constant, trained_on_both = clf.predict_members(probe)[[1, 0]]
        assert trained_on_constant[0, 0] == trained_on_constant[1, 0], scaling
        assert trained_on_both[0, 0] != trained_on_both[1, 0], scaling


def test_zero_weight_hides_a_level():
    X, y = patients(60)
    weight = np.ones(60)
    weight[:10] = 0
    X["site"] = np.where(np.arange(60) < 10, "hidden", "shown")
    clf = NeuralNetBinaryClassifier(**QUICK).fit(X, y, sample_weight=weight)
    assert clf.categories_.levels[4] == ["shown"]


def test_defaults_printed_and_set_by_hand_give_the_same_model():
    X, y = patients()
    clf = NeuralNetBinaryClassifier(max_epochs=5, random_state=0)
    plain = clf.resolve_defaults(X, y)
    assert plain["input_scaling"] == ("standard", "quantile")
    by_hand = NeuralNetBinaryClassifier(max_epochs=5, random_state=0, **plain)
    np.testing.assert_array_equal(
        clf.fit(X, y).predict_proba(X), by_hand.fit(X, y).predict_proba(X)
    )
    S = sparse.random(50, 6, 0.4, format="csr", random_state=0)
    assert clf.resolve_defaults(S, y[:50])["input_scaling"] == "standard"


def test_a_sparse_table_is_only_scaled():
    X = sparse.random(60, 8, 0.4, format="csr", random_state=0)
    y = np.tile([0, 1], 30)
    with pytest.raises(ValueError, match="a sparse table is scaled only"):
        NeuralNetBinaryClassifier(input_scaling="quantile", **QUICK).fit(X, y)
    X.data[3] = np.nan
    with pytest.raises(ValueError, match="sparse X must hold no NaN"):
        NeuralNetBinaryClassifier(**QUICK).fit(X, y)


@pytest.mark.parametrize("wrong", [("standard", "none"), (), ["ranks"], "ranks"])
def test_a_wrong_scaling_is_refused(wrong):
    X, y = patients(40)
    with pytest.raises(ValueError, match="input_scaling"):
        NeuralNetBinaryClassifier(input_scaling=wrong).fit(X, y)


# The hard ones ------------------------------------------------------------------------


def test_thirty_rows():
    X, y = patients(30)
    clf = NeuralNetBinaryClassifier(random_state=0).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
    assert 0 <= clf.oof_score_ <= 1


def test_31_rows_of_22_000_genes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(31, 22_000)).astype(np.float32)
    y = np.arange(31) % 2
    X[y == 1, :200] += 2
    clf = NeuralNetBinaryClassifier(n_members=2, max_epochs=10, random_state=0)
    assert clf.fit(X, y).oof_score_ > 0.9


def test_a_category_of_3_000_levels():
    rng = np.random.default_rng(0)
    code = rng.integers(0, 3_000, 12_000)
    effect = rng.normal(size=3_000)
    X = pd.DataFrame({"code": code.astype(str), "noise": rng.normal(size=12_000)})
    y = effect[code] + 0.3 * rng.normal(size=12_000)
    reg = NeuralNetRegressor(n_members=1, max_epochs=30, lr=0.01, random_state=0)
    reg.fit(X.iloc[:10_000], y[:10_000])
    (levels,) = reg.categories_.levels.values()
    assert 1_000 < len(levels) < 3_000
    assert reg.population_.network.params["n_codes"] == (len(levels) + 2,)
    assert r2_score(y[10_000:], reg.predict(X.iloc[10_000:])) > 0.4


def test_sixty_percent_missing():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    y = (X.sum(1) > 0).astype(int)
    X[rng.random(X.shape) < 0.6] = np.nan
    assert NeuralNetBinaryClassifier(random_state=0).fit(X, y).oof_score_ > 0.6


def test_one_percent_positives():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_500, 4))
    y = (X[:, 0] > np.sort(X[:, 0])[-15]).astype(int)
    clf = NeuralNetBinaryClassifier(random_state=0, max_epochs=30).fit(X, y)
    assert clf.oof_score_ > 0.9
    assert clf.predict_proba(X)[:, 1].mean() < 0.1


def test_a_column_of_1e30_and_an_outlier():
    X, y = patients(100)
    rng = np.random.default_rng(1)
    X = X[["age", "marker"]].assign(huge=rng.normal(size=100) * 1e30)
    X.loc[0, "marker"] = 1e30
    clf = NeuralNetBinaryClassifier(random_state=0, max_epochs=20).fit(X, y)
    assert np.isfinite(clf.predict_proba(X)).all()
    assert clf.oof_score_ > 0.6


def test_duplicated_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(150, 3))
    y = (X[:, 0] > 0).astype(int)
    X = np.tile(X, 20)
    assert NeuralNetBinaryClassifier(random_state=0).fit(X, y).oof_score_ > 0.95


def test_a_target_in_millions():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = 5e6 + 1e5 * X[:, 0]
    reg = NeuralNetRegressor(random_state=0).fit(X, y)
    assert reg.oof_score_ > 0.9
    assert abs(reg.predict(X).mean() - y.mean()) < 2e4


def test_an_all_missing_and_a_constant_column_are_dropped_silently():
    X, y = patients(100)
    X = X[["age", "stage"]]
    more = X.assign(empty=np.nan, constant=3.0, one_level="yes")
    clf = NeuralNetClassifier(**QUICK).fit(more, y)
    changed = more.assign(empty=1.0, constant=-100.0)
    np.testing.assert_array_equal(clf.predict_proba(changed), clf.predict_proba(more))
