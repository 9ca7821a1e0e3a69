"""The stem and the rest are the network that predicts, of any kind."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.inspection import integrated_gradients
from sknn_bio.inspection._path_network import PathNetwork

QUICK = {"max_epochs": 5, "random_state": 0, "n_members": 2}


class Convolution(nn.Module):
    """A module of a user's own, with a part that vmap can and dropout."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.conv = nn.Conv1d(1, 4, 3)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4 * (d_in - 2), d_out)

    def forward(self, x):
        h = torch.tanh(self.conv(x.unsqueeze(1))).flatten(1)
        return self.head(self.drop(h))


class Recurrent(nn.Module):
    """A module whose members cannot run side by side."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.lstm = nn.LSTM(1, 4, batch_first=True)
        self.head = nn.Linear(4, d_out)

    def forward(self, x):
        return self.head(self.lstm(x.unsqueeze(2))[0][:, -1])


NETWORKS = {
    "plain": {},
    "linear": {"n_layers": 0},
    "one layer": {"n_neurons": (7,)},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer", "activation": "gelu"},
    "residual": {"n_neurons": (9, 9, 9), "residual": True},
    "residual from the inputs": {"n_neurons": (30, 30), "residual": True},
    "in place": {"activation": nn.ReLU6(inplace=True)},
    "unscaled": {"input_scaling": None},
    "views": {"input_scaling": ("robust", "quantile")},
    "module": {"module": Convolution},
    "recurrent": {"module": Recurrent, "max_epochs": 1},
}


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return (X / X.std(0))[:120], y[:120]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_explained(cancer, name):
    X, y = cancer
    model = NeuralNetBinaryClassifier(**{**QUICK, **NETWORKS[name]}).fit(X, y)
    found = integrated_gradients(model, X, baseline=X[3])
    proba = model.predict_proba(X)[:, 1]
    np.testing.assert_allclose(found.outputs, proba, atol=1e-6)
    np.testing.assert_allclose(found.base_values, proba[3], atol=1e-6)
    way = proba - proba[3]
    error = np.abs(found.values.sum(1) - way) / np.maximum(np.abs(way), 0.0101)
    assert error.max() <= 0.0101


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors_answer_in_the_targets_unit(loss, n_targets):
    X, y = load_diabetes(return_X_y=True)
    y = np.stack([y, 100 + y[::-1]], axis=1)[:, :n_targets]
    y = y if n_targets > 1 else y[:, 0]
    model = NeuralNetRegressor(**QUICK, loss=loss).fit(X, y)
    found = integrated_gradients(model, X[:50])
    np.testing.assert_allclose(found.outputs, model.predict(X[:50]), rtol=1e-6)
    assert found.output == "prediction"
    assert found.output_names is None
    assert found.values.shape == (50, 10) if n_targets == 1 else (50, 10, 2)
    raw = integrated_gradients(model, X[:50], output="raw")
    assert raw.outputs.std() < 3


def test_the_centre_of_each_member_is_its_training_mean(cancer):
    X, y = cancer
    model = NeuralNetBinaryClassifier(
        **{**QUICK, "n_members": 1}, early_stopping=False
    ).fit(X, y)
    found = integrated_gradients(model, X)
    at_mean = model.predict_proba(X.mean(0, keepdims=True))[0, 1]
    np.testing.assert_allclose(found.base_values, at_mean, rtol=1e-5)


def test_few_points_at_a_time_give_the_same(cancer, monkeypatch):
    X, y = cancer
    model = NeuralNetBinaryClassifier(**QUICK).fit(X, y)
    whole = integrated_gradients(model, X)
    monkeypatch.setattr("sknn_bio.inspection._path_network._PATH_NUMBERS", 100)
    monkeypatch.setattr("sknn_bio.inspection._integrated_gradients._NUMBERS", 2000)
    parts = integrated_gradients(model, X)
    np.testing.assert_allclose(parts.values, whole.values, atol=1e-12)
    np.testing.assert_allclose(parts.member_importances, whole.member_importances)


def test_single_and_double_precision_agree(cancer):
    X, y = cancer
    model = NeuralNetBinaryClassifier(**QUICK).fit(X, y)
    fixed = {"n_steps": 32, "tol": np.inf}
    single = integrated_gradients(model, X.astype(np.float32), **fixed)
    double = integrated_gradients(model, X, **fixed)
    assert (single.values.dtype, double.values.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single.values, double.values, atol=1e-4)


def test_gradients_are_exact_for_polynomials(cancer):
    X, y = cancer
    model = NeuralNetBinaryClassifier(
        **QUICK, n_neurons=(5,), activation=torch.square
    ).fit(X, y)
    network = PathNetwork(model, "raw", torch.float64, "cpu")
    z = network.stem(network.inputs(X[:4]))
    z0 = network.stem(network.center())
    with torch.no_grad():
        one, many = (network.mean_gradients(z0, z, n) for n in (1, 20))
    torch.testing.assert_close(one, many)


def test_the_centre_of_gaps_and_of_embedded_levels():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"number": rng.normal(size=120)})
    X["site"] = [f"site {i}" for i in np.arange(120) % 34]
    X.loc[::9, "number"] = np.nan
    model = NeuralNetBinaryClassifier(**QUICK).fit(X, X["number"] > 0)
    network = PathNetwork(model, "probability", torch.float64, "cpu")
    center = network.center()
    table = torch.from_numpy(model.population_.weights["embedding.tables.0"]).double()
    assert network.owner.tolist() == [0, 0] + [1] * table.shape[2]
    assert (center[..., :2] == 0).all()
    torch.testing.assert_close(center[:, 0, 2:], table[:, :-2].mean(1))
    nothing = np.full((1, 2), np.nan)
    at_center = network.starts(nothing, np.isnan(nothing))
    torch.testing.assert_close(at_center, center)
    # A missing number is at the centre too, but says that it is missing.
    missing = network.starts(nothing, np.zeros((1, 2), bool))
    assert (missing[..., 0] == 0).all() and (missing[..., 1] > 0).all()
