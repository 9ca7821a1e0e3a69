"""The command line as its users meet it: real processes, real exit codes."""

import csv
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sknn_bio import __version__
from sknn_bio.cli import _demo_run, main
from sknn_bio.cli.demo import FOLDS, LEARNING, ROC, TABLE, check_output
from sknn_bio.datasets import Table, load_breast_cancer_table

pytest.importorskip("typer")
pytest.importorskip("rich")
pytest.importorskip("matplotlib")


def run(*words, cwd, block=()):
    """Run the command in a process of its own, with some packages out of reach."""
    code = "import sys\n"
    code += "".join(f"sys.modules[{name!r}] = None\n" for name in block)
    code += "from sknn_bio.cli import main\nsys.exit(main(sys.argv[1:]))"
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


def test_demo_compares_writes_and_runs_again(tmp_path):
    words = ("demo", "--folds", 2, "--repeats", 1, "--output", "out")
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Positive class: malignant" in done.stdout
    assert "…" not in done.stdout, "a column is cut off at 80 characters"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        TABLE,
        FOLDS,
        ROC,
        LEARNING,
    }
    for name in (ROC, LEARNING):
        assert (tmp_path / "out" / name).read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(tmp_path / "out" / TABLE, index_col="model")
    assert table.index[0] == "Neural network"
    assert {"Logistic regression", "Random forest", "Histogram boosting"} < {
        *table.index
    }
    assert (table["roc_auc_mean"].dropna() > 0.9).all()
    folds = pd.read_csv(tmp_path / "out" / FOLDS)
    assert folds.groupby("model").size().eq(2).all()
    assert run(*words, cwd=tmp_path).returncode == 0


def test_module_and_version_need_no_extra(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sknn_bio", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, f"sknn-bio {__version__}")
    done = run("--version", cwd=tmp_path, block=("typer", "rich", "matplotlib"))
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("package", "extra"), [("typer", "cli"), ("rich", "cli"), ("matplotlib", "report")]
)
def test_absent_package_is_one_line_that_names_the_extra(tmp_path, package, extra):
    # typer itself needs rich to show help, so only what we import is blocked.
    block = {"rich": ("rich.console",)}.get(package, (package,))
    done = run("demo", cwd=tmp_path, block=block)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert f"sknn-bio[{extra}]" in done.stderr
    assert not (tmp_path / "sknn-bio-demo").exists()


def test_help_has_examples(tmp_path):
    done = run("demo", "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Examples:" in done.stdout
    assert "sknn-bio demo --output results --repeats 5" in done.stdout


@pytest.mark.parametrize(
    "words", [("demmo",), ("demo", "--folds", "1"), ("demo", "-x")]
)
def test_misunderstood_words_are_status_2(words, capsys):
    assert main(words) == 2


def test_no_words_show_the_help(capsys):
    assert main([]) == 2
    assert "demo" in capsys.readouterr().out


def test_foreign_folder_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", "--output", str(tmp_path)]) == 1
    assert "--force writes into it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    check_output(tmp_path, force=True)
    (tmp_path / TABLE).touch()
    check_output(tmp_path)
    with pytest.raises(NotADirectoryError, match="--output must be a folder"):
        check_output(tmp_path / "mine.txt")


@pytest.fixture
def quick_models(monkeypatch):
    """One model instead of five; the whole set runs in a process above."""
    quick = {_demo_run.NETWORK: LogisticRegression(max_iter=10_000)}
    monkeypatch.setattr(_demo_run, "models", lambda _: (quick, {"XGBoost": "absent"}))


def test_run_demo_reports_each_step_and_fold(quick_models):
    table, steps = load_breast_cancer_table(), []
    small = Table("small", table.data.iloc[:, :3], table.target, None, "binary")
    result = _demo_run.run_demo(
        small, n_splits=3, n_repeats=2, on_step=lambda *step: steps.append(step)
    )
    assert result.positive == "malignant"
    assert [done for _, done, _ in steps] == list(range(7))
    assert {total for *_, total in steps} == {6}
    assert len(result.frame()) == 6
    held_out = np.concatenate([y for y, _ in result.curves[_demo_run.NETWORK]])
    assert held_out.sum() == 2 * (table.target == "malignant").sum()
    summary = result.summary()
    assert summary.loc["XGBoost", "note"] == "absent"
    assert np.isnan(summary.loc["XGBoost", "roc_auc_mean"])


def test_run_demo_refuses_three_classes(quick_models):
    data = pd.DataFrame({"x": np.arange(6.0)})
    table = Table("three", data, pd.Series(list("abcabc")), None, "multiclass")
    with pytest.raises(ValueError, match="table must have two classes, got 3"):
        _demo_run.run_demo(table)


def test_absent_xgboost_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    chosen, absent = _demo_run.models(0)
    assert "XGBoost" not in chosen
    assert "sknn-bio[baselines]" in absent["XGBoost"]


def test_table_is_readable_as_csv(tmp_path, quick_models):
    table = load_breast_cancer_table()
    result = _demo_run.run_demo(table, n_splits=2, n_repeats=1)
    result.summary().to_csv(tmp_path / TABLE)
    with (tmp_path / TABLE).open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["model", "Neural network", "XGBoost"]
