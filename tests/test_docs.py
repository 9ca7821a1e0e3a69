"""The pages of the documentation run, from their first line to their last.

Each page is one session: ``>>>`` examples answer as they say, and blocks of Python
without prompts run. What another library does (``:class: peer-keras``) has a session of
its own, and is skipped where that library is not installed.
"""

import ast
import doctest
import os
import re
import shlex
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
from threadpoolctl import threadpool_limits

from sknn_bio.cli import main

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
MADE = {"_build", "_templates", "auto_examples", "generated"}  # by Sphinx, or for it
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.rst"))
    if not MADE & set(page.relative_to(DOCS).parts)
]

if not PAGES:
    pytest.skip("the pages are not beside the tests", allow_module_level=True)
pytest.importorskip("matplotlib").use("Agg")

DIRECTIVE = re.compile(r"^(?P<indent> *)\.\. code-block:: *(?P<language>\S*) *$")
LITERAL = re.compile(r"^(?P<indent> *)(?!\.\. )\S?.*::$")
OPTION = re.compile(r"^ *:(?P<name>[\w-]+): *(?P<value>.*)$")
MARKDOWN = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PEER = re.compile(r"\bpeer-\w+")


class Block(NamedTuple):
    """A block of a page, its language ("" for a bare ``::``) and where it begins."""

    language: str
    session: str
    line: int
    text: str


def blocks(text: str) -> list[Block]:
    """Return the literal blocks of a page in reStructuredText, in their order."""
    lines = text.splitlines()
    found = []
    number = 0
    while number < len(lines):
        opening = DIRECTIVE.match(lines[number]) or LITERAL.match(lines[number])
        number += 1
        if opening is None:
            continue
        marks = opening.groupdict()
        session = ""
        while "language" in marks and number < len(lines):
            option = OPTION.match(lines[number])
            if option is None:
                break
            if option["name"] == "class" and PEER.search(option["value"]):
                session = PEER.search(option["value"])[0]
            number += 1
        start = number
        inside = " " * (len(marks["indent"]) + 1)
        while number < len(lines) and (
            lines[number].startswith(inside) or not lines[number].strip()
        ):
            number += 1
        body = textwrap.dedent("\n".join(lines[start:number])) + "\n"
        found.append(Block(marks.get("language", ""), session, start, body))
    return found


def runnable(text: str) -> dict[str, list[tuple[int, object]]]:
    """Return the Python of a page by session: examples of doctest, and sources.

    A page is one session, ``""``; the blocks of each peer are one of their own.
    """
    sessions: dict[str, list[tuple[int, object]]] = {}
    parser = doctest.DocTestParser()
    rest = text.splitlines()
    for block in blocks(text):
        if block.language.lower() not in {"python", "pycon"}:
            continue
        height = len(block.text.splitlines())
        rest[block.line : block.line + height] = [""] * height
        steps = sessions.setdefault(block.session, [])
        if ">>>" in block.text:
            for example in parser.get_examples(block.text):
                steps.append((block.line + example.lineno, example))
        else:
            steps.append((block.line, block.text))
    for example in parser.get_examples("\n".join(rest) + "\n"):
        sessions.setdefault("", []).append((example.lineno, example))
    return {
        name: sorted(steps, key=lambda step: step[0])
        for name, steps in sessions.items()
    }


def run(steps: list[tuple[int, object]], name: str) -> None:
    """Run the steps of a session one after the other; a wrong answer is an error."""
    names: dict = {"__name__": "__main__"}
    for line, step in steps:
        if isinstance(step, str):
            exec(compile("\n" * line + step, name, "exec"), names)
            continue
        test = doctest.DocTest([step], names, name, name, 0, None)
        runner = doctest.DocTestRunner(verbose=False)
        wrong: list[str] = []
        runner.run(test, out=wrong.append, clear_globs=False)
        names = test.globs
        assert not wrong, "".join(wrong)


SESSIONS = [
    pytest.param(page, session, id="-".join(filter(None, [page.stem, session])))
    for page in PAGES
    for session in runnable(page.read_text("utf-8"))
]
FIGURES = sorted(
    DOCS / script
    for page in PAGES
    for script in re.findall(
        r"^ *\.\. plot:: (\S+\.py)$", page.read_text("utf-8"), re.M
    )
)


@pytest.mark.parametrize(("page", "session"), SESSIONS)
def test_a_page_runs(page, session, tmp_path, monkeypatch):
    if session:
        pytest.importorskip(session.removeprefix("peer-"), exc_type=ImportError)
    monkeypatch.chdir(tmp_path)
    import matplotlib.pyplot as plt

    try:
        # Boosting threads that wait for one another on a busy machine take minutes.
        with threadpool_limits(1), warnings.catch_warnings():
            if session:
                warnings.simplefilter("ignore")
            run(runnable(page.read_text("utf-8"))[session], str(page))
    finally:
        plt.close("all")


@pytest.mark.parametrize("script", FIGURES, ids=lambda script: script.stem)
def test_a_figure_of_a_page_is_drawn(script, tmp_path):
    environment = {**os.environ, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def shell_commands():
    """Yield (file, words) of each command in the shell blocks of pages and README."""
    texts = [
        (page.name, block.text)
        for page in PAGES
        for block in blocks(page.read_text("utf-8"))
        if block.language == "sh"
    ]
    for file in sorted(ROOT.glob("*.md")):
        texts += [
            (file.name, text) for text in MARKDOWN.findall(file.read_text("utf-8"))
        ]
    for name, text in texts:
        for line in text.replace("\\\n", " ").splitlines():
            if not line.lstrip().startswith("#"):
                yield name, shlex.split(line, comments=True, posix="\\" not in line)


def test_commands_of_the_pages_have_the_options_they_name(capsys, monkeypatch):
    pytest.importorskip("typer")
    monkeypatch.setenv("COLUMNS", "200")
    told = {}
    wrong = []
    for page, words in shell_commands():
        if words[:1] != ["sknn-bio"]:
            continue
        command = words[1]
        if command not in told:
            assert main([command, "--help"]) == 0, f"{page}: sknn-bio {command}"
            told[command] = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
        options = {word for word in words if word.startswith("--")}
        wrong += [f"{page}: {word}" for word in sorted(options - told[command])]
    assert {"compare", "train", "predict", "inspect"} <= set(told)
    assert not wrong


def test_targets_of_make_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = {words[1] for _, words in shell_commands() if words[:1] == ["make"]}
    assert {"demo", "docs", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.M), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_python_hides_in_a_bare_literal_block(page):
    """A block after ``::`` is not run, so it must not be Python."""
    for block in blocks(page.read_text("utf-8")):
        if block.language:
            continue
        with pytest.raises(SyntaxError):
            ast.parse(block.text)
            pytest.fail(f"{page.name}, line {block.line}: use .. code-block:: python")
