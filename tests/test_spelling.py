"""No known misspelling in pages, docstrings, messages and examples."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READ = ["docs", "examples", "sknn_bio", "*.md", "benchmarks/*.md", "benchmarks/*.py"]
PATHS = [str(path) for pattern in READ for path in sorted(ROOT.glob(pattern))]
MADE = "*/_build,*/auto_examples,*/generated,*/__pycache__"
# The name of a colour of Okabe and Ito's, and short names in the code.
OURS = "fpr,nin,vermillion"


def test_nothing_is_misspelt():
    pytest.importorskip("codespell_lib")
    command = [sys.executable, "-m", "codespell_lib", "--skip", MADE]
    done = subprocess.run(
        [*command, "--ignore-words-list", OURS, *PATHS], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
