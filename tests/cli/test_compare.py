"""``compare`` as its users meet it: a process, a page, a table."""

import re

import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli._model_file import read_model
from sknn_bio.cli._models import WIDE, choose_models
from sknn_bio.cli.compare import LARGE, MOST_JOBS, default_jobs
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.model_selection import compare

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

QUICK = ("--models", "logistic,dummy", "--cv", 3, "--jobs", 1)


def test_table_to_page(run, patients, tmp_path):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    words = ("compare", "patients.csv", "--target", "outcome", "--group", "patient")
    options = ("--positive", "healthy", "--subgroups", "sex,stage")
    files = ("--report", "out.html", "--output", "folds.csv")
    done = run(*words, *options, *files, *QUICK)
    out = " ".join(done.stdout.split())
    assert "Positive class: healthy" in out
    assert "logistic has the highest mean roc_auc" in out
    assert "Written: out.html, folds.csv." in out
    assert max(map(len, done.stdout.splitlines())) <= 80

    folds = pd.read_csv(tmp_path / "folds.csv")
    assert folds.groupby(["model", "metric"])["fold"].nunique().eq(3).all()
    auc = folds[(folds["model"] == "logistic") & (folds["metric"] == "roc_auc")]
    assert f"logistic {auc['value'].mean():.3f}" in out
    page = (tmp_path / "out.html").read_text("utf-8")
    command = "sknn-bio compare patients.csv --target outcome --group patient"
    assert command in page
    assert "female" in page and "stage" in page

    # The command is what the page says it is: the same folds in Python.
    table = patients.drop(columns="patient").astype(
        {"sex": "category", "stage": "category", "smoker": "float32"}
    )
    X, y = table.drop(columns="outcome"), patients["outcome"]
    models = choose_models(("logistic", "dummy"), X, y, task="binary", seed=0)
    direct = compare(
        models, X, y, cv=3, groups=patients["patient"], pos_label="healthy"
    )
    expected = direct.summary().loc["logistic", "roc_auc"]
    np.testing.assert_allclose(auc["value"].mean(), expected, atol=1e-4)

    done = run(*words, *files, *QUICK, status=1)
    assert "out.html is there already; --force replaces it" in done.stderr
    assert (tmp_path / "out.html").read_text("utf-8") == page


@pytest.mark.slow
def test_network_is_tuned_and_resumed(run, patients, tmp_path):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    words = ("compare", "patients.csv", "--target", "marker", "--drop", "patient")
    words += ("--models", "network", "--cv", 2, "--jobs", 1, "--tune")
    words += ("--checkpoint", "folds", "--force")
    first = run(*words)
    saved = {p: p.stat().st_mtime_ns for p in (tmp_path / "folds").rglob("*")}
    assert saved
    again = run(*words)
    assert again.stdout == first.stdout
    assert {p: p.stat().st_mtime_ns for p in saved} == saved


def test_another_cohort(run, patients, tmp_path):
    patients.iloc[:50].to_csv(tmp_path / "here.csv", index=False)
    patients.iloc[50:, ::-1].to_csv(tmp_path / "there.csv", index=False)
    words = ("compare", "here.csv", "--target", "outcome", "--drop", "patient", *QUICK)
    done = run(*words, "--test-table", "there.csv", "--output", "one.csv")
    assert "tested on another cohort" in done.stdout
    assert set(pd.read_csv(tmp_path / "one.csv")["fold"]) == {0}
    patients.drop(columns="age").to_csv(tmp_path / "bad.csv", index=False)
    done = run(*words, "--test-table", "bad.csv", "--report", "b.html", status=1)
    assert "bad.csv must have the columns" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "outcom"), "did you mean 'outcome'?"),
        (("--target", "outcome", "--group", "patiant"), "did you mean 'patient'?"),
        (("--target", "outcome", "--models", "netwrk"), "did you mean 'network'?"),
        (("--target", "outcome", "--positive", "relapsed"), "did you mean 'relapse'?"),
        (("--target", "outcome", "--tune", "--models", "dummy"), "--tune needs"),
        (("--target", "outcome", "--report", "no/page.html"), "no such folder: no"),
    ],
)
def test_wrong_columns_are_one_line(run, patients, tmp_path, words, said):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    done = run("compare", "patients.csv", *words, status=1)
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["patients.csv"]


def test_whole_job_from_two_matrices(run, tmp_path):
    """Align, train, print the epochs, keep the best, test, save and compare."""
    cohorts = simulate_cohorts(
        n_cells=(160, 60), n_genes=40, n_programme=20, effect=1.0, random_state=0
    )
    for name, cohort in (("here", cohorts.train), ("there", cohorts.test)):
        cells = [f"{name}-{i}" for i in range(len(cohort.labels))]
        matrix = pd.DataFrame(cohort.counts.toarray().T, cohorts.genes, cells)
        matrix.astype(int).to_csv(tmp_path / f"{name}.tsv.gz", sep="\t")
        table = pd.DataFrame({"cell": cells, "label": cohort.labels})
        table.iloc[::-1].to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "genes.txt").write_text("\n".join(cohorts.genes[:30]))
    words = ("--counts", "here.tsv.gz", "--metadata", "here.csv", "--target", "label")
    words += ("--genes", "genes.txt", "--test-counts", "there.tsv.gz")
    words += ("--test-metadata", "there.csv")
    done = run("compare", *words, "--report", "cells.html", "--model", "cells.sknn")
    out = " ".join(done.stdout.split())
    assert "160 rows, 30 features; label: parental 80, resistant 80." in out
    assert "each cell is brought to 10,000 counts" in done.stderr
    epochs = re.findall(r"^epoch (\d+) .*train_loss .*roc_auc", done.stdout, re.M)
    assert epochs == [str(n + 1) for n in range(len(epochs))] and len(epochs) > 5
    score = re.search(r"Test cohort, 60 rows: ROC AUC (0\.\d+)\.", out)[1]
    assert float(score) > 0.8
    # The network that is kept is the one that is compared.
    assert re.search(rf"network {score} ", out)
    assert re.search(r"xgboost 0\.\d+ ", out)
    model = read_model(tmp_path / "cells.sknn")
    assert model.estimator.best_epoch_.max() < len(epochs)
    assert [c.name for c in model.columns] == list(cohorts.genes[:30])
    assert (tmp_path / "cells.html").exists()

    run("predict", "--counts", "there.tsv.gz", "--model", "cells.sknn")
    predicted = pd.read_csv(tmp_path / "predictions.csv")
    right = predicted["probability_resistant"][cohorts.test.labels == "resistant"]
    assert predicted["cell"].tolist() == [f"there-{i}" for i in range(60)]
    assert right.mean() > 0.6


def test_catboost_is_left_out_of_wide_tables(capsys):
    pytest.importorskip("catboost")
    y = pd.Series([0, 1] * 5)
    wide = pd.DataFrame(np.zeros((10, WIDE + 1)))
    options = {"task": "binary", "seed": 0}
    assert "catboost" not in choose_models((), wide, y, **options)
    assert "catboost is left out" in capsys.readouterr().err
    assert "catboost" in choose_models((), wide.iloc[:, 1:], y, **options)
    assert list(choose_models(("catboost",), wide, y, **options)) == ["catboost"]


def test_jobs_follow_the_size():
    assert default_jobs(LARGE + 1) == 1
    assert 1 <= default_jobs(LARGE) <= MOST_JOBS
