"""A table of 300 MB in bounded memory, measured in the process that reads it."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

N_ROWS, N_COLUMNS = 17_000, 2_000
TABLE = N_ROWS * N_COLUMNS * 4 / 2**20  # MiB of float32
# What the guide promises, beyond what the interpreter and its libraries take.
PREDICTING, TRAINING = 3 * TABLE + 300, 5 * TABLE + 300


def peak(*words, cwd):
    """Return the exit status and the peak of the resident memory in MiB."""
    words = [sys.executable, "-m", "sknn_bio", *map(str, words)]
    process = subprocess.Popen(words, cwd=cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return process.returncode, usage.ru_maxrss / scale


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="needs the peak of one process")
def test_300_mb_of_text(tmp_path):
    rng = np.random.default_rng(0)
    lines = []
    for number in range(200):
        values = np.char.mod("%.4f", rng.normal(scale=100, size=N_COLUMNS))
        lines.append(f"{'ab'[number % 2]}\t" + "\t".join(values) + "\n")
    path = tmp_path / "wide.tsv"
    with path.open("w") as file:
        file.write("\t".join(["y", *(f"g{i}" for i in range(N_COLUMNS))]) + "\n")
        for _ in range(N_ROWS // len(lines)):
            file.writelines(lines)
    assert path.stat().st_size > 290e6

    status, idle = peak("train", "none.tsv", "--target", "y", cwd=tmp_path)
    assert status == 1
    words = ("--target", "y", "--epochs", 1)
    status, trained = peak("train", "wide.tsv", *words, cwd=tmp_path)
    assert status == 0
    status, predicted = peak("predict", "wide.tsv", cwd=tmp_path)
    assert status == 0
    assert predicted - idle < PREDICTING
    assert trained - idle < TRAINING
    assert len(pd.read_csv(tmp_path / "predictions.csv")) == N_ROWS
