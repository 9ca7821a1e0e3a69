"""Comparing models: the same folds for all, honest tests, tables that add up."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sknn_bio.model_selection import Comparison, compare


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rows = np.random.default_rng(0).permutation(len(y))[:200]
    return X.iloc[rows].reset_index(drop=True), y.iloc[rows].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(cancer):
    models = {"bayes": GaussianNB(), "tree": DecisionTreeClassifier(max_depth=2)}
    return compare(models, *cancer, n_repeats=2)


def test_scores_are_those_of_scikit_learn(cancer):
    folds = StratifiedKFold(4)
    result = compare([GaussianNB()], *cancer, cv=folds, scoring=["roc_auc", "f1"])
    for metric in ("roc_auc", "f1"):
        expected = cross_val_score(GaussianNB(), *cancer, cv=folds, scoring=metric)
        table = result.results.query("metric == @metric")
        np.testing.assert_allclose(table["value"], expected)


def test_every_model_sees_the_same_folds(found, cancer):
    rows = found.predictions.groupby(["model", "repeat", "fold"])["row"].apply(set)
    assert rows["bayes"].equals(rows["tree"])
    assert len(rows["bayes"]) == 10
    for repeat in (0, 1):
        assert sum(map(len, rows["bayes", repeat])) == len(cancer[1])
    assert rows["bayes", 0, 0] != rows["bayes", 1, 0]


def test_tables_are_as_documented(found):
    assert isinstance(found, Comparison)
    assert list(found.results) == [
        "model",
        "repeat",
        "fold",
        "metric",
        "value",
        "fit_seconds",
        "predict_seconds",
        "error",
    ]
    assert list(found.predictions) == [
        "model",
        "repeat",
        "fold",
        "row",
        "y_true",
        "y_pred",
        "proba_0",
        "proba_1",
    ]
    assert list(found.folds) == ["repeat", "fold", "n_train", "n_test"]
    assert found.metrics[0] == "roc_auc"
    assert (found.task, found.classes, found.pos_label) == ("binary", [0, 1], 1)
    assert found.data_summary["classes"] == {0: 73, 1: 127}
    summary = found.summary()
    assert summary.index[0] == "bayes"
    inside = summary["roc_auc_low"] <= summary["roc_auc"]
    assert (inside & (summary["roc_auc"] <= summary["roc_auc_high"])).all()
    means = found.results.query("metric == 'roc_auc'").groupby("model")["value"].mean()
    assert summary["roc_auc"].to_dict() == pytest.approx(means.to_dict())


def test_identical_models_do_not_differ(cancer):
    twins = {"a": GaussianNB(), "b": GaussianNB(), "dummy": DummyClassifier()}
    result = compare(twins, *cancer)
    pair = result.differences().set_index(["a", "b"]).loc[("a", "b")]
    assert (pair["difference"], pair["low"], pair["high"]) == (0, 0, 0)
    assert (pair["p_value"], pair["p_holm"], pair["p_rope"]) == (1, 1, 1)
    assert pair["verdict"] == "a and b score the same in every fold"
    assert "equal to b" in result.verdict() and "better than dummy" in result.verdict()


def test_models_without_a_seed_get_that_of_the_fold(cancer):
    twins = {"a": DecisionTreeClassifier(splitter="random"), "b": None}
    twins["b"] = DecisionTreeClassifier(splitter="random")
    same = compare(twins, *cancer).differences()
    assert same.loc[0, "p_value"] == 1
    again = compare(twins, *cancer)
    other = compare(twins, *cancer, random_state=1)
    assert again.differences().equals(same)
    assert not other.results["value"].equals(again.results["value"])


def test_labels_come_back_as_they_went_in(cancer):
    X, y = cancer
    labels = pd.Series(np.where(y == 0, "malignant", "benign"))
    folds = KFold(5, shuffle=True, random_state=0)
    by_number = compare([GaussianNB()], X, y, pos_label=0, cv=folds)
    by_name = compare([GaussianNB()], X, labels, cv=folds)
    assert by_name.classes == ["benign", "malignant"]
    assert by_name.pos_label == "malignant"
    assert set(by_name.predictions["y_pred"]) == {"benign", "malignant"}
    a, b = (c.summary().iloc[0]["average_precision"] for c in (by_number, by_name))
    assert a == pytest.approx(b)
    one = compare([GaussianNB()], X, y, cv=folds).summary().iloc[0]
    assert one["average_precision"] != pytest.approx(a)
    assert one["roc_auc"] == pytest.approx(
        by_name.summary().iloc[0]["roc_auc"], abs=0.01
    )


def test_class_weight_by_label_is_translated(cancer):
    X, y = cancer
    labels = np.where(y == 1, "a", "b")
    weighted = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight={"a": 1, "b": 30})
    )
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    result = compare({"weighted": weighted, "plain": plain}, X, labels)
    calls = result.predictions.groupby("model")["y_pred"].apply(
        lambda p: (p == "b").sum()
    )
    assert calls["weighted"] > calls["plain"]
    assert weighted.steps[-1][1].class_weight == {"a": 1, "b": 30}


def test_user_scorer_sees_the_users_labels(cancer):
    X, y = cancer
    labels = np.where(y == 1, "benign", "malignant")
    scorer = make_scorer(recall_score, pos_label="benign")
    result = compare([GaussianNB()], X, labels, scoring=["balanced_accuracy", scorer])
    assert result.metrics == ["balanced_accuracy", "recall_score"]
    calls = result.predictions[result.predictions["y_true"] == "benign"]
    recall = (calls["y_pred"] == "benign").groupby(calls["fold"]).mean().mean()
    row = result.summary().iloc[0]
    assert row["recall_score"] == pytest.approx(recall)
    assert row["recall_score_low"] < recall < row["recall_score_high"]


def test_a_cohort_of_its_own(cancer):
    X, y = cancer
    models = {"bayes": GaussianNB(), "tree": DecisionTreeClassifier(max_depth=1)}
    result = compare(models, X[:120], y[:120], test=(X[120:], y[120:]))
    assert result.folds.to_dict("records") == [
        {"repeat": 0, "fold": 0, "n_train": 120, "n_test": 80}
    ]
    assert result.data_summary["n_test"] == 80
    fitted = GaussianNB().fit(X[:120], y[:120])
    mine = result.predictions.query("model == 'bayes'")
    np.testing.assert_allclose(mine["proba_1"], fitted.predict_proba(X[120:])[:, 1])
    assert set(result.differences()["method"]) == {"DeLong"}
    assert set(result.differences("balanced_accuracy")["method"]) == {
        "paired bootstrap"
    }
    groups = np.arange(80) // 4
    grouped = compare(models, X[:120], y[:120], test=(X[120:], y[120:], groups))
    assert set(grouped.differences()["method"]) == {"paired bootstrap"}
    assert grouped.data_summary["unit"] == "groups"


def test_three_classes():
    X, y = load_iris(return_X_y=True)
    result = compare([GaussianNB(), DummyClassifier()], X, np.array(list("abc"))[y])
    assert result.task == "multiclass"
    assert result.pos_label is None
    assert result.summary().loc["GaussianNB", "roc_auc_ovr"] > 0.98
    assert result.confusion("GaussianNB")["matrix"].to_numpy().sum() == 150
    with pytest.raises(ValueError, match="label must name the class to find"):
        result.roc("GaussianNB")
    assert result.roc("GaussianNB", "b")["true_positive_rate"].iloc[-1] == 1


def test_regression():
    X, y = load_diabetes(return_X_y=True)
    result = compare([LinearRegression(), DummyRegressor()], X, y)
    assert result.metrics == [
        "r2",
        "neg_root_mean_squared_error",
        "neg_mean_absolute_error",
    ]
    assert result.classes is None
    assert "better than DummyRegressor" in result.verdict()
    table = result.differences("neg_root_mean_squared_error")
    assert table.loc[0, "rope"] == pytest.approx(0.01 * y.std())
    with pytest.raises(ValueError, match="for classes"):
        result.confusion("LinearRegression")


def test_cohorts_are_left_out_one_at_a_time(cancer):
    X, y = cancer
    site = pd.Series(np.arange(200) % 4, name="site")
    result = compare([GaussianNB()], X, y, groups=site, cv="cohort")
    assert len(result.folds) == 4
    assert (result.predictions.groupby("fold")["group"].nunique() == 1).all()
    assert result.data_summary["unit"] == "sites"


def test_groups_stay_on_one_side(cancer):
    X, y = cancer
    patient = np.arange(200) // 5
    result = compare([GaussianNB()], X, y, groups=patient, n_repeats=2)
    folds = result.predictions.groupby(["repeat", "group"])["fold"].nunique()
    assert (folds == 1).all()


def test_a_row_tested_twice_starts_a_repeat(cancer):
    folds = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    result = compare([GaussianNB()], *cancer, cv=folds)
    assert result.folds[["repeat", "fold"]].to_numpy().tolist() == [
        [r, f] for r in range(2) for f in range(3)
    ]


def test_a_shuffled_splitter_is_repeated_with_other_seeds(cancer):
    folds = KFold(3, shuffle=True, random_state=7)
    result = compare([GaussianNB()], *cancer, cv=folds, n_repeats=2)
    first, second = (
        set(result.predictions.query("repeat == @r and fold == 0")["row"])
        for r in (0, 1)
    )
    assert first != second
    with pytest.raises(ValueError, match="needs a splitter that shuffles"):
        compare([GaussianNB()], *cancer, cv=KFold(3), n_repeats=2)


class FailsOften(ClassifierMixin, BaseEstimator):
    """Fails where the first training row is odd."""

    def fit(self, X, y):
        if X.index[0] % 2 or X.index[0] == 0:
            raise RuntimeError("cannot fit\nthis")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


def test_a_failed_model_does_not_stop_the_others(cancer):
    models = {"bayes": GaussianNB(), "fails": FailsOften()}
    with pytest.warns(UserWarning, match="fails failed in 5 of 5 folds"):
        result = compare(models, *cancer)
    failed = result.results.query("model == 'fails'")
    assert failed["value"].isna().all()
    assert set(failed["error"]) == {"RuntimeError: cannot fit this"}
    assert result.summary().loc["fails", "failed"] == 5
    assert "cannot be held against fails" not in result.verdict()
    assert result.differences().loc[0, "outcome"] == "unknown"
    with pytest.raises(ValueError, match="fails failed in every fold"):
        result.roc("fails")
    with (
        pytest.warns(UserWarning, match="fails failed"),
        pytest.raises(ValueError, match="no model could be fitted.*cannot fit this"),
    ):
        compare({"fails": FailsOften()}, *cancer)


class NeedsMany(GaussianNB):
    """Fails on the part of the training rows that a threshold is chosen without."""

    def fit(self, X, y):
        if len(X) < 130:
            raise ValueError("too few")
        return super().fit(X, y)


def test_a_threshold_that_cannot_be_chosen_costs_no_scores(cancer):
    result = compare({"many": NeedsMany()}, *cancer)
    assert result.results["value"].notna().all()
    assert result.thresholds.empty
    found = result.confusion("many")
    assert found["threshold"] is None
    assert found["rule"] == "the label that the model predicts"
    assert 0.5 < found["specificity"][0] <= 1


def test_a_metric_that_a_model_cannot_have_says_why(cancer):
    result = compare({"svc": LinearSVC(random_state=0)}, *cancer)
    table = result.results.set_index("metric")
    assert table.loc["roc_auc", "value"].notna().all()
    assert table.loc["neg_log_loss", "value"].isna().all()
    assert table.loc["neg_log_loss", "error"].str.contains("predict_proba").all()
    with pytest.raises(ValueError, match="gives no probabilities"):
        result.calibration("svc")
    with pytest.raises(ValueError, match="gives no probabilities"):
        result.net_benefit("svc")
    assert result.confusion("svc")["sensitivity"][0] > 0.8


def test_jobs_do_not_change_the_numbers(cancer):
    models = {"tree": DecisionTreeClassifier(), "bayes": GaussianNB()}
    one, two = (compare(models, *cancer, n_jobs=n) for n in (1, 2))
    pd.testing.assert_frame_equal(
        one.results.drop(columns=["fit_seconds", "predict_seconds"]),
        two.results.drop(columns=["fit_seconds", "predict_seconds"]),
    )
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    pd.testing.assert_frame_equal(one.differences(), two.differences())


def test_it_can_be_pickled(found):
    found.summary()
    again = pickle.loads(pickle.dumps(found))
    assert again.verdict() == found.verdict()
    pd.testing.assert_frame_equal(again.summary(), found.summary())


def test_intervals_are_the_same_each_time(found, cancer):
    again = compare(
        {"bayes": GaussianNB(), "tree": DecisionTreeClassifier(max_depth=2)},
        *cancer,
        n_repeats=2,
    )
    times = ["fit_seconds", "predict_seconds"]
    pd.testing.assert_frame_equal(
        again.summary().drop(columns=times), found.summary().drop(columns=times)
    )


def test_curves_are_tables(found):
    roc = found.roc("bayes")
    assert list(roc) == [
        "false_positive_rate",
        "true_positive_rate",
        "low",
        "high",
        "repeat_0",
        "repeat_1",
    ]
    area = np.trapezoid(roc["true_positive_rate"], roc["false_positive_rate"])
    assert area == pytest.approx(found.summary().loc["bayes", "roc_auc"], abs=0.01)
    assert (roc["low"] <= roc["high"]).all()
    mean = roc[["repeat_0", "repeat_1"]].mean(axis=1)
    np.testing.assert_allclose(roc["true_positive_rate"], mean)
    assert list(found.precision_recall("tree"))[:2] == ["recall", "precision"]
    benefit = found.net_benefit("bayes")
    assert list(benefit)[-2:] == ["treat_all", "treat_none"]
    assert (benefit["model"] >= benefit["treat_all"] - 0.02).all()


@pytest.mark.parametrize(
    ("method", "argument", "message"),
    [
        ("differences", "auc", "metric must be one of"),
        ("roc", "bayse", "model must be one of"),
        ("calibration", "x", "model must be one of"),
    ],
)
def test_unknown_names_are_refused(found, method, argument, message):
    with pytest.raises(ValueError, match=message):
        getattr(found, method)(argument)


def test_outputs(found, tmp_path):
    found.to_csv(tmp_path / "results.csv")
    again = pd.read_csv(tmp_path / "results.csv", keep_default_na=False)
    assert len(again) == len(found.results)
    assert found.to_frame().equals(found.results)
    pytest.importorskip("jinja2")
    text = found.to_latex(tmp_path / "table.tex")
    assert (tmp_path / "table.tex").read_text("utf-8") == text
    assert text.count("\\\\") == 3
    assert f"{found.summary().loc['bayes', 'roc_auc']:.3f} [" in text
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_progress_is_told(cancer, capsys):
    compare([GaussianNB()], *cancer, verbose=1)
    assert "5/5" in capsys.readouterr().err


def test_progress_without_rich(cancer, capsys, monkeypatch):
    def absent(name, *, extra):
        raise ImportError(name)

    monkeypatch.setattr("sknn_bio.model_selection._progress.require", absent)
    compare([GaussianNB()], *cancer, verbose=1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1] == "5/5 GaussianNB, 0 s left"
    assert len(lines) == 5


def test_few_patients_are_said_to_be_few():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(34, 3)), np.arange(34) % 2
    X[:, 0] += y
    models = [GaussianNB(), DecisionTreeClassifier()]
    verdict = compare(models, X, y).differences().loc[0, "verdict"]
    assert verdict.endswith("34 rows are too few")
    patient = pd.Series(np.arange(34) // 2 * 2 + y, name="patient")
    verdict = compare(models, X, y, groups=patient).differences().loc[0, "verdict"]
    assert verdict.endswith("34 patients are too few")
