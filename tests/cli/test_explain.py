"""``explain`` as its users meet it: a folder with a page and tables."""

import gzip
import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli import main
from sknn_bio.cli._explain_rows import Rows, answers_of, read_rows
from sknn_bio.cli._inputs import Inputs
from sknn_bio.cli._model_file import Model, read_model
from sknn_bio.cli.train import train
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.inspection import integrated_gradients

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

FEATURES = ["age", "marker", "smoker", "sex", "stage"]
TRAIN = ("--target", "outcome", "--group", "patient", "--epochs", 12)


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Run a command in the test's folder, in this process: many stand here."""
    monkeypatch.chdir(tmp_path)

    def call(*words, status=0):
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            returned = main([str(word) for word in words])
        done = capsys.readouterr()
        assert returned == status, done.err
        return done

    return call


@pytest.fixture
def table(tmp_path, patients):
    patients.to_csv(tmp_path / "patients.csv", index=False)
    return "patients.csv"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, patients):
    """A model of the outcome, trained once."""
    folder = tmp_path_factory.mktemp("trained")
    patients.to_csv(folder / "patients.csv", index=False)
    inputs = Inputs(folder / "patients.csv", "outcome", group="patient")
    train(inputs, model=folder / "model.sknn", epochs=12)
    return folder / "model.sknn"


@pytest.fixture
def model(trained, tmp_path):
    shutil.copy(trained, tmp_path / "model.sknn")
    return tmp_path / "model.sknn"


def read(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return pd.read_csv(file)


def test_a_table_with_its_target(run, table, tmp_path):
    run("train", table, *TRAIN)
    done = run("explain", table, "--each", "--output", "why")
    assert done.stderr == ""
    assert "What the network says of outcome comes most from marker" in done.stdout
    names = "explanation.html, importances.csv, attributions.csv.gz, permutation.csv"
    assert f"Written: why ({names})." in done.stdout
    written = sorted(path.name for path in (tmp_path / "why").iterdir())
    assert written == sorted(names.split(", "))

    found = read(tmp_path / "why" / "importances.csv")
    assert list(found) == ["feature", "importance", "mean", "std", "rank"]
    assert found["feature"].tolist()[:2] == ["marker", "sex"]
    assert set(found["feature"]) == set(FEATURES)
    each = read(tmp_path / "why" / "attributions.csv.gz")
    assert list(each) == ["row", "answer", "baseline", *FEATURES]
    assert each["row"].tolist() == list(range(1, 81))
    np.testing.assert_allclose(
        each[FEATURES].abs().mean(),
        found.set_index("feature").loc[FEATURES, "importance"],
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        each[FEATURES].sum(axis=1), each["answer"] - each["baseline"], atol=0.01
    )
    model = read_model(tmp_path / "model.sknn")
    rows = read_rows(model, tmp_path / table, None, layer=None, most=99, seed=0)
    direct = integrated_gradients(model.estimator, rows.X)
    np.testing.assert_allclose(each[FEATURES], direct.values, atol=1e-6)
    falls = read(tmp_path / "why" / "permutation.csv")
    assert falls["feature"][0] == "marker"
    assert falls["low"][0] > 0

    page = (tmp_path / "why" / "explanation.html").read_text("utf-8")
    for words in ("What the network looks at", "positive class relapse", "marker"):
        assert words in page
    call = "sknn-bio explain patients.csv --model model.sknn --output why --each"
    assert call in page


def test_files_are_not_replaced_unasked(call, model, table, tmp_path):
    call("explain", table)
    before = (tmp_path / "explanation" / "importances.csv").read_bytes()
    done = call("explain", table, status=1)
    assert "explanation/explanation.html is there already; --force" in done.err
    call("explain", table, "--force")
    assert (tmp_path / "explanation" / "importances.csv").read_bytes() == before
    done = call("explain", table, "--output", "model.sknn", status=1)
    assert "--output must be a folder, got the file model.sknn" in done.err


def test_without_the_target_and_drawn_rows(call, model, table, tmp_path, patients):
    new = patients.drop(columns=["outcome"]).assign(sex="unheard")
    new.to_csv(tmp_path / "new.tsv", sep="\t", index=False)
    words = ("explain", "new.tsv", "--rows", 30, "--each", "--seed", 1)
    done = call(*words)
    assert "taken as missing" in done.err and "unheard" in done.err
    assert not (tmp_path / "explanation" / "permutation.csv").exists()
    page = (tmp_path / "explanation" / "explanation.html").read_text("utf-8")
    assert "30 of 80 rows, drawn at random" in page
    assert "What the score loses" not in page
    each = read(tmp_path / "explanation" / "attributions.csv.gz")
    assert len(each) == 30
    assert each["row"].is_monotonic_increasing and each["row"].max() > 40
    call(*words, "--output", "again")
    again = read(tmp_path / "again" / "attributions.csv.gz")
    pd.testing.assert_frame_equal(each, again)


def test_several_classes_and_numbers(call, model, table, tmp_path, patients):
    drop = ("--drop", "patient", "--epochs", 5)
    call("train", table, "--target", "stage", *drop, "--model", "stage.sknn")
    done = call("explain", table, "--model", "stage.sknn", "-o", "stage", "--each")
    assert "by_class.csv" in done.out
    by_class = read(tmp_path / "stage" / "by_class.csv")
    assert sorted(by_class["output"].unique()) == ["I", "II", "III"]
    each = read(tmp_path / "stage" / "attributions.csv.gz")
    assert list(each)[:4] == ["row", "class", "answer", "baseline"]
    assert len(each) == 3 * 80
    assert each["class"].tolist()[:3] == ["I", "II", "III"]
    # Rows without the label are explained; the score is of the others.
    assert (tmp_path / "stage" / "permutation.csv").exists()
    call("train", table, "--target", "age", *drop, "--model", "age.sknn")
    call("explain", table, "--model", "age.sknn", "--output", "age")
    page = (tmp_path / "age" / "explanation.html").read_text("utf-8")
    assert "the prediction of age, in its unit" in page
    assert (tmp_path / "age" / "permutation.csv").exists()


def test_gene_sets(call, tmp_path):
    pytest.importorskip("gseapy")
    rng = np.random.default_rng(0)
    genes = [f"GENE{i}" for i in range(60)]
    X = pd.DataFrame(rng.normal(size=(90, 60)), columns=genes)
    signal = X[genes[:15]].sum(axis=1)
    X.assign(state=np.where(signal > 0, "b", "a")).to_csv(
        tmp_path / "t.csv", index=False
    )
    sets = {"planted": genes[:15], "other": genes[20:35], "tiny": genes[:3]}
    text = "\n".join("\t".join([name, "", *own]) for name, own in sets.items())
    (tmp_path / "sets.gmt").write_text(text)
    call("train", "t.csv", "--target", "state", "--epochs", 20)
    call("explain", "t.csv", "--gene-sets", "sets.gmt")
    found = read(tmp_path / "explanation" / "gene_sets.csv")
    assert found["gene_set"].tolist() == ["planted", "other"]
    assert found["fdr"][0] < 0.05 < found["fdr"][1]
    page = (tmp_path / "explanation" / "explanation.html").read_text("utf-8")
    assert "2 sets tested; 1 with a false discovery rate below 0.05" in page

    (tmp_path / "sets.gmt").write_text("planted\n")
    done = call("explain", "t.csv", "--gene-sets", "sets.gmt", "--force", status=1)
    assert "sets.gmt, line 1: a set must have a name" in done.err
    done = call("explain", "t.csv", "--gene-sets", "none.gmt", "--force", status=1)
    assert "no such file of gene sets: none.gmt" in done.err


def test_cells(call, tmp_path):
    anndata = pytest.importorskip("anndata")
    pytest.importorskip("h5py")
    cohorts = simulate_cohorts(
        n_cells=(150, 40), n_genes=60, effect=2, shift=0, random_state=0
    )
    for name, cohort in (("atlas", cohorts.train), ("query", cohorts.test)):
        n_cells = cohort.counts.shape[0]
        obs = pd.DataFrame(
            {"state": cohort.labels.astype(object)},
            index=pd.Index([f"{name}{i}" for i in range(n_cells)], dtype=object),
        )
        var = pd.DataFrame(index=pd.Index(cohorts.genes, dtype=object))
        obs["state"] = pd.Categorical(obs["state"], sorted(set(obs["state"])))
        obs["state"] = obs["state"].cat.rename_categories(
            pd.Index(obs["state"].cat.categories, dtype=object)
        )
        anndata.AnnData(cohort.counts, obs=obs, var=var).write_h5ad(
            tmp_path / f"{name}.h5ad"
        )
    call("train", "atlas.h5ad", "--target", "state", "--epochs", 12)
    call("explain", "query.h5ad", "--each", "--rows", 30)
    each = read(tmp_path / "explanation" / "attributions.csv.gz")
    assert list(each)[:3] == ["cell", "answer", "baseline"]
    assert len(each) == 30 and each["cell"].str.startswith("query").all()
    found = read(tmp_path / "explanation" / "importances.csv")
    assert set(found["feature"]) == set(cohorts.genes)
    assert (tmp_path / "explanation" / "permutation.csv").exists()
    done = call("explain", "explanation/importances.csv", "--output", "x", status=1)
    assert "the model was trained on an AnnData file" in done.err


def test_genes_by_cells(call, tmp_path):
    cohorts = simulate_cohorts(
        n_cells=(60, 20), n_genes=20, n_programme=5, random_state=0
    )
    for name, cohort in (("here", cohorts.train), ("there", cohorts.test)):
        cells = [f"{name}-{i}" for i in range(cohort.counts.shape[0])]
        matrix = pd.DataFrame(cohort.counts.toarray().T, cohorts.genes, cells)
        matrix.to_csv(tmp_path / f"{name}.tsv", sep="\t")
        labels = pd.DataFrame({"cell": cells, "label": cohort.labels})
        labels.to_csv(tmp_path / f"{name}.csv", index=False)
    words = ("--counts", "here.tsv", "--metadata", "here.csv", "--target", "label")
    call("train", *words, "--epochs", 5)
    call("explain", "--counts", "there.tsv", "--each")
    each = read(tmp_path / "explanation" / "attributions.csv.gz")
    assert each.iloc[0, 0] == "there-0"
    assert list(each)[3:] == list(cohorts.genes)


def test_what_it_refuses(call, model, table, tmp_path, patients):
    patients.drop(columns="marker").to_csv(tmp_path / "wrong.csv", index=False)
    assert "lacks 1 of 5: 'marker'" in call("explain", "wrong.csv", status=1).err
    done = call("explain", table, "--model", table, status=1)
    assert "must be a model file" in done.err
    done = call("explain", "nowhere.csv", status=1)
    assert "no such file: nowhere.csv" in done.err
    assert not (tmp_path / "explanation").exists()
    done = call("explain", status=2)
    assert "give a table or --counts, and not both" in done.err
    done = call("explain", table, "--layer", "logs", status=2)
    assert "--layer belongs to an .h5ad file" in done.err
    done = call("explain", table, "--output", "a/b", status=1)
    assert "no such folder: a" in done.err


class Known:
    classes_ = np.array([0, 1, 2])


def test_answers_are_the_labels_of_the_model():
    X = pd.DataFrame({"x": range(5)})
    model = Model(Known(), [], "y", "multiclass")
    words = pd.Series([" 1", "0", None, "7", "1"])
    known, y = answers_of(model, Rows(X, words, 5))
    assert known.tolist() == [True, True, False, False, True]
    assert y.tolist() == [1, 0, 1]
    assert y.dtype == Known.classes_.dtype
    assert answers_of(model, Rows(X, words[[0, 0, 2, 3, 4]], 5)) is None
    assert answers_of(model, Rows(X, None, 5)) is None
    model = Model(Known(), [], "y", "regression")
    known, y = answers_of(model, Rows(X, pd.Series(["1.5", "x", None, "2", "3"]), 5))
    assert known.tolist() == [True, False, False, True, True]
    assert y.tolist() == [1.5, 2.0, 3.0]


def test_rows_of_a_large_table_are_drawn_in_order(tmp_path, model, table):
    fitted = read_model(model)
    rows = read_rows(fitted, tmp_path / table, None, layer=None, most=10, seed=3)
    whole = read_rows(fitted, tmp_path / table, None, layer=None, most=1000, seed=3)
    assert rows.n_there == 80 and rows.X.shape == (10, 5)
    pd.testing.assert_frame_equal(rows.X, whole.X.loc[rows.X.index])
    assert (rows.target == whole.target[rows.X.index]).all()
    assert json.dumps(rows.X.index.tolist())  # plain numbers
