"""The torch module answers as the estimator, and torch.export takes it."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.persistence import ModelFileError, to_torch

RNG = np.random.RandomState(0)
X = RNG.normal(size=(91, 4))
Y = (X[:, 0] > 0).astype(int)
SMALL = {"n_neurons": 4, "n_members": 3, "max_epochs": 3, "random_state": 0}
VIEWS = ("standard", "robust", "quantile")
SKEWED = 50 + X[:, :2]
SKEWED[0] = 5000  # members' means of it do not average to the table's


@pytest.mark.parametrize(
    "model",
    [
        NeuralNetBinaryClassifier(input_scaling=VIEWS, **SMALL).fit(X, Y),
        NeuralNetClassifier(**SMALL).fit(X, np.digitize(X[:, 0], [-1, 1])),
        NeuralNetClassifier(**{**SMALL, "n_members": 1}).fit(X, Y),
        NeuralNetClassifier(input_scaling=None, **SMALL).fit(X, Y),
        NeuralNetRegressor(**SMALL).fit(X, SKEWED),
        NeuralNetRegressor(loss="poisson", **SMALL).fit(X, Y),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_answers_as_the_estimator(model, dtype):
    table = X.astype(dtype)
    module = to_torch(model)
    with torch.no_grad():
        found = module(torch.from_numpy(table)).numpy()
    expected = getattr(model, "predict_proba", model.predict)(table)
    expected = expected.reshape(len(table), -1)
    assert found.dtype == dtype
    assert np.abs(found - expected).max() <= 1e-6 * max(1, np.abs(expected).max())


def test_codes_of_categories(fit, patients):
    model = fit(input_scaling="standard")
    asked = patients.astype({"ward": object, "grade": object, "crp": float})
    asked.loc[0, ["ward", "grade", "crp"]] = np.nan
    asked.loc[1, ["ward", "grade"]] = "elsewhere"
    codes = model.categories_.encode(pd.DataFrame(asked))
    with torch.no_grad():
        found = to_torch(model)(torch.from_numpy(codes)).numpy()
    assert np.allclose(found, model.predict_proba(asked), rtol=0, atol=1e-6)


def test_export_with_any_number_of_rows(tmp_path):
    model = NeuralNetClassifier(input_scaling=VIEWS, **SMALL).fit(X, Y)
    n = torch.export.Dim("n", min=1)
    rows = torch.from_numpy(X)
    program = torch.export.export(to_torch(model), (rows,), dynamic_shapes=({0: n},))
    torch.export.save(program, tmp_path / "model.pt2")
    module = torch.export.load(tmp_path / "model.pt2").module()
    for count in (1, 7, 91):
        with torch.no_grad():
            found = module(rows[:count]).numpy()
        assert np.allclose(found, model.predict_proba(X[:count]), rtol=0, atol=1e-6)


def test_what_is_no_network_is_refused():
    with pytest.raises(ModelFileError, match="got StandardScaler"):
        to_torch(StandardScaler())
    with pytest.raises(NotFittedError):
        to_torch(NeuralNetClassifier())
    hinge = NeuralNetClassifier(loss="hinge", **SMALL).fit(X, Y)
    with pytest.raises(ModelFileError, match="got loss='hinge'"):
        to_torch(hinge)
