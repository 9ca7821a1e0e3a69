"""Tables and models that the tests of the room share."""

import numpy as np
import pandas as pd
import pytest

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.persistence import load, save


@pytest.fixture(scope="session")
def patients():
    """A table with gaps, words, truth values, and a category of many levels."""
    rng = np.random.RandomState(0)
    table = pd.DataFrame(rng.normal(size=(120, 3)), columns=["age", "bmi", "crp"])
    table.loc[::7, "crp"] = np.nan
    table["sex"] = pd.Categorical(rng.choice(["f", "m"], 120))
    table["smokes"] = rng.choice([True, False], 120)
    # 36 levels of three rows: more than 32 are embedded; two of one row are dropped.
    ward = np.r_[np.repeat(np.arange(36), 3), np.repeat(99, 10), 100, 101]
    table["ward"] = pd.Categorical([f"ward {i}" for i in ward])
    table["grade"] = pd.Categorical(rng.choice([1, 2, 3], 120))
    return table


@pytest.fixture(scope="session")
def outcome(patients):
    return np.where(patients["age"] > 0, "case", "control")


@pytest.fixture(scope="session")
def fit(patients, outcome):
    """Return a function that fits a small network, to these patients by default."""

    def fit_one(kind=NeuralNetBinaryClassifier, X=None, y=None, **params):
        base = {"n_neurons": 4, "n_members": 2, "max_epochs": 3, "random_state": 0}
        target = patients["age"] if kind is NeuralNetRegressor else outcome
        model = kind(**{**base, **params})
        return model.fit(patients if X is None else X, target if y is None else y)

    return fit_one


@pytest.fixture
def again(tmp_path):
    """Return a function that saves a model and reads it again."""

    def there_and_back(model, trusted=None, **options):
        path = tmp_path / "model.sknn"
        save(model, path, **options)
        return load(path, trusted)

    return there_and_back
