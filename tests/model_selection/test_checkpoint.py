"""A killed comparison goes on where it stopped, and ends where it would have ended."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import compare
from sknn_bio.model_selection._fingerprint import describe, differing, digest

TIMES = ["fit_seconds", "predict_seconds"]

# A network and a slow model on 50 folds; the results as CSV.
PROGRAM = """
import sys, time
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.naive_bayes import GaussianNB
from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import compare

class Slow(GaussianNB):
    def fit(self, X, y):
        time.sleep(0.05)
        return super().fit(X, y)

X, y = make_classification(90, 5, flip_y=0.3, random_state=0)
net = NeuralNetBinaryClassifier(n_neurons=4, n_members=2, max_epochs=2)
result = compare(
    {"slow": Slow(), "net": net}, X, y, cv=5, n_repeats=10, n_jobs=int(sys.argv[3]),
    checkpoint=None if sys.argv[1] == "none" else sys.argv[1],
)
result.to_csv(sys.argv[2])
result.predictions.to_csv(sys.argv[2] + ".predictions", index=False)
result.summary().to_csv(sys.argv[2] + ".summary")
result.differences().to_csv(sys.argv[2] + ".differences")
"""


def start(*arguments):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *map(str, arguments)])


@pytest.mark.slow
def test_killed_in_the_middle_of_fifty_folds(tmp_path):
    n_jobs = 2
    folder = tmp_path / "folds"
    running = start(folder, tmp_path / "never.csv", n_jobs)
    deadline = time.monotonic() + 120
    while len(list(folder.glob("model*.npz"))) < 30 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    time.sleep(1)  # workers end by themselves
    finished = {
        path.name: path.stat().st_mtime_ns for path in folder.glob("model*.npz")
    }
    assert 30 <= len(finished) < 100
    assert not (tmp_path / "never.csv").exists()

    assert start(folder, tmp_path / "resumed.csv", n_jobs).wait() == 0
    assert start("none", tmp_path / "whole.csv", n_jobs).wait() == 0
    for name, seen in finished.items():  # nothing was fitted again
        assert (folder / name).stat().st_mtime_ns == seen
    assert len(list(folder.glob("model*.npz"))) == 100
    for kind in ("", ".predictions", ".summary", ".differences"):
        resumed, whole = (
            pd.read_csv(tmp_path / f"{name}.csv{kind}") for name in ("resumed", "whole")
        )
        pd.testing.assert_frame_equal(
            resumed.drop(columns=TIMES, errors="ignore"),
            whole.drop(columns=TIMES, errors="ignore"),
            check_exact=True,
        )


@pytest.fixture
def table():
    return make_classification(80, 4, random_state=0)


def test_everything_comes_back_from_the_folder(table, tmp_path):
    net = NeuralNetBinaryClassifier(n_neurons=4, n_members=1, max_epochs=3)
    models = {"net": net, "tuned": LogisticRegression()}
    options = {"tune": {"tuned": {"C": [0.1, 1.0]}}, "checkpoint": tmp_path / "a"}
    first, again = (compare(models, *table, **options) for _ in range(2))
    pd.testing.assert_frame_equal(first.results, again.results)  # and the times
    for name in ("predictions", "thresholds", "best_params", "folds"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    for a, b in zip(first.histories["net"], again.histories["net"], strict=True):
        pd.testing.assert_frame_equal(a, b, check_column_type=False)
    assert first.call == again.call


def test_another_comparison_is_refused(table, tmp_path):
    X, y = table
    compare({"m": GaussianNB()}, X, y, checkpoint=tmp_path)
    changed = X.copy()
    changed[3, 2] += 1e-9
    for arguments, options, words in [
        (({"m": GaussianNB()}, changed, y), {}, "data: X"),
        (({"m": GaussianNB(var_smoothing=1e-8)}, X, y), {}, "models: m"),
        (({"m": GaussianNB()}, X, 1 - y), {}, "data: y"),
        (({"m": GaussianNB()}, X, y), {"random_state": 1}, "folds: repeat 0, fold 0"),
        (({"m": GaussianNB()}, X, y), {"groups": np.arange(80) // 2}, "groups"),
        (({"m": GaussianNB(), "n": GaussianNB()}, X, y), {}, "n .absent before"),
    ]:
        with pytest.raises(ValueError, match="of another comparison") as caught:
            compare(*arguments, checkpoint=tmp_path, **options)
        assert words in str(caught.value).replace("(", ".")
    # What decides no fit may change.
    compare({"m": GaussianNB()}, X, y, checkpoint=tmp_path, scoring="f1", rope=0.05)


def test_the_folder_needs_a_seed(table, tmp_path):
    with pytest.raises(ValueError, match="checkpoint needs an int as random_state"):
        compare([GaussianNB()], *table, checkpoint=tmp_path, random_state=None)


def test_a_file_that_was_not_written_whole_is_no_file(table, tmp_path):
    compare([GaussianNB()], *table, checkpoint=tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"comparison.json"} | {
        f"model0_repeat0_fold{fold}.npz" for fold in range(5)
    }
    assert "versions" in json.loads((tmp_path / "comparison.json").read_text("utf-8"))


def test_an_interrupted_fit_leaves_nothing_and_is_raised(table, tmp_path):
    class Stops(GaussianNB):
        def fit(self, X, y):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare([Stops()], *table, checkpoint=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.json"]


def test_failed_folds_are_tried_again(table, tmp_path):
    class Once(GaussianNB):
        fails = True

        def fit(self, X, y):
            if self.fails:
                raise RuntimeError("not today")
            return super().fit(X, y)

    models = {"once": Once(), "bayes": GaussianNB()}
    with pytest.warns(UserWarning, match="once failed in 5 of 5"):
        compare(models, *table, checkpoint=tmp_path)
    Once.fails = False
    result = compare(models, *table, checkpoint=tmp_path)
    assert result.results["value"].notna().all()


def test_digests_tell_tables_apart():
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": pd.Categorical(["x", "y"])})
    tables = [
        frame,
        frame.rename(columns={"a": "c"}),
        frame.assign(a=[1.0, 2.0]),
        frame.astype({"a": "float32"}),
        frame["a"],
        frame[["a"]].to_numpy(),
        np.array(["x", None], dtype=object),
    ]
    assert len({digest(table) for table in tables}) == len(tables)
    for table in tables:
        assert digest(table) == digest(table.copy())


def test_descriptions_hold_no_addresses():
    params = {"optimizer_params": {"betas": (0.9, 0.99)}}
    nets = [NeuralNetBinaryClassifier(**params) for _ in range(2)]
    first, second = (describe({"m": net}) for net in nets)
    assert first == second
    assert "0x" not in json.dumps(describe([object(), len, GaussianNB]))
    assert differing({"a": {"x": 1}, "b": 2}, {"a": {"x": 3}, "b": 2}) == [
        "a: x (1 before, 3 now)"
    ]
