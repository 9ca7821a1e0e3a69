"""The models to beat: each task, gaps and categories, and what is not installed."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris

from sknn_bio._optional import require
from sknn_bio.model_selection import baselines, compare
from sknn_bio.model_selection._categories import CategoryColumns, text_columns

BOOSTERS = ["xgboost", "lightgbm", "catboost"]


def installed():
    out = []
    for name in BOOSTERS:
        try:
            require(name, extra="baselines")
        except ImportError:
            continue
        out.append(name)
    return out


@pytest.fixture(scope="module")
def clinic():
    """Return a table with gaps, categories, and names that boosters refuse."""
    rng = np.random.default_rng(0)
    n = 150
    X = pd.DataFrame(
        {
            "age [years]": rng.normal(60, 10, n),
            "site: unit, <5": rng.choice(["a", "b", "c"], n),
            "stage": pd.Categorical(rng.choice(["I", "II", "III"], n)),
            "smoker": rng.random(n) < 0.5,
            "marker": rng.normal(size=n),
        }
    )
    y = np.where(
        X["marker"] + (X["stage"] == "II") + rng.normal(size=n) > 0.5, "dead", "alive"
    )
    X.loc[::7, "age [years]"] = np.nan
    X.loc[::9, "stage"] = None
    X.loc[::8, "site: unit, <5"] = None
    return X, y


def few_rounds(models):
    """Make the boosters fast; the test is of the tables that they take."""
    rounds = {"xgboost": "n_estimators", "lightgbm": "n_estimators"}
    rounds |= {"catboost": "iterations", "random_forest": "n_estimators"}
    rounds["hist_boosting"] = "max_iter"
    for name, parameter in rounds.items():
        if name in models:
            step = models[name].steps[-1][0]
            models[name].set_params(**{f"{step}__{parameter}": 5})
    return models


def test_gaps_and_categories_in_every_model(clinic):
    X, y = clinic
    models = few_rounds(baselines(X, y))
    wanted = ["dummy", "logistic", "random_forest", "hist_boosting", *installed()]
    assert list(models) == wanted
    result = compare(models, X, y, cv=3)
    table = result.summary()
    assert (table["failed"] == 0).all()
    assert table["roc_auc"].drop("dummy").min() > 0.6


@pytest.mark.parametrize(
    ("load", "linear"), [(load_iris, "logistic"), (load_diabetes, "ridge")]
)
def test_other_tasks(load, linear):
    X, y = load(return_X_y=True)
    models = few_rounds(baselines(X, y))
    assert linear in models
    result = compare(models, X, y, cv=3)
    table = result.summary()
    assert (table["failed"] == 0).all()
    assert table.index[-1] == "dummy"


def test_sparse_tables():
    rng = np.random.default_rng(0)
    X = sparse.random(90, 30, 0.2, "csr", random_state=0)
    y = (X[:, 0].toarray().ravel() + rng.normal(size=90) * 0.1 > 0.02).astype(int)
    models = few_rounds(baselines(X, y))
    assert "hist_boosting" not in models
    result = compare(models, X, y, cv=3)
    assert (result.summary()["failed"] == 0).all()


def test_each_can_be_cloned_and_is_not_fitted(clinic):
    for name, model in baselines(*clinic).items():
        assert type(clone(model)) is type(model)
        # CatBoost says yes to any question.
        assert name == "catboost" or not hasattr(model, "classes_")


def test_what_is_not_installed_is_left_out(clinic, monkeypatch):
    def absent(name, *, extra):
        if name in ("xgboost", "catboost"):
            raise ImportError(name)
        return require(name, extra=extra)

    monkeypatch.setattr("sknn_bio.model_selection._baselines.require", absent)
    with pytest.warns(UserWarning, match=r"xgboost, catboost; .*sknn-bio\[baselines\]"):
        models = baselines(*clinic)
    assert "xgboost" not in models and "catboost" not in models


def test_text_columns_are_those_without_numbers(clinic):
    assert text_columns(clinic[0]) == ["site: unit, <5", "stage"]
    assert text_columns(np.zeros((3, 2))) == []
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [True, False]})
    assert text_columns(frame) == ["b"]


def test_categories_are_those_of_training():
    train = pd.DataFrame({"a": ["x", "y", "y", None], "b": [1.0, 2.0, 3.0, 4.0]})
    new = pd.DataFrame({"a": ["y", "new", None], "b": [1.0, 2.0, 3.0]})
    columns = CategoryColumns(["a"]).fit(train)
    out = columns.transform(new)
    assert out["a"].cat.categories.tolist() == ["x", "y"]
    assert out["a"].isna().tolist() == [False, True, True]
    assert new["a"].isna().tolist() == [False, False, True]  # the user's stays
    text = CategoryColumns(["a"], as_text=True).fit(train).transform(new)
    assert text["a"].tolist() == ["y", "new", "missing"]
    rare = CategoryColumns(["a"], max_categories=1).fit(train).transform(train)
    assert rare["a"].isna().tolist() == [True, False, False, True]
    plain = CategoryColumns(["a"], plain_names=True).fit(train)
    assert list(plain.transform(new)) == list(plain.get_feature_names_out())
    assert list(plain.get_feature_names_out()) == ["f0", "f1"]


def test_a_float32_frame_with_gaps_suits_the_forest():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 3)).astype(np.float32)
    values[::5, 1] = np.nan
    X, y = pd.DataFrame(values, columns=list("abc")), np.tile([0, 1], 30)
    forest = baselines(X, y)["random_forest"].fit(X, y)
    assert forest.predict(X).shape == (60,)
