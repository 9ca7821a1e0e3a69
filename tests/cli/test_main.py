"""What all commands have in common."""

import subprocess
import sys
import warnings

import pytest

from sknn_bio import __version__
from sknn_bio.cli import main

COMMANDS = ("compare", "train", "predict", "inspect", "demo")


def test_version_needs_no_extra(run, tmp_path):
    assert run("--version").stdout.strip() == f"sknn-bio {__version__}"
    block = "import sys\nsys.modules.update(typer=None, rich=None, matplotlib=None)\n"
    code = f"{block}from sknn_bio.cli import main\nsys.exit(main(['--version']))"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Examples:" in out
    assert f"sknn-bio {command} " in out.partition("Examples:")[2]
    assert max(map(len, out.splitlines())) <= 80


def test_no_words_show_the_help(capsys):
    assert main([]) == 2
    out = capsys.readouterr().out
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tran"], "No such command 'tran'"),
        (["train", "t.csv"], "Missing option '--target'"),
        (["train", "t.csv", "--tarqet", "y"], "No such option: --tarqet"),
        (["train", "--target", "y"], "give a table, or --counts and --metadata"),
        (["train", "--target", "y", "--counts", "c"], "give a table, or --counts and"),
        (["train", "t.csv", "--target", "y", "--genes", "g"], "a table or --genes"),
        (
            ["train", "t.csv", "--target", "y", "--task", "guess"],
            "'guess' is not one of",
        ),
        (["train", "t.csv", "--target", "y", "--epochs", "0"], "--epochs"),
        (["predict"], "give a table or --counts"),
        (["predict", "t.csv", "--counts", "c"], "give a table or --counts"),
        (["compare", "t.csv", "--target", "y", "--cv", "1"], "--cv must be 2 or more"),
        (["compare", "t.csv", "--target", "y", "--cv", "cohort"], "needs --group"),
        (["demo", "--folds", "1"], "--folds"),
    ],
)
def test_misunderstood_words_are_status_2_and_one_line(words, said, capsys):
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.startswith("sknn-bio: error: ") and err.count("\n") == 1
    assert f"(see sknn-bio{'' if words == ['tran'] else ' ' + words[0]} --help)" in err


def test_halves_of_a_test_cohort_are_refused(capsys):
    words = ["train", "--target", "y", "--counts", "c", "--metadata", "m"]
    assert main([*words, "--test-counts", "c"]) == 2
    assert "--test-counts and --test-metadata belong" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("package", "extra"),
    [("typer", "cli"), ("rich.console", "cli"), ("matplotlib", "report")],
)
def test_absent_package_is_one_line_that_names_the_extra(
    package, extra, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["demo"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and f"sknn-bio[{extra}]" in err
    assert list(tmp_path.iterdir()) == []


def test_warnings_are_one_line(capsys, monkeypatch):
    from sknn_bio.cli import demo

    def warn(*_, **__):
        warnings.warn("first line\nsecond line", UserWarning, stacklevel=1)

    monkeypatch.setattr(demo, "demo", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["demo"]) == 0
    assert capsys.readouterr().err == "sknn-bio: note: first line second line\n"
