"""Data-parallel training: two processes on this machine, started by torchrun."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer

from sknn_bio.training.parallel import Processes, join_processes

SCRIPT = Path(__file__).with_name("parallel_fit.py")
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="torchrun's rendezvous needs a POSIX machine here"
)


def command(n_processes, settings, folder):
    run = [sys.executable, "-W", "ignore"]
    if n_processes > 1:
        run += ["-m", "torch.distributed.run", "--standalone"]
        run += [f"--nproc-per-node={n_processes}"]
    return [*run, str(SCRIPT), json.dumps(settings), str(folder)]


def environment():
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def fit(n_processes, settings, folder):
    folder.mkdir(exist_ok=True)
    if settings.get("on_disk"):
        X = load_breast_cancer().data
        np.save(folder / "table.npy", X)
    done = subprocess.run(
        command(n_processes, settings, folder),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    ranks = range(n_processes) if n_processes > 1 else ["alone"]
    return [dict(np.load(folder / f"answer-{rank}.npz")) for rank in ranks]


PLAIN = {"n_members": 1, "dropout": 0.0, "max_epochs": 12, "batch_size": 64}


def test_two_processes_take_the_steps_of_one(tmp_path):
    settings = {**PLAIN, "n_members": 3}
    alone = fit(1, settings, tmp_path)[0]
    first, second = fit(2, settings, tmp_path)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    for name in ("train_loss", "valid_loss", "proba"):
        np.testing.assert_allclose(first[name], alone[name], atol=1e-4)


def test_dropout_batch_norm_and_a_table_on_disk(tmp_path):
    settings = {**PLAIN, "dropout": 0.2, "normalization": "batch", "on_disk": True}
    first, second = fit(2, {**settings, "max_epochs": 25}, tmp_path)
    np.testing.assert_array_equal(first["proba"], second["proba"])
    assert first["valid_loss"].min() < 0.15


def test_killed_in_the_middle_it_resumes(tmp_path):
    settings = {**PLAIN, "max_epochs": 400, "patience": 400}
    whole = fit(2, settings, tmp_path)[0]
    settings["checkpoint_dir"] = str(tmp_path / "kept")
    running = subprocess.Popen(
        command(2, settings, tmp_path),
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "kept").glob("*/latest.safetensors")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    first, second = fit(2, settings, tmp_path)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    np.testing.assert_allclose(first["valid_loss"], whole["valid_loss"], atol=1e-6)
    np.testing.assert_allclose(first["proba"], whole["proba"], atol=1e-6)


def test_without_torchrun_a_process_is_alone(monkeypatch):
    assert join_processes("cpu").size == 1
    monkeypatch.setenv("WORLD_SIZE", "2")  # of some other launcher
    assert join_processes("cpu").size == 1
    one = Processes()
    value = torch.ones(3)
    assert one.sum(value) is value
