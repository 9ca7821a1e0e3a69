"""Real kills of real processes; ``tests/soak/soak_kills.py`` has more of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parents[1] / "soak" / "soak_kills.py"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that fork")
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--moments", "3", "--seed", "3"], id="killed"),
        pytest.param(
            ["--moments", "1", "--disk", "100000"], id="killed on a full disk"
        ),
    ],
)
def test_fits_killed_at_random_moments_end_equal_to_the_bit(options, tmp_path):
    done = subprocess.run(
        [sys.executable, SOAK, "--epochs", "40", "--folder", tmp_path, *options],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 wrong" in done.stdout
