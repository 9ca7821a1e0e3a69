"""``train`` and ``predict`` as their users meet them: processes and files."""

import gzip

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from sknn_bio.cli._model_file import read_model


@pytest.fixture
def table(tmp_path, patients):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    return "patients.csv"


FEATURES = ["age", "marker", "smoker", "sex", "stage"]
TRAIN = ("--target", "outcome", "--group", "patient", "--epochs", 8)


def test_train_then_predict(run, table, tmp_path, patients):
    done = run("train", table, *TRAIN)
    assert "80 rows, 5 features; outcome: " in done.stdout
    assert "out-of-fold ROC AUC 0." in done.stdout
    assert "(positive class: relapse)" in done.stdout
    model = read_model(tmp_path / "model.sknn")
    assert f"ROC AUC {model.score:.3f}" in done.stdout
    assert [c.name for c in model.columns] == [
        "age",
        "marker",
        "smoker",
        "sex",
        "stage",
    ]

    # Other order, other columns beside them, Parquet or CSV: the same answer.
    patients.iloc[:, ::-1].assign(other=1).to_csv(
        tmp_path / "new.tsv.gz", sep="\t", index=False
    )
    done = run("predict", "new.tsv.gz", "--keep", "patient,outcome")
    assert done.stderr == ""
    written = pd.read_csv(tmp_path / "predictions.csv")
    assert list(written) == [
        "row",
        "patient",
        "outcome",
        "prediction",
        "probability_healthy",
        "probability_relapse",
    ]
    assert written["row"].tolist() == list(range(1, 81))
    assert written["outcome"].tolist() == patients["outcome"].tolist()
    tally = written["prediction"].value_counts()
    assert f"80 rows: {tally.index[0]} {tally.iloc[0]}" in done.stdout
    proba = written["probability_relapse"]
    assert roc_auc_score(patients["outcome"] == "relapse", proba) > 0.85
    np.testing.assert_allclose(proba + written["probability_healthy"], 1, rtol=1e-5)
    assert ((proba > 0.5) == (written["prediction"] == "relapse")).all()
    estimator, X = (
        model.estimator,
        patients[["age", "marker", "smoker", "sex", "stage"]],
    )
    X = X.astype({"smoker": "float32", "sex": "category", "stage": "category"})
    direct = estimator.predict_proba(X.astype({"age": "float32", "marker": "float32"}))
    np.testing.assert_allclose(proba, direct[:, 1], rtol=1e-5)


def test_regression_and_task(run, table, tmp_path):
    run("train", table, "--target", "marker", "--drop", "patient", "--epochs", 2)
    done = run("predict", table, "--output", "out.csv.gz")
    assert done.stdout.startswith("80 rows.")
    with gzip.open(tmp_path / "out.csv.gz", "rt") as file:
        assert list(pd.read_csv(file)) == ["row", "prediction"]
    words = ("train", table, "--target", "age", "--drop", "patient", "--force")
    done = run(*words, "--task", "multiclass", "--epochs", 1)
    assert read_model(tmp_path / "model.sknn").task == "multiclass"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file: table.csv"),
        ("", "table.csv is empty"),
        ("age,outcome\n", "has a header and no rows"),
        ("age,sex,outcome\n1,f,x\n2;m;y\n", "mixes delimiters: line 3"),
        ("age,sex,outcom\n1,f,x\n2,m,y\n", "did you mean 'outcom'?"),
        ("age,sex,outcome\n1,f,x\n2,m\n", "line 3 has 2 fields, and the header 3"),
        ("PK\x03\x04", "is an Excel workbook"),
    ],
)
@pytest.mark.parametrize("command", ["train", "compare"])
def test_wrong_tables_are_one_line(run, tmp_path, command, content, said):
    if content is not None:
        (tmp_path / "table.csv").write_text(content)
    before = list(tmp_path.iterdir())
    done = run(command, "table.csv", "--target", "outcome", status=1)
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == before


def test_what_predict_refuses(run, table, tmp_path, patients):
    run("train", table, *TRAIN)
    model = (tmp_path / "model.sknn").read_bytes()
    done = run("train", table, *TRAIN, status=1)
    assert "model.sknn is there already; --force replaces it" in done.stderr
    assert (tmp_path / "model.sknn").read_bytes() == model
    for wrong, said in (
        (patients.drop(columns="marker"), "lacks 1 of 5: 'marker'"),
        (patients.assign(marker="high"), "'marker' must hold numbers"),
        (patients.iloc[:0], "has a header and no rows"),
    ):
        wrong.to_csv(tmp_path / "wrong.csv", index=False)
        assert said in run("predict", "wrong.csv", status=1).stderr
    done = run("predict", table, "--model", table, status=1)
    assert "must be a model file" in done.stderr
    assert not (tmp_path / "predictions.csv").exists()
