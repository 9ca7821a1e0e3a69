"""Known smallest changes, what may not change, and answers that are asked for."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.inspection import counterfactuals


@pytest.fixture(scope="module")
def linear():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 8))
    model = LogisticRegression(C=10).fit(X, X @ rng.normal(size=8) > 0)
    return model, X


@pytest.fixture(scope="module")
def patients():
    rng = np.random.default_rng(1)
    n = 120
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 90, n),
            "marker": rng.normal(size=n).astype(np.float32),
            "dose": rng.integers(0, 5, n).astype(float),
            "sex": pd.Categorical(rng.choice(["female", "male"], n)),
            "stage": rng.choice(["I", "II", "III"], n).astype(object),
            "smoker": rng.choice([True, False], n),
        },
        index=[f"P{i}" for i in range(n)],
    )
    score = X["marker"] + X["dose"] / 2 + (X["stage"] == "III") + X["age"] / 60
    y = np.where(score > score.median(), "relapse", "healthy")
    X.loc[X.index[::9], "marker"] = np.nan
    X.loc[X.index[::7], "stage"] = None
    return X, y


@pytest.fixture(scope="module")
def network(patients):
    X, y = patients
    encode = make_column_transformer(
        (OneHotEncoder(), ["stage"]), remainder="passthrough"
    ).set_output(transform="pandas")
    encode.set_params(onehotencoder__sparse_output=False)
    clf = NeuralNetBinaryClassifier(max_epochs=40, n_members=2, random_state=0)
    return make_pipeline(encode, clf).fit(X, y)


def shortest(model, x, reference):
    """Distance to the border by linear programming, within the reference."""
    scale = np.median(np.abs(reference - np.median(reference, axis=0)), axis=0)
    score = model.decision_function(x[None])[0]
    uphill = model.coef_[0] * -np.sign(score)
    solved = linprog(
        np.r_[1 / scale, 1 / scale],
        A_ub=-np.r_[uphill, -uphill][None],
        b_ub=[-abs(score)],
        bounds=[(0, r) for r in np.r_[reference.max(0) - x, x - reference.min(0)]],
    )
    return solved.fun


def test_smallest_change_of_a_linear_model(linear):
    model, X = linear
    found = counterfactuals(model, X[:40], reference=X, max_changes=8)
    assert found.found.all()
    expected = [shortest(model, x, X) for x in X[:40]]
    np.testing.assert_allclose(found.distance, expected, atol=2e-4)
    assert (model.predict(found.X) != model.predict(X[:40])).all()
    assert found.n_changed.min() == 1
    assert found.n_changed.max() > 1  # a bound stands in the way of some


@pytest.mark.parametrize("make", [RandomForestClassifier, DecisionTreeClassifier, SVC])
def test_close_to_the_best_of_a_small_grid(make):
    rng = np.random.default_rng(3)
    X = rng.integers(0, 6, size=(200, 3)).astype(float)
    model = make(random_state=0).fit(X, (X[:, 0] * X[:, 1] > 6) ^ (X[:, 2] > 4))
    found = counterfactuals(model, X[:30], reference=X, max_changes=3)
    grid = np.array(list(itertools.product(range(6), repeat=3)), dtype=float)
    scale = np.median(np.abs(X - np.median(X, axis=0)), axis=0)
    answers = model.predict(grid)
    distances = (np.abs(grid[None] - X[:30, None]) / scale).sum(axis=2)
    own = model.predict(X[:30])
    distances[answers[None] == own[:, None]] = np.inf
    best = distances.min(axis=1)
    assert found.found.all()
    assert (found.distance >= best - 1e-9).all()
    assert np.mean(found.distance <= best + 1e-9) >= 0.9
    assert (found.X == np.round(found.X)).all()


def test_columns_that_may_not_change_do_not(network, patients):
    X, _ = patients
    fixed = ["age", "sex"]
    found = counterfactuals(network, X[:40], reference=X, immutable=fixed)
    assert found.found.mean() > 0.8
    pd.testing.assert_frame_equal(found.X[fixed], X[:40][fixed])
    assert not set(found.table["column"]) & set(fixed)


def test_a_table_keeps_its_form(network, patients):
    X, _ = patients
    found = counterfactuals(network, X[:40], reference=X)
    pd.testing.assert_series_equal(found.X.dtypes, X.dtypes)
    assert list(found.X.index) == list(X.index[:40])
    assert (found.X.isna() == X[:40].isna()).all(axis=None)
    assert found.X["dose"].isin(range(5)).all()
    for column in ("age", "marker", "dose"):
        assert found.X[column].min() >= X[column].min()
        assert found.X[column].max() <= X[column].max()
    # Each change that is told is one that was made, and the model was asked.
    before, after = network.predict(X[:40]), network.predict(found.X)
    np.testing.assert_array_equal(before != after, found.found)
    np.testing.assert_array_equal(after, found.after)
    assert len(found.table) == found.n_changed.sum()
    for row, column, old, new in found.table.itertuples(index=False):
        assert X.loc[row, column] == old
        assert found.X.loc[row, column] == new


def test_bounds(linear):
    model, X = linear
    steep = int(np.abs(model.coef_[0]).argmax())
    bounds = dict.fromkeys(range(8), (-1, 1))
    bounds[steep] = "increase"
    found = counterfactuals(model, X[:60], reference=X, bounds=bounds, max_changes=8)
    changed = found.X != X[:60]
    assert changed[:, steep].any()
    assert (found.X >= X[:60])[:, steep].all()
    others = np.delete(np.arange(8), steep)
    assert (np.abs(found.X[:, others])[changed[:, others]] <= 1).all()
    wider = counterfactuals(
        model, X[:60], reference=X, bounds={steep: (-100, 100)}, max_changes=1
    )
    assert wider.found.all()
    assert set(wider.table["column"]) == {steep}


def test_bounds_of_categories(network, patients):
    X, _ = patients
    found = counterfactuals(
        network, X, reference=X, bounds={"stage": ["I", "II"]}, max_changes=1
    )
    stages = found.table.query("column == 'stage'")
    assert len(stages)
    assert set(stages["to"]) <= {"I", "II"}


def test_target_class_and_rows_that_are_there(linear):
    _, X = linear
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    model = LogisticRegression(C=100).fit(X, y)
    found = counterfactuals(model, X[:40], reference=X, target=2)
    there = model.predict(X[:40]) == 2
    assert found.found.all()
    assert (found.after == 2).all()
    assert (found.distance[there] == 0).all()
    assert (found.n_changed[there] == 0).all()
    np.testing.assert_array_equal(found.X[there], X[:40][there])
    any_other = counterfactuals(model, X[:40], reference=X)
    from_zero = model.predict(X[:40]) == 0
    assert (any_other.after[from_zero] == 1).all()  # the neighbour is nearer


def test_a_range_of_a_regressor(linear):
    _, X = linear
    model = LinearRegression().fit(X, X[:, 0] * 3 + X[:, 1])
    found = counterfactuals(model, X[:20], reference=X, target=(4, None))
    assert found.found.all()
    assert model.predict(found.X).min() >= 4 - 1e-9
    assert "at least 4" in str(found)
    inside = counterfactuals(model, X[:20], reference=X, target=(-0.1, 0.1))
    assert inside.found.all()
    assert np.abs(model.predict(inside.X)).max() <= 0.1 + 1e-9


def test_a_tuned_threshold_is_the_border(linear):
    model, X = linear
    y = model.predict(X)
    tuned = FixedThresholdClassifier(
        LogisticRegression(C=0.01), threshold=0.7, response_method="predict_proba"
    ).fit(X, y)
    found = counterfactuals(tuned, X[:40], reference=X, max_changes=8)
    assert found.found.all()
    proba = tuned.predict_proba(found.X)[:, 1]
    np.testing.assert_allclose(proba, 0.7, atol=1e-3)


def test_models_without_probabilities(linear):
    _, X = linear
    model = RidgeClassifier().fit(X, X[:, 0] > 0)
    found = counterfactuals(model, X[:20], reference=X)
    assert found.found.all()
    np.testing.assert_allclose(model.decision_function(found.X), 0, atol=1e-3)


def test_nothing_is_made_up(linear):
    model, X = linear
    bounds = {place: (x - 1e-3, x + 1e-3) for place, x in enumerate(X[0])}
    found = counterfactuals(model, X[:1], reference=X, bounds=bounds)
    assert not found.found[0]
    assert np.isnan(found.distance[0])
    assert found.n_changed[0] == 0
    assert found.table.empty
    np.testing.assert_array_equal(found.X, X[:1])
    assert "no change within the bounds was found" in str(found)
    still = counterfactuals(model, X[:5], reference=X, immutable=range(8))
    assert not still.found.any()


def test_a_wide_table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 300))
    y = X[:, 17] + X[:, 250] > 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01)).fit(X, y)
    found = counterfactuals(model, X[:10], reference=X)
    assert found.found.all()
    assert set(found.table["column"]) <= {17, 250}


def test_the_patients_are_not_touched(network, patients):
    X, _ = patients
    rows, copy = X[:10], X[:10].copy()
    counterfactuals(network, rows, reference=X)
    pd.testing.assert_frame_equal(rows, copy)


def test_words(patients):
    X, y = patients
    model = LogisticRegression().fit(X[["age", "dose"]], y)
    found = counterfactuals(model, X[["age", "dose"]], reference=X)
    lines = str(found).splitlines()
    assert lines[0].endswith(f"was found for {found.found.sum()} of 120 rows.")
    assert lines[-1] == "… and 110 more rows."
    assert lines[1].startswith("Row P0: ")
    assert " instead of " in lines[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "cured"}, r"one of the classes \['healthy', 'relapse'\], got 'cur"),
        ({"immutable": ["agee"]}, "immutable must name columns of X, got 'agee'"),
        ({"bounds": {"weight": (0, 1)}}, "bounds must name columns of X, got 'weight'"),
        ({"bounds": {"age": (50, 40)}}, r"bounds of 'age' must be \(low, high\)"),
        ({"bounds": {"age": 40}}, r"bounds of 'age' must be \(low, high\)"),
        ({"bounds": {"stage": ["IV"]}}, "bounds of 'stage' must be among its levels"),
        ({"bounds": {"stage": "increase"}}, "of the category 'stage' must be its lev"),
        ({"max_changes": 0}, "max_changes must be an int of at least 1, got 0"),
    ],
)
def test_wrong_arguments(network, patients, change, message):
    X, _ = patients
    with pytest.raises(ValueError, match=message):
        counterfactuals(network, X[:2], **{"reference": X, **change})


def test_wrong_tables(linear, network, patients):
    model, X = linear
    frame, _ = patients
    with pytest.raises(TypeError, match="immutable must be a list of columns"):
        counterfactuals(network, frame[:2], reference=frame, immutable="age")
    with pytest.raises(TypeError, match="both be DataFrames or both be arrays"):
        counterfactuals(network, frame[:2], reference=X)
    with pytest.raises(TypeError, match="X must be a pandas DataFrame or an array"):
        counterfactuals(model, X[:2].tolist(), reference=X)
    with pytest.raises(ValueError, match=r"reference must have the columns.*\['age'\]"):
        counterfactuals(network, frame[:2], reference=frame.drop(columns="age"))
    with pytest.raises(ValueError, match="X must have rows and columns"):
        counterfactuals(model, X[0], reference=X)
    regressor = LinearRegression().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="must be a range"):
        counterfactuals(regressor, X[:2], reference=X)
    regressor = LinearRegression().fit(X, X[:, :2])
    with pytest.raises(ValueError, match="model must have one target, got 2"):
        counterfactuals(regressor, X[:2], reference=X, target=(0, 1))
