"""The README is run, not read."""

import re
import tomllib
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

if not README.exists():
    pytest.skip("the README is not beside the tests", allow_module_level=True)

TEXT = README.read_text("utf-8")
PYTHON = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SHELL = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_blocks_run(number, capsys):
    # Boosting threads that wait for one another on a busy machine take minutes.
    with threadpool_limits(1):
        exec(compile(PYTHON[number], f"README.md block {number}", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    areas = [float(re.search(r"ROC AUC (0\.\d+)", line)[1]) for line in printed]
    assert len(areas) == 2 and min(areas) > 0.95, printed


def test_there_is_code_to_run_of_the_length_it_claims():
    lines = [line for line in "".join(PYTHON).splitlines() if line.strip()]
    assert 10 <= len(lines) <= 16


def test_make_commands_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"^make (\w+)", "\n".join(SHELL), re.MULTILINE))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_extra_is_explained():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    explained = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert sorted(explained) == sorted(project["optional-dependencies"])
