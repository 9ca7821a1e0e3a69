"""The diagram says what was trained: layers, views, members."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.omics import RejectOption
from sknn_bio.reporting import NetworkDisplay

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(60, 12)), columns=[f"x{j}" for j in range(12)])
Y = np.where(X["x0"] > 0, "ill", "well")
FAST = {"max_epochs": 1, "random_state": 0}


def words(display):
    """Return the texts beside the layers, line breaks apart."""
    texts = [" ".join(text.get_text().split()) for text in display.ax_.texts]
    return [text for text in texts if text not in ("", "…")]


def circles(display):
    """Return how many units are drawn, layer by layer."""
    return [
        len(line.get_xdata()) for line in display.ax_.lines if line.get_marker() == "o"
    ]


def test_layers_members_and_views_are_named():
    model = NeuralNetBinaryClassifier(n_neurons=(5, 40), n_members=4, **FAST).fit(X, Y)
    display = NetworkDisplay.from_estimator(model)
    assert words(display) == [
        "× 4",
        "12 columns",
        "scaled: standard and quantile, in turn",
        "Hidden 1: 5 units",
        "ReLU, dropout 0.2",
        "Hidden 2: 40 units",
        "ReLU, dropout 0.2",
        "P(well)",
        "sigmoid, mean of the members",
    ]
    assert circles(display) == [6, 5, 6, 1]
    assert len(display.ax_.patches) == 3


def test_one_network_has_no_sheets():
    model = NeuralNetRegressor(n_members=1, n_layers=0, **FAST).fit(X, X["x1"])
    display = NetworkDisplay.from_estimator(model)
    assert words(display) == ["12 columns", "scaled: standard", "1 target"]
    assert not display.ax_.patches


def test_categories_missing_values_and_extras_are_told():
    table = X.assign(site=pd.Categorical(RNG.choice(list("abcd"), 60)))
    table.loc[:20, "x3"] = np.nan
    model = NeuralNetClassifier(
        n_neurons=6,
        n_layers=2,
        residual=True,
        normalization="layer",
        activation="gelu",
        dropout=0.0,
        input_dropout=0.1,
        n_members=1,
        **FAST,
    )
    y = RNG.choice(["a", "b", "c"], 60)
    said = words(NetworkDisplay.from_estimator(model.fit(table, y)))
    assert said[0] == "13 columns"
    assert said[1].startswith("1 categorical, 1 with missing values told, 17 inputs")
    assert said[1].endswith("dropout 0.1")
    assert said[3] == "layer normalisation, GELU"
    assert said[5] == "layer normalisation, GELU, plus its input"
    assert said[6:] == ["3 classes", "softmax"]


def test_many_layers_are_told_together():
    model = NeuralNetClassifier(n_neurons=4, n_layers=9, n_members=1, **FAST).fit(X, Y)
    said = words(NetworkDisplay.from_estimator(model))
    assert "6 more layers" in said and "4 units each" in said
    assert "Hidden 9: 4 units" in said and "Hidden 3: 4 units" not in said


class Own(torch.nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.linear = torch.nn.Linear(d_in, d_out)

    def forward(self, x):
        return self.linear(x)


def test_a_users_own_module_is_a_box():
    model = NeuralNetClassifier(module=Own, n_members=2, **FAST).fit(X, Y)
    said = words(NetworkDisplay.from_estimator(model))
    assert "Own (own module)" in said and "12 inputs" in said


def test_pipelines_and_searches_are_looked_into():
    network = NeuralNetClassifier(n_members=1, n_neurons=3, **FAST)
    pipeline = make_pipeline(StandardScaler(), network)
    search = GridSearchCV(pipeline, {"neuralnetclassifier__n_layers": [1]}, cv=2)
    said = words(NetworkDisplay.from_estimator(search.fit(X, Y)))
    assert "Hidden 1: 3 units" in said and "Hidden 2: 3 units" not in said


def test_wrappers_are_looked_into():
    network = NeuralNetClassifier(n_neurons=3, n_members=4, **FAST)
    reject = RejectOption(network, target_error=0.9, novelty="probability").fit(X, Y)
    assert "Hidden 2: 3 units" in words(NetworkDisplay.from_estimator(reject))
    regressor = NeuralNetRegressor(n_neurons=3, n_members=1, **FAST)
    logged = TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp)
    said = words(NetworkDisplay.from_estimator(logged.fit(X, np.exp(X["x1"]))))
    assert "1 target" in said


def test_what_is_no_fitted_network_is_refused():
    with pytest.raises(NotFittedError):
        NetworkDisplay.from_estimator(NeuralNetClassifier())
    with pytest.raises(
        TypeError, match="a network of this library.* LogisticRegression"
    ):
        NetworkDisplay.from_estimator(LogisticRegression().fit(X, Y))
