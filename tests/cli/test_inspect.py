"""``inspect`` on files that ``train`` writes, and on others."""

import re


def test_a_model_file_is_told(run, tmp_path, patients):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    run("train", "patients.csv", "--target", "outcome", "--group", "patient",
        "--epochs", 2, "--model", "relapse.sknn")  # fmt: skip
    done = run("inspect", "relapse.sknn")
    assert done.stderr == ""
    assert re.search(r"^file +relapse.sknn: [\d,]+ bytes, format 1", done.stdout)
    for said in (
        "NeuralNetBinaryClassifier(max_epochs=2, random_state=0)",
        "features    5: age, marker, smoker, sex, stage",
        "classes     2: healthy, relapse",
        "categories  2, with 5 levels named",
        "left out    oof_prediction_",
        "note        sknn-bio train: {",
    ):
        assert said in done.stdout
    assert "weights.head.bias" not in done.stdout
    whole = run("inspect", "relapse.sknn", "--arrays").stdout
    name = r"\n  population_\.weights\.head\.bias"
    assert re.search(rf"{name}: float32 \d+ × 1 × 1\n", whole)


def test_other_files_are_one_line(run, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert "no such model file" in run("inspect", "none.sknn", status=1).stderr
    done = run("inspect", "table.csv", status=1)
    assert "table.csv cannot be inspected: a model file is a zip archive" in done.stderr
