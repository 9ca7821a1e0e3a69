"""Small tables, and the command as its users meet it: a process of its own."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

ENVIRONMENT = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}


@pytest.fixture
def run(tmp_path):
    """Run ``python -m sknn_bio`` in the test's folder."""

    def run(*words, status=0):
        done = subprocess.run(
            [sys.executable, "-m", "sknn_bio", *map(str, words)],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
        )
        assert done.returncode == status, done.stderr
        if status:
            *notes, error = done.stderr.splitlines()
            assert error.startswith("sknn-bio: error: "), done.stderr
            assert all(line.startswith("sknn-bio: note: ") for line in notes)
        return done

    return run


@pytest.fixture(scope="session")
def patients():
    """80 visits of 40 patients: numbers and words with gaps, an outcome to learn."""
    rng = np.random.default_rng(0)
    n = 80
    marker = rng.normal(size=n).round(3)
    sex = rng.choice(["female", "male"], n)
    outcome = marker + (sex == "male") + rng.normal(scale=0.5, size=n) > 0.5
    table = pd.DataFrame(
        {
            "patient": [f"P{i // 2:03d}" for i in range(n)],
            "age": rng.integers(20, 90, n),
            "marker": marker,
            "sex": sex,
            "stage": rng.choice(["I", "II", "III"], n),
            "smoker": rng.choice([True, False], n),
            "outcome": np.where(outcome, "relapse", "healthy"),
        }
    )
    table.loc[::9, "marker"] = np.nan
    table.loc[::7, "stage"] = None
    return table
