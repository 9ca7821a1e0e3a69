"""A model that fails one group of patients is seen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from sknn_bio.model_selection import compare
from sknn_bio.model_selection._subgroups import levels_of


@pytest.fixture(scope="module")
def clinic():
    """Return a marker that says nothing in women."""
    rng = np.random.default_rng(0)
    n = 300
    sex = rng.choice(["female", "male"], n)
    y = rng.integers(0, 2, n)
    marker = rng.normal(size=n) + 2.5 * y * (sex == "male")
    X = pd.DataFrame({"sex": sex, "age": rng.uniform(20, 80, n), "marker": marker})
    return X, y


@pytest.fixture(scope="module")
def model():
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline

    only = make_column_transformer(("passthrough", ["marker"]))
    return {"lr": make_pipeline(only, LogisticRegression())}


def test_the_group_that_is_failed_is_seen(clinic, model):
    X, y = clinic
    found = compare(model, X, y, subgroups=["sex"]).subgroups
    assert list(found) == [
        "model", "variable", "level", "n", "metric", "value", "low", "high",
    ]  # fmt: skip
    table = found.query("metric == 'roc_auc'").set_index("level")
    assert table.loc["female", "value"] < 0.65 < 0.9 < table.loc["male", "value"]
    assert table.loc["female", "high"] < table.loc["male", "low"]
    assert table["n"].to_dict() == X["sex"].value_counts().to_dict()


def test_the_number_is_that_of_pooled_folds(clinic, model):
    X, y = clinic
    result = compare(model, X, y, subgroups=["sex"], n_repeats=2)
    women = result.predictions[
        X["sex"].iloc[result.predictions["row"]].eq("female").to_numpy()
    ]
    expected = np.mean(
        [
            roc_auc_score(part["y_true"], part["proba_1"])
            for _, part in women.groupby("repeat")
        ]
    )
    row = result.subgroups.query("metric == 'roc_auc' and level == 'female'")
    assert row["value"].item() == pytest.approx(expected)
    assert row["low"].item() < expected < row["high"].item()


def test_a_table_of_its_own_and_of_the_test_cohort(clinic, model):
    X, y = clinic
    site = pd.DataFrame({"site": np.arange(300) % 3})
    found = compare(model, X, y, subgroups=site).subgroups
    assert found["level"].unique().tolist() == ["0", "1", "2"]
    cohort = (X[200:], y[200:])
    tested = compare(model, X[:200], y[:200], subgroups=["sex"], test=cohort).subgroups
    assert tested.groupby("level")["n"].first().sum() == 100
    with pytest.raises(ValueError, match="subgroups must have 100 rows"):
        compare(model, X[:200], y[:200], subgroups=site, test=cohort)


def test_one_class_only_has_no_area(clinic, model):
    X, y = clinic
    other = pd.DataFrame({"outcome": y})
    found = compare(model, X, y, subgroups=other).subgroups.set_index(
        ["level", "metric"]
    )
    assert np.isnan(found.loc[("0", "roc_auc"), "value"])
    assert np.isnan(found.loc[("0", "roc_auc"), "low"])
    assert found.loc[("0", "neg_log_loss"), "value"] < 0


def test_unknown_columns_are_refused(clinic, model):
    with pytest.raises(ValueError, match=r"columns of X, got \['gender'\]"):
        compare(model, *clinic, subgroups=["gender"])
    with pytest.raises(ValueError, match=r"columns of X, got \['sex'\]"):
        compare(model, np.zeros((300, 2)), clinic[1], subgroups="sex")


def test_numbers_are_cut_in_thirds():
    values = pd.Series([*np.arange(30.0), np.nan])
    counts = levels_of(values).value_counts().to_dict()
    assert counts == {"0 to 9": 10, "10 to 19": 10, "20 to 29": 10, "missing": 1}


def test_few_numbers_are_levels():
    assert levels_of(pd.Series([1.0, 2.0, np.nan])).tolist() == ["1", "2", "missing"]
    assert levels_of(pd.Series([True, False])).tolist() == ["True", "False"]
    text = pd.Series(["b", None, "a"], dtype="category")
    assert levels_of(text).tolist() == ["b", "missing", "a"]
