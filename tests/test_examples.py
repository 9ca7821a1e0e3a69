"""Every example runs from its first line to its last, as the gallery runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))

if not EXAMPLES:
    pytest.skip("the examples are not beside the tests", allow_module_level=True)
pytest.importorskip("matplotlib")


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    """With the tables of SKNN_BIO_DATA where it is set, else with the bundled ones."""
    nowhere = "http://127.0.0.1:9"  # a test downloads nothing
    environment = {
        **os.environ,
        "MPLBACKEND": "Agg",
        # Threads that wait for each other on a shared core cost many times over.
        "OMP_NUM_THREADS": "1",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
        "SCIKIT_LEARN_DATA": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, path],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_example_asks_a_question():
    for path in EXAMPLES:
        title = path.read_text("utf-8").split('"""')[1].strip().splitlines()
        assert title[0].endswith("?"), path.name
        assert set(title[1]) == {"="} and len(title[1]) == len(title[0]), path.name
