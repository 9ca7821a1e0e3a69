"""``train``, ``predict`` and ``compare`` on the files of scanpy."""

import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli._anndata import read_cells
from sknn_bio.datasets import simulate_cohorts

anndata = pytest.importorskip("anndata")
pytest.importorskip("h5py")

N_ATLAS, N_QUERY, N_GENES = 150, 40, 60
TRAIN = ("--target", "state", "--group", "donor", "--epochs", 12, "--model", "m.model")


def categorical(values):
    """With levels that every version of anndata can write beside pandas 3."""
    levels, codes = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    return pd.Categorical.from_codes(codes, pd.Index(levels, dtype=object))


def write(path, cohort, genes, shuffled=False):
    n = cohort.counts.shape[0]
    obs = pd.DataFrame(
        {"state": categorical(cohort.labels), "donor": categorical(np.arange(n) % 3)},
        index=pd.Index([f"{path.stem}{i}" for i in range(n)], dtype=object),
    )
    order = np.random.default_rng(0).permutation(N_GENES) if shuffled else slice(None)
    names = pd.Index(genes[order], dtype=object)
    cells = anndata.AnnData(
        cohort.counts[:, order], obs=obs, var=pd.DataFrame(index=names)
    )
    cells.layers["logs"] = cells.X.log1p()
    if shuffled:
        del cells.obs["state"]
    cells.write_h5ad(path)
    return cells


@pytest.fixture
def files(tmp_path):
    cohorts = simulate_cohorts(
        n_cells=(N_ATLAS, N_QUERY), n_genes=N_GENES, effect=2, shift=0, random_state=0
    )
    write(tmp_path / "atlas.h5ad", cohorts.train, cohorts.genes)
    write(tmp_path / "query.h5ad", cohorts.test, cohorts.genes, shuffled=True)
    write(tmp_path / "test.h5ad", cohorts.test, cohorts.genes)
    return cohorts


def test_train_then_predict(run, files, tmp_path):
    done = run("train", "atlas.h5ad", *TRAIN)
    assert "150 cells, 60 genes; state: " in done.stdout
    assert "parental 75" in done.stdout and "resistant 75" in done.stdout
    assert "the values are counts" in done.stderr
    assert "out-of-fold ROC AUC 0." in done.stdout
    words = ("--model", "m.model", "--keep", "donor", "--output")
    done = run("predict", "query.h5ad", *words, "labels.csv")
    written = pd.read_csv(tmp_path / "labels.csv")
    columns = ["cell", "donor", "prediction", "probability", "margin"]
    assert list(written) == columns
    assert written["cell"].tolist() == [f"query{i}" for i in range(N_QUERY)]
    assert written["donor"].tolist() == [i % 3 for i in range(N_QUERY)]
    assert (written["prediction"] == files.test.labels).mean() > 0.8
    assert f"{N_QUERY} rows: " in done.stdout
    # The same cells, genes in the atlas's order.
    run("predict", "test.h5ad", "--model", "m.model", "--output", "again.csv")
    again = pd.read_csv(tmp_path / "again.csv")
    np.testing.assert_allclose(again["probability"], written["probability"], rtol=1e-4)


def test_layer_and_numbers(run, files, tmp_path):
    path = tmp_path / "atlas.h5ad"
    cells = anndata.read_h5ad(path)
    depth = np.log(np.asarray(cells.X.sum(axis=1)).ravel())
    obs = cells.obs.assign(depth=depth)
    with anndata_file(path) as file:
        anndata.io.write_elem(file, "obs/depth", obs["depth"].to_numpy())
        file["obs"].attrs["column-order"] = ["state", "donor", "depth"]
    words = ("--target", "depth", "--layer", "logs", "--epochs", 40)
    done = run("train", "atlas.h5ad", *words, "--model", "m.model")
    assert "depth is a number" in done.stdout and "counts" not in done.stderr
    run("predict", "atlas.h5ad", "--model", "m.model", "--output", "depth.csv")
    written = pd.read_csv(tmp_path / "depth.csv")
    assert list(written) == ["cell", "prediction"]
    assert np.corrcoef(written["prediction"], depth)[0, 1] > 0.8


def anndata_file(path):
    return pytest.importorskip("h5py").File(path, "r+")


def test_compare(run, files, tmp_path):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    words = ("--target", "state", "--models", "dummy,logistic", "--output", "s.csv")
    done = run("compare", "atlas.h5ad", *words, "--test-table", "test.h5ad")
    assert "the values are counts" in done.stderr
    scores = pd.read_csv(tmp_path / "s.csv")
    (area,) = scores.query("model == 'logistic' and metric == 'roc_auc'")["value"]
    assert area > 0.8


def test_a_layer_in_memory(files, tmp_path):
    """Genes are those of the first file; logs stay as they are."""
    paths = [tmp_path / "atlas.h5ad", tmp_path / "query.h5ad"]
    with pytest.raises(ValueError, match="--target must be a column of obs"):
        read_cells(paths, target="state", layer="logs")
    (data, test), counted = read_cells(paths, target="donor", group="donor")
    (logs, _), _ = read_cells(paths, target="donor", layer="logs")
    assert counted and data.notes and not logs.notes
    assert list(data.X) == list(test.X) == list(files.genes)
    np.testing.assert_allclose(np.log1p(files.train.counts.toarray()), logs.X)
    np.testing.assert_allclose(np.expm1(test.X).sum(axis=1), 1e4, rtol=1e-4)
    assert data.groups.tolist() == [str(i % 3) for i in range(N_ATLAS)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "states"), "did you mean 'state'?"),
        (("--target", "state", "--group", "patient"), "groups must be a column of obs"),
        (("--target", "state", "--layer", "log"), "did you mean 'logs'?"),
    ],
)
def test_wrong_names(run, files, tmp_path, words, said):
    before = sorted(tmp_path.iterdir())
    done = run("train", "atlas.h5ad", *words, status=1)
    assert said in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_wrong_files(run, files, tmp_path, patients):
    run("train", "atlas.h5ad", *TRAIN)
    whole = (tmp_path / "query.h5ad").read_bytes()
    (tmp_path / "query.h5ad").write_bytes(whole[:2000])
    patients.to_csv(tmp_path / "patients.csv", index=False)
    for words, said in (
        (("predict", "query.h5ad", "--model", "m.model"), "or cut off"),
        (("predict", "no.h5ad", "--model", "m.model"), "no such file: no.h5ad"),
        (("predict", "patients.csv", "--model", "m.model"), "give an .h5ad file"),
        (
            ("predict", "atlas.h5ad", "--model", "m.model", "--keep", "age"),
            "--keep must",
        ),
        (("train", "query.h5ad", "--target", "state"), "or cut off"),
    ):
        assert said in run(*words, status=1).stderr
    assert not (tmp_path / "predictions.csv").exists()
    for words in (
        ("train", "atlas.h5ad", "--target", "state", "--drop", "donor"),
        ("train", "patients.csv", "--target", "outcome", "--layer", "counts"),
        ("compare", "atlas.h5ad", "--target", "state", "--model", "kept.model"),
        ("compare", "atlas.h5ad", "--target", "state", "--test-table", "patients.csv"),
    ):
        run(*words, status=2)
