import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, make_scorer
from sklearn.model_selection import GroupKFold, KFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetRegressor,
)
from sknn_bio.inspection import permutation_importances
from sknn_bio.inspection._permutation_network import inputs_of

SMALL = {"n_members": 3, "n_neurons": 8, "max_epochs": 4, "random_state": 0}


# What it measures -------------------------------------------------------------------


def test_any_model_as_scikit_learn_has_it(table):
    X, y = table
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    ours = permutation_importances(model, X, y, scoring="roc_auc", random_state=3)
    theirs = permutation_importance(model, X, y, scoring="roc_auc", random_state=3)
    np.testing.assert_array_equal(ours.values, theirs.importances)
    assert ours.scoring == "roc_auc"
    order = ours.table["feature"].map({name: j for j, name in enumerate(X)})
    np.testing.assert_allclose(
        ours.table["importance"], theirs.importances_mean[order], atol=1e-12
    )


@pytest.mark.parametrize("scoring", ["neg_log_loss", "roc_auc", None])
def test_networks_as_scikit_learn_has_it(table, scoring):
    X, y = table
    model = NeuralNetBinaryClassifier(**SMALL).fit(X, y)
    assert inputs_of(model, X, make_scorer(log_loss)) is not None
    ours = permutation_importances(model, X, y, scoring=scoring, random_state=3)
    theirs = permutation_importance(model, X, y, scoring=scoring, random_state=3)
    np.testing.assert_allclose(ours.values, theirs.importances, atol=1e-6)


def test_rows_weigh_what_they_weigh(table):
    X, y = table
    weight = np.random.RandomState(0).randint(3, size=len(y)).astype(float)
    model = LogisticRegression(C=1e-3).fit(X / X.std(), y)
    settings = {"scoring": "neg_log_loss", "random_state": 0}
    ours = permutation_importances(
        model, X / X.std(), y, sample_weight=weight, **settings
    )
    theirs = permutation_importance(
        model, X / X.std(), y, sample_weight=weight, **settings
    )
    np.testing.assert_allclose(ours.values, theirs.importances, atol=1e-12)


def test_signal_comes_first_and_noise_has_zero_in_its_interval():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(400, 6))
    y = X[:, 2] - 0.5 * X[:, 4] + 0.3 * rng.normal(size=400)
    found = permutation_importances(
        NeuralNetRegressor(n_members=4, max_epochs=40, random_state=0),
        X,
        y,
        cv=5,
        random_state=0,
    )
    assert found.table["feature"].tolist()[:2] == ["x2", "x4"]
    assert found.table["rank"].tolist()[:2] == [1, 2]
    assert (found.table["low"][:2] > 0).all()
    assert (found.table["low"][2:] < 0.01).all()
    assert found.values.shape == (6, 25)
    assert found.scores.shape == (5,)
    assert found.scores.min() > 0.8


def test_what_is_learnt_by_heart_does_not_count_out_of_fold():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(120, 8)), rng.randint(2, size=120)
    model = RandomForestClassifier(n_estimators=30, random_state=0)
    inside = permutation_importances(model.fit(X, y), X, y, random_state=0)
    outside = permutation_importances(model, X, y, cv=5, random_state=0)
    assert inside.table["importance"].max() > 0.1
    assert abs(outside.table["importance"]).max() < 0.06


def test_intervals_are_students(table):
    X, y = table
    model = LogisticRegression(max_iter=5000).fit(X / X.std(), y)
    found = permutation_importances(
        model, X / X.std(), y, n_repeats=4, random_state=0, scoring="neg_log_loss"
    )
    row = found.table.iloc[0]
    values = found.values[list(found.groups).index(row["feature"])]
    error = values.std(ddof=1) / 2
    np.testing.assert_allclose(
        [row["low"], row["high"]], values.mean() + np.array([-1, 1]) * 3.1824 * error,
        rtol=1e-4,
    )  # fmt: skip
    once = permutation_importances(model, X / X.std(), y, n_repeats=1, random_state=0)
    assert once.table[["std", "low", "high"]].isna().all().all()


def test_folds_share_rows_and_the_interval_knows():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(100, 2)), rng.randint(2, size=100)
    found = permutation_importances(
        LogisticRegression(), X, y, cv=KFold(4), n_repeats=3, random_state=0
    )
    means = found.values.reshape(2, 4, 3).mean(2)
    error = means.std(1, ddof=1) * np.sqrt(1 / 4 + 25 / 75)
    table = found.table.set_index("feature").loc[["x0", "x1"]]
    np.testing.assert_allclose(
        table["high"] - table["importance"], 3.1824 * error, rtol=1e-4
    )


# Folds and groups of rows -----------------------------------------------------------


def test_folds_are_those_of_scikit_learn(table):
    X, y = table
    cv = KFold(3, shuffle=True, random_state=0)
    net = make_pipeline(StandardScaler(), NeuralNetBinaryClassifier(dropout=0, **SMALL))
    for model in (net, LogisticRegression(max_iter=5000)):
        ours = permutation_importances(
            model, X, y, cv=cv, scoring="neg_log_loss", n_repeats=1, random_state=0
        )
        theirs = cross_validate(model, X, y, cv=cv, scoring="neg_log_loss")
        np.testing.assert_allclose(ours.scores, theirs["test_score"], rtol=1e-5)


def test_no_patient_is_on_both_sides(table):
    X, y = table
    patient = np.arange(len(y)) // 3
    seen = []

    class Recorder(NeuralNetBinaryClassifier):
        def _prepare(self, X, y, sample_weight=None, groups=None, **others):
            seen.append((groups, sample_weight))
            return super()._prepare(X, y, sample_weight, groups, **others)

    permutation_importances(
        Recorder(**SMALL), X, y, cv=3, groups=patient, sample_weight=np.ones(len(y)),
        n_repeats=1, random_state=0, feature_groups={"one": [0]},
    )  # fmt: skip
    assert len(seen) == 3
    tested = [set(patient) - set(groups) for groups, _ in seen]
    assert set.union(*tested) == set(patient)
    assert all(not a & b for a, b in zip(tested[:-1], tested[1:], strict=True))
    assert all(weight is not None for _, weight in seen)


def test_groups_reach_a_splitter_and_not_a_model_without(table):
    X, y = table
    found = permutation_importances(
        LogisticRegression(max_iter=5000), X, y, cv=GroupKFold(4),
        groups=np.arange(len(y)) % 4, n_repeats=1, feature_groups={"one": [0]},
    )  # fmt: skip
    assert found.scores.shape == (4,)


def test_one_hot_columns_in_a_pipeline(mixed):
    X, y = mixed
    X = X.drop(columns=["age"]).astype({"stage": object}).fillna({"stage": "no"})
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(sparse_output=False), ["stage", "sex"]),
            remainder="passthrough",
        ),
        NeuralNetBinaryClassifier(**SMALL),
    )
    found = permutation_importances(
        model.fit(X, y), X, y, scoring="neg_log_loss", random_state=0
    )
    theirs = permutation_importance(model, X, y, scoring="neg_log_loss", random_state=0)
    np.testing.assert_allclose(found.values, theirs.importances, atol=1e-6)
    assert inputs_of(model, X, make_scorer(log_loss)) is not None


def test_the_random_state_decides(table):
    X, y = table
    model = LogisticRegression(max_iter=5000)
    runs = [
        permutation_importances(
            model, X, y, cv=3, n_repeats=2, random_state=seed, scoring="neg_log_loss"
        ).values
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


# What is refused --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_repeats": 0}, "n_repeats must be an integer >= 1, got 0"),
        ({"correlation": 0, "feature_groups": "correlated"}, r"must be in \(0, 1\]"),
        ({"feature_groups": "related"}, "'correlated' or a dict"),
        ({"feature_groups": {}}, "must hold a group"),
        ({"feature_groups": {"a": []}}, "must hold columns, got none in 'a'"),
        ({"feature_groups": {"a": [99]}}, "below 30, got 99"),
        ({"feature_groups": {"a": ["mean raduis"]}}, "did you mean 'mean radius'"),
        ({"groups": [1, 2]}, "inconsistent numbers of samples"),
        ({"scoring": "auc"}, "scoring"),
    ],
)
def test_wrong_settings(table, settings, words):
    X, y = table
    model = LogisticRegression(max_iter=5000).fit(X, y)
    with pytest.raises(ValueError, match=words):
        permutation_importances(model, X, y, **settings)


def test_wrong_tables(table):
    X, y = table
    with pytest.raises(NotFittedError):
        permutation_importances(NeuralNetBinaryClassifier(), X, y)
    model = LogisticRegression(max_iter=5000).fit(X, y)
    with pytest.raises(ValueError, match="Expected 2D array"):
        permutation_importances(model, X.to_numpy()[0], y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        permutation_importances(model, X, y[:-1])
