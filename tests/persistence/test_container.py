"""The archive: what is in it, how it is written, and the formats that were released."""

import io
import json
import os
import pickletools
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetClassifier
from sknn_bio.persistence import ModelFileError, _container, inspect, load, save

RELEASED = sorted((Path(__file__).parent / "files").glob("*.sknn"))
RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture(scope="module")
def model():
    net = NeuralNetClassifier(n_members=2, n_neurons=4, max_epochs=2, random_state=0)
    return make_pipeline(StandardScaler(), net).fit(X, Y)


@pytest.fixture
def path(model, tmp_path):
    save(model, tmp_path / "model.sknn", notes={"unit": "mmol/l"})
    return tmp_path / "model.sknn"


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_the_same_model_gives_the_same_bytes(model, path, tmp_path):
    save(model, tmp_path / "other.sknn", notes={"unit": "mmol/l"})
    assert path.read_bytes() == (tmp_path / "other.sknn").read_bytes()
    save(load(path), tmp_path / "third.sknn", notes={"unit": "mmol/l"})
    node = json.loads(members(path)["model.json"])["model"]
    assert json.loads(members(tmp_path / "third.sknn")["model.json"])["model"] == node


def test_members_are_json_and_safetensors_and_no_pickle(path):
    found = members(path)
    assert list(found) == [
        "manifest.json", "model.json", "tensors.safetensors", "notes.json",
    ]  # fmt: skip
    for name, data in found.items():
        if name.endswith(".json"):
            json.loads(data)
        with pytest.raises(ValueError):  # it is none, whatever it begins with
            pickletools.dis(data, out=io.StringIO())
    whole = path.read_bytes()
    # Protocols 2 to 5, NumPy's own pickles, and what a pickle's globals look like.
    for mark in (b"\x80\x02", b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95", b"NUMPY"):
        assert mark not in whole
    for mark in (b"cnumpy", b"csklearn", b"csknn", b"c__builtin__", b"cposix", b".pkl"):
        assert mark not in whole


def test_notes_are_kept_beside_the_model(path, model, tmp_path):
    assert inspect(path).notes == {"unit": "mmol/l"}
    for notes in ({"a": (1, 2)}, {1: 2}, {"a": float("nan")}, {"a": X}):
        with pytest.raises(ModelFileError, match="notes must be plain JSON"):
            save(model, tmp_path / "model.sknn", notes=notes)


def test_what_a_file_holds_is_told_without_building_it(path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("built")

    monkeypatch.setattr(NeuralNetClassifier, "__init__", refuse)
    monkeypatch.setattr(StandardScaler, "__init__", refuse)
    told = str(inspect(path))
    assert "2 members of 3 → 4 → 4 → 1" in told
    assert "out-of-fold score" in told
    assert "features" in told and "3, without names" in told


def test_a_failed_write_leaves_the_old_file(model, path, monkeypatch):
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_container.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(model, path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["model.sknn"]


def test_a_file_is_readable_for_others(path):
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_files_that_are_not_there(tmp_path, model):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.sknn")
    with pytest.raises(FileNotFoundError):
        save(model, tmp_path / "no folder" / "model.sknn")


def test_a_later_format_says_who_opens_it(model, tmp_path, monkeypatch):
    monkeypatch.setattr(_container, "FORMAT_VERSION", 2)
    save(model, tmp_path / "later.sknn")
    monkeypatch.undo()
    with pytest.raises(ModelFileError, match="at most, got 2: .* newer sknn-bio opens"):
        load(tmp_path / "later.sknn")


def test_there_is_a_file_of_every_format():
    versions = {inspect(path).format_version for path in RELEASED}
    assert versions == set(range(1, _container.FORMAT_VERSION + 1))


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_released_files_open_for_ever(path):
    """Their notes hold a table, and what the model answered when it was written."""
    notes = inspect(path).notes
    X = np.array(notes["X"], dtype=np.float64)
    model = load(path)
    ask = getattr(model, "predict_proba", model.predict)
    np.testing.assert_allclose(ask(X), notes["answers"], rtol=1e-5, atol=1e-7)
