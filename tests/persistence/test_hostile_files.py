"""Hostile files are refused with one error; nothing is run, written, or grown.

``SKNN_BIO_MUTATIONS=2000`` loads that many mutated and forged files instead of 150.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sknn_bio import NeuralNetClassifier
from sknn_bio.persistence import ModelFileError, inspect, load, save

HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("hostile", HERE / "hostile.py")
hostile = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(hostile)
MUTATIONS = int(os.environ.get("SKNN_BIO_MUTATIONS", "150"))
MOST_MEGABYTES = 200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A network on raw columns behind a column transformer, and a table for it."""
    folder = tmp_path_factory.mktemp("hostile")
    rng = np.random.RandomState(0)
    X = rng.normal(size=(90, 6))
    X[:, 4], X[:, 5] = rng.randint(0, 3, 90), np.arange(90) % 36 // 2
    y = np.where(X[:, 0] > 0, "case", "control")
    net = NeuralNetClassifier(
        n_neurons=3, n_members=2, max_epochs=2, random_state=0, categorical_features=[6]
    )
    columns = make_column_transformer(
        (StandardScaler(), [0, 1, 2]), (OneHotEncoder(), [4]), remainder="passthrough"
    )
    model = make_pipeline(SimpleImputer(), columns, SelectKBest(k="all"), net)
    save(model.fit(X, y), folder / "model.sknn", notes={"unit": "mmol/l"})
    np.save(folder / "table.npy", X)
    return folder


@pytest.mark.parametrize("name", hostile.CRAFTED)
def test_a_crafted_file_is_refused(name, files, tmp_path, monkeypatch):
    path = tmp_path / "hostile.sknn"
    path.write_bytes(hostile.CRAFTED[name]((files / "model.sknn").read_bytes()))
    monkeypatch.chdir(tmp_path)
    if name != "claims of other types":  # which only `inspect` tells
        with pytest.raises(ModelFileError, match=r"hostile\.sknn cannot be opened"):
            load(path)
    try:
        str(inspect(path))
    except ModelFileError:
        pass
    assert [found.name for found in tmp_path.iterdir()] == ["hostile.sknn"]


def test_mutated_and_forged_files_do_no_harm(files):
    done = subprocess.run(
        [sys.executable, str(HERE / "load_hostile.py"), "model.sknn", "table.npy",
         str(MUTATIONS)],
        cwd=files,
        capture_output=True,
        text=True,
        timeout=3600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    print(done.stdout)
    assert report["megabytes"] < MOST_MEGABYTES
    outcomes = report["outcomes"]
    loads = {k: n for k, n in outcomes.items() if k.startswith("mutated load")}
    assert sum(loads.values()) == MUTATIONS
    assert set(loads) <= {"mutated load refused", "mutated load opened"}
    assert outcomes.get("mutated: equal", 0) == loads.get("mutated load opened", 0)


def test_numbers_that_a_terminal_obeys_are_not_printed(files, tmp_path):
    data = (files / "model.sknn").read_bytes()
    path = tmp_path / "hostile.sknn"
    bad = b'{"\\u001b[31mred":"\\u0007"}'
    path.write_bytes(hostile.with_member(data, "notes.json", bad))
    told = str(inspect(path))
    assert "\x1b" not in told and "\x07" not in told
    assert "?[31mred" in told


CHANGES = {
    "one axis more": lambda a: a[..., None],
    "twice as long": lambda a: np.concatenate([a, a]),
    "of another type": lambda a: a.astype("f8" if a.dtype.kind in "biu" else "i8"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_arrays_of_another_shape_or_type_are_refused(change, files, tmp_path):
    data = (files / "model.sknn").read_bytes()
    tensors = inspect(files / "model.sknn").tensors
    names = [name for name, (_, shape) in tensors.items() if 0 not in shape]
    assert len(names) > 30
    path, opened = tmp_path / "hostile.sknn", []
    for name in names:

        def forge(tensors, name=name):
            tensors[name] = CHANGES[change](tensors[name])

        path.write_bytes(hostile.with_tensors(data, forge))
        try:
            load(path)
            opened.append(name)
        except ModelFileError:
            pass
    # Any type of number will do in these.
    free = ("history_", "categories_", "statistics_")
    if change == "of another type":
        opened = [name for name in opened if not any(word in name for word in free)]
    assert opened == []
