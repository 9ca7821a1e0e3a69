import csv
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sknn_bio.cli import demo as module
from sknn_bio.cli import main
from sknn_bio.cli._demo_results import (
    FOLDS,
    LEARNING,
    ROC,
    TABLE,
    folds_frame,
    summarize,
    text_table,
)
from sknn_bio.datasets import Table, load_breast_cancer_table

pytest.importorskip("matplotlib")


def test_demo_compares_writes_and_runs_again(run, tmp_path):
    words = ("demo", "--folds", 2, "--repeats", 1, "--output", "out")
    done = run(*words)
    assert "Positive class: malignant" in done.stdout
    assert "…" not in done.stdout, "a column is cut off at 80 characters"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {TABLE, FOLDS, ROC, LEARNING}
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
    assert run(*words).returncode == 0


def test_foreign_folder_is_refused_and_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert main(["demo", "--output", str(tmp_path)]) == 1
    assert "--force writes into it" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    module.check_output(tmp_path, force=True)
    (tmp_path / TABLE).touch()
    module.check_output(tmp_path)
    with pytest.raises(NotADirectoryError, match="--output must be a folder"):
        module.check_output(tmp_path / "mine.txt")


@pytest.fixture
def quick():
    """One model instead of five; the whole set runs in a process above."""
    return {module.NETWORK: LogisticRegression(max_iter=10_000)}


def test_run_demo_scores_each_fold(quick):
    table = load_breast_cancer_table()
    small = Table("small", table.data.iloc[:, :3], table.target, None, "binary")
    found = module.run_demo(small, quick, folds=3, repeats=2)
    assert found.pos_label == "malignant"
    frame = folds_frame(found)
    assert len(frame) == 6 and (frame["log_loss"] > 0).all()
    held_out = found.predictions["y_true"]
    assert (held_out == "malignant").sum() == 2 * (table.target == "malignant").sum()
    summary = summarize(found, {"XGBoost": "absent"})
    assert summary.loc["XGBoost", "note"] == "absent"
    assert np.isnan(summary.loc["XGBoost", "roc_auc_mean"])
    assert text_table(summary).row_count == 2
    model = module.first_network(found, quick[module.NETWORK], small)
    first = frame.iloc[0]
    test = found.predictions.query("repeat == 0 and fold == 0")
    rows = small.data.iloc[test["row"]]
    right = test["y_true"].to_numpy() == "malignant"
    log_loss = -np.log(
        np.where(right[:, None], *model.predict_proba(rows).T[::-1, :, None])
    )
    np.testing.assert_allclose(log_loss.mean(), first["log_loss"], rtol=1e-6)


def test_run_demo_refuses_three_classes(quick):
    data = pd.DataFrame({"x": np.arange(6.0)})
    table = Table("three", data, pd.Series(list("abcabc")), None, "multiclass")
    with pytest.raises(ValueError, match="table must have two classes"):
        module.run_demo(table, quick)


def test_absent_xgboost_is_a_row_that_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "xgboost", None)
    chosen, absent = module.demo_models(0)
    assert "XGBoost" not in chosen
    assert "sknn-bio[baselines]" in absent["XGBoost"]


def test_table_is_readable_as_csv(tmp_path, quick):
    found = module.run_demo(load_breast_cancer_table(), quick, folds=2, repeats=1)
    summarize(found, {"XGBoost": "absent"}).to_csv(tmp_path / TABLE)
    with (tmp_path / TABLE).open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows] == ["model", "Neural network", "XGBoost"]
