"""The three estimators through a file, in this process and in a fresh one."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import skorch
import torch
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GroupKFold
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.nn import MLP
from sknn_bio.persistence import ModelFileError, inspect, load, save
from sknn_bio.persistence._relations import perceptron_shapes

RNG = np.random.RandomState(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])


class Small(nn.Module):
    def __init__(self, d_in, d_out, width=4):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, width), nn.BatchNorm1d(width), nn.Linear(width, d_out)
        )

    def forward(self, x):
        return self.layers(x)


class Other(Small):
    def __init__(self, d_in, d_out):
        super().__init__(d_in, d_out, width=9)


def cube(x):
    return x**3


def squared(raw, goal):
    return (raw - goal) ** 2


def answers(model, table):
    ask = getattr(model, "predict_proba", None) or model.predict
    return ask(table)


def same(model, back, table):
    """Whether two models answer alike, to the bit."""
    a, b = answers(model, table), answers(back, table)
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


FITS = {
    "binary": (NeuralNetBinaryClassifier, X, Y, {}),
    "words": (NeuralNetClassifier, X, np.array(["a", "β", "c"])[THREE], {}),
    "objects": (NeuralNetClassifier, X, np.array(["a", "β"], dtype=object)[Y], {}),
    "truth": (NeuralNetClassifier, X, Y.astype(bool), {}),
    "floats": (NeuralNetClassifier, X, Y.astype(float), {}),
    "single": (NeuralNetClassifier, X.astype(np.float32), THREE, {"n_members": 1}),
    "double": (NeuralNetClassifier, X, Y, {"precision": "float64"}),
    "linear": (NeuralNetClassifier, X, Y, {"n_layers": 0}),
    "hinge": (NeuralNetBinaryClassifier, X, Y, {"loss": "hinge"}),
    "batch": (NeuralNetClassifier, X, Y, {"normalization": "batch", "residual": True}),
    "layer": (
        NeuralNetClassifier,
        X,
        Y,
        {"normalization": "layer", "n_neurons": (3, 5)},
    ),
    "weights": (NeuralNetClassifier, X, Y, {"class_weight": {0: 1.0, 1: 2.0}}),
    "robust": (NeuralNetClassifier, X, Y, {"input_scaling": ("robust", "quantile")}),
    "clipped": (NeuralNetClassifier, X, Y, {"input_scaling": "robust"}),
    "as it is": (NeuralNetClassifier, X, Y, {"input_scaling": None}),
    "sparse": (NeuralNetClassifier, sparse.csr_matrix(X * (X > 0)), Y, {}),
    "regression": (NeuralNetRegressor, X, X[:, 0], {}),
    "one member": (NeuralNetRegressor, X, X[:, 0], {"n_members": 1}),
    "two targets": (NeuralNetRegressor, X, X[:, :2], {}),
    "poisson": (NeuralNetRegressor, X, np.exp(X[:, 0]), {"loss": "poisson"}),
    "no stopping": (NeuralNetRegressor, X, X[:, 0], {"early_stopping": False}),
    "named columns": (NeuralNetRegressor, pd.DataFrame(X, columns=list("abcé")), Y, {}),
    "torch's own": (
        NeuralNetClassifier,
        X,
        THREE,
        {
            "activation": nn.GELU,
            "loss": nn.CrossEntropyLoss,
            "optimizer": torch.optim.Adam,
        },
    ),
    "weighted loss": (
        NeuralNetClassifier,
        X,
        THREE,
        {"loss": nn.CrossEntropyLoss, "loss_params": {"weight": torch.ones(3)}},
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fitted_network_comes_back(name, fit, again):
    kind, table, target, params = FITS[name]
    model = fit(kind, table, target, **params)
    back = again(model)
    assert type(back) is kind
    assert same(model, back, table)
    assert str(back.get_params()) == str(model.get_params())
    assert set(vars(model)) - set(vars(back)) <= {"oof_prediction_"}
    if hasattr(model, "classes_"):
        assert back.classes_.dtype == model.classes_.dtype
        np.testing.assert_array_equal(back.classes_, model.classes_)
    pd.testing.assert_frame_equal(back.history_, model.history_)
    assert back.net_.history == model.net_.history
    clone(back).fit(table, target)


@pytest.mark.parametrize("kind", [NeuralNetClassifier, NeuralNetRegressor])
def test_a_raw_table_comes_back(kind, patients, fit, again):
    model = fit(kind)
    back = again(model)
    assert same(model, back, patients)
    strange = patients.assign(sex="x").iloc[:9]
    assert same(model, back, strange)
    assert back.categories_ == model.categories_
    assert len(model.population_.scaling.columns.embedded) == 1


def test_a_saved_network_learns_on(again):
    model = NeuralNetClassifier(n_members=2, n_neurons=4, random_state=0)
    model.partial_fit(X, Y, classes=[0, 1])
    back = again(model)
    back.partial_fit(X, Y)
    assert back.n_iter_ == 2
    warm = NeuralNetClassifier(
        n_neurons=4, max_epochs=2, warm_start=True, random_state=0
    )
    back = again(warm.fit(X, Y))
    assert (back.fit(X, Y).history_["train_loss"] < 2).all()


def test_rows_of_patients_are_kept_only_when_asked_for(tmp_path, fit, again, patients):
    model = fit()
    back = again(model)
    assert not hasattr(back, "oof_prediction_")
    assert back.oof_score_ == model.oof_score_
    kept = again(model, keep_out_of_fold=True)
    np.testing.assert_array_equal(kept.oof_prediction_, model.oof_prediction_)
    save(model, tmp_path / "model.sknn")
    contents = inspect(tmp_path / "model.sknn")
    assert contents.left_out == ["oof_prediction_"]
    n_rows = len(patients)
    assert not any(n_rows in shape for _, shape in contents.tensors.values())
    whole = (tmp_path / "model.sknn").read_bytes()
    assert b"ward 35" in whole
    assert b"ward 100" not in whole  # one patient's


def test_paths_and_callbacks_are_not_kept(tmp_path, again):
    class Quiet(skorch.callbacks.Callback):
        pass

    folder = tmp_path / "checkpoints of mine"
    model = NeuralNetClassifier(
        n_members=1,
        max_epochs=2,
        callbacks=[Quiet()],
        checkpoint_dir=str(folder),
        random_state=0,
    ).fit(X, Y)
    with pytest.warns(UserWarning, match="not supplied: .*Quiet"):
        back = again(model)
    assert back.callbacks is None
    assert back.checkpoint_dir is None
    assert back.population_.settings.checkpoint_dir is None
    assert b"of mine" not in (tmp_path / "model.sknn").read_bytes()
    mine = Quiet()
    assert again(model, {"Quiet": mine}).callbacks == [mine]


def test_generators_and_splitters_are_named(again):
    model = NeuralNetClassifier(
        n_members=1,
        max_epochs=2,
        validation=GroupKFold(3),
        random_state=np.random.RandomState(7),
    ).fit(X, Y, groups=np.arange(90) // 3)
    state = model.random_state.get_state()[1].copy()
    with pytest.warns(UserWarning, match="not supplied: .*GroupKFold"):
        back = again(model)
    assert type(back.random_state) is int
    assert (model.random_state.get_state()[1] == state).all()
    assert back.validation == 0.2


def test_a_module_of_the_users_is_supplied(again, fit):
    model = fit(NeuralNetClassifier, X, Y, module=Small, module_params={"width": 3})
    with pytest.raises(ModelFileError, match="can supply: .*:Small; .*'Small'"):
        again(model)
    back = again(model, {"Small": Small})
    assert same(model, back, X)
    assert back.module is Small
    assert back.module_params == {"width": 3}
    with pytest.raises(ModelFileError, match="weights do not fit the module Other"):
        again(model, {"Small": Other})
    with pytest.raises(ModelFileError, match="cannot be opened"):
        again(model, {"Small": "Small"})


def test_functions_of_the_users_are_supplied(again, fit):
    model = fit(NeuralNetRegressor, X, X[:, 0], activation=cube, loss=squared)
    with pytest.raises(ModelFileError, match="can supply: .*:cube, .*:squared"):
        again(model)
    with pytest.warns(UserWarning, match="not supplied: .*squared"):
        back = again(model, {"cube": cube})
    assert same(model, back, X)
    assert back.loss == "auto"
    assert again(model, {"cube": cube, "squared": squared}).loss is squared


@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_a_file_of_a_gpu_opens_without_one(device, fit, again):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    model = fit(NeuralNetClassifier, X, Y)
    model.device = device
    model.population_.settings = model.population_.settings.but(device=device)
    back = again(model)
    assert back.device == "auto"
    assert same(back, model.set_params(device="cpu"), X)
    back.net_.predict(X)
    back.fit(X, Y)


def test_a_device_is_chosen(tmp_path, fit):
    model = fit(NeuralNetClassifier, X, Y, device="cpu")
    save(model, tmp_path / "model.sknn")
    assert load(tmp_path / "model.sknn").device == "cpu"
    assert load(tmp_path / "model.sknn", device="auto").device == "auto"
    with pytest.raises(ValueError, match="device must be"):
        load(tmp_path / "model.sknn", device="abacus")


def test_the_shapes_of_a_perceptron():
    for params in (
        {"n_neurons": ()},
        {"n_neurons": (3, 5), "normalization": "batch", "residual": True},
        {"n_neurons": (2,), "normalization": "layer", "n_codes": (40, 5)},
    ):
        state = MLP(2, 7, 3, **params).state_dict()
        shapes = {name: tuple(value.shape) for name, value in state.items()}
        assert perceptron_shapes(2, 7, 3, **params) == shapes


def test_every_attribute_of_a_fitted_network_is_in_the_file(tmp_path, fit):
    model = fit()
    save(model, tmp_path / "model.sknn", keep_out_of_fold=True)
    with zipfile.ZipFile(tmp_path / "model.sknn") as archive:
        state = json.loads(archive.read("model.json"))["model"]["state"]
    attributes = {name for name in vars(model) if name not in model.get_params()}
    assert set(state) == attributes
