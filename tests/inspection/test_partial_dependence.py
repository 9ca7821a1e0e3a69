"""scikit-learn's own displays and functions work with the networks as they are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import (
    PartialDependenceDisplay,
    partial_dependence,
    permutation_importance,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)

SMALL = {"max_epochs": 60, "n_members": 2, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 200
    X = pd.DataFrame(
        {
            "age": rng.uniform(20, 90, n),
            "marker": rng.normal(size=n),
            "noise": rng.normal(size=n),
            "sex": pd.Categorical(rng.choice(["female", "male"], n)),
        }
    )
    risk = 2 * X["marker"] + 2.0 * (X["sex"] == "male") - 1
    y = np.where(risk > rng.normal(scale=0.3, size=n), "relapse", "healthy")
    return X, y, risk.to_numpy()


@pytest.fixture(scope="module")
def classifier(table):
    return NeuralNetBinaryClassifier(**SMALL).fit(table[0], table[1])


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


def test_average_follows_what_is_known(classifier, table):
    X, *_ = table
    found = partial_dependence(classifier, X, ["marker"], grid_resolution=10)
    (average,) = found["average"]
    assert average[-1] - average[0] > 0.5
    assert (np.diff(average) > -0.02).all()
    (flat,) = partial_dependence(classifier, X, ["noise"], grid_resolution=10)[
        "average"
    ]
    assert np.ptp(flat) < 0.25


def test_categories(classifier, table, pyplot):
    X, *_ = table
    display = PartialDependenceDisplay.from_estimator(
        classifier, X, ["sex"], categorical_features=["sex"]
    )
    grid = display.pd_results[0]["grid_values"][0]
    female, male = display.pd_results[0]["average"][0]
    assert list(grid) == ["female", "male"]
    assert male - female > 0.2


def test_individual_lines_average_to_the_average(classifier, table, pyplot):
    X, *_ = table
    display = PartialDependenceDisplay.from_estimator(
        classifier, X, ["marker", "age"], kind="both", grid_resolution=8, subsample=None
    )
    for result in display.pd_results:
        assert result["individual"].shape[1] == len(X)
        np.testing.assert_allclose(
            result["individual"].mean(axis=1), result["average"], atol=1e-5
        )


def test_two_ways(classifier, table, pyplot):
    X, *_ = table
    display = PartialDependenceDisplay.from_estimator(
        classifier, X, [("marker", "age")], grid_resolution=5
    )
    assert display.pd_results[0]["average"].shape == (1, 5, 5)
    both = partial_dependence(
        classifier,
        X,
        ["sex", "marker"],
        categorical_features=["sex"],
        grid_resolution=4,
    )
    assert both["average"].shape == (1, 2, 4)
    low, high = both["average"][0, :, [0, -1]]
    assert (high > low).all()


def test_classes(table, pyplot):
    X, *_ = table
    y = np.digitize(X["marker"], [-0.5, 0.5])
    clf = NeuralNetClassifier(**SMALL).fit(X, y)
    averages = [
        PartialDependenceDisplay.from_estimator(
            clf, X, ["marker"], target=label, grid_resolution=6
        ).pd_results[0]["average"][label]
        for label in (0, 2)
    ]
    assert averages[0][0] > averages[0][-1]
    assert averages[1][0] < averages[1][-1]


def test_pipelines_and_regressors(table, pyplot):
    X, _, risk = table
    numbers = X[["marker", "noise"]]
    model = make_pipeline(
        StandardScaler().set_output(transform="pandas"), NeuralNetRegressor(**SMALL)
    ).fit(numbers, risk)
    display = PartialDependenceDisplay.from_estimator(
        model, numbers, ["marker"], kind="both", grid_resolution=6, subsample=20
    )
    (average,) = display.pd_results[0]["average"]
    grid = display.pd_results[0]["grid_values"][0]
    slope = np.polyfit(grid, average, 1)[0]
    assert slope == pytest.approx(2, rel=0.15)


def test_permutation_importance(classifier, table):
    X, y, _ = table
    found = permutation_importance(classifier, X, y, n_repeats=3, random_state=0)
    order = X.columns[np.argsort(-found["importances_mean"])]
    assert order[0] == "marker"
    assert order[1] == "sex"
