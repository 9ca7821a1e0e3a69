"""Cells on disk: read block by block, answered as in memory, never half-written."""

import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknn_bio.omics import _cells, _write, fit_anndata, predict_anndata
from sknn_bio.preprocessing import GeneAligner, LogNormalizer

anndata = pytest.importorskip("anndata")
h5py = pytest.importorskip("h5py")

# anndata 0.12 sets an option that pandas 3 gave up.
pytestmark = pytest.mark.filterwarnings("ignore:The 'mode.chained_assignment' option")


@pytest.fixture
def path(atlas, tmp_path):
    atlas.layers["counts"] = atlas.X.copy()
    atlas.raw = atlas
    atlas.obsm["X_pca"] = np.asarray(atlas.X[:, :5].toarray())
    atlas.write_h5ad(tmp_path / "atlas.h5ad")
    return tmp_path / "atlas.h5ad"


@pytest.fixture
def query_path(query, tmp_path):
    query.write_h5ad(tmp_path / "query.h5ad")
    return tmp_path / "query.h5ad"


@pytest.fixture
def model(atlas, pipeline):
    return fit_anndata(pipeline, atlas)


def same(one, other):
    assert one["sknn_label"].tolist() == other["sknn_label"].tolist()
    np.testing.assert_allclose(
        one["sknn_probability"], other["sknn_probability"], rtol=1e-4
    )


@pytest.mark.parametrize("place", [{}, {"use_raw": True}])
def test_fit_from_a_file(path, atlas, pipeline, place):
    """The same rows from a path, from a backed AnnData and from a view of it."""
    backed = anndata.read_h5ad(path, backed="r")
    some = backed.obs["donor"].isin(["0", "2"]).to_numpy()
    from_path = fit_anndata(pipeline, path, **place)
    from_backed = fit_anndata(pipeline, backed, **place)
    from_view = fit_anndata(pipeline, backed[some], **place)
    smaller = path.with_name("smaller.h5ad")
    atlas[some].copy().write_h5ad(smaller)
    from_smaller = fit_anndata(pipeline, smaller, **place)
    same(predict_anndata(from_path, atlas), predict_anndata(from_backed, atlas))
    same(predict_anndata(from_view, atlas), predict_anndata(from_smaller, atlas))
    truth = atlas.obs["cell_type"].to_numpy()
    assert (atlas.obs["sknn_label"] == truth).mean() > 0.8


def test_layer_of_a_file(path, atlas, pipeline):
    """On disk by its path; AnnData itself reads the layers of a backed file."""
    backed = anndata.read_h5ad(path, backed="r")
    for source in (path, backed, backed[::2]):
        model = fit_anndata(pipeline, source, layer="counts")
        columns = predict_anndata(model, path, layer="counts")
        truth = atlas.obs["cell_type"].to_numpy()
        assert (columns["sknn_label"].to_numpy() == truth).mean() > 0.8


def test_genes_of_a_backed_view(path, atlas, network):
    backed = anndata.read_h5ad(path, backed="r")
    genes = [7, 3, 90, 91]
    model = fit_anndata(network, backed[10:200, genes])
    assert model.anndata_["genes"].tolist() == atlas.var_names[genes].tolist()
    narrow = path.with_name("narrow.h5ad")
    atlas[10:200, genes].copy().write_h5ad(narrow)
    other = fit_anndata(network, narrow)
    kept = atlas[:, genes].copy()
    same(predict_anndata(model, kept), predict_anndata(other, kept))


def test_predict_for_backed(model, query, query_path, monkeypatch):
    expected = predict_anndata(model, query)
    before = query_path.read_bytes()
    backed = anndata.read_h5ad(query_path, backed="r")
    monkeypatch.setattr(type(_cells.as_rows(backed.X)), "block_rows", 11)
    same(predict_anndata(model, backed), expected)
    assert "sknn_label" in backed.obs and "sknn" in backed.uns
    assert query_path.read_bytes() == before
    with pytest.raises(ValueError, match="a view of a backed AnnData cannot take"):
        predict_anndata(model, backed[:10])


def test_predict_into_a_file(model, query, query_path):
    expected = predict_anndata(model, query)
    query_path.chmod(0o640)
    for _ in range(2):  # columns of the same name are replaced
        same(predict_anndata(model, query_path), expected)
        written = anndata.read_h5ad(query_path)
        assert list(written.obs) == ["donor", *expected]
        assert (written.obs["sknn_label"] == expected["sknn_label"].to_numpy()).all()
        assert isinstance(written.obs["sknn_label"].dtype, pd.CategoricalDtype)
        np.testing.assert_array_equal(
            written.obs["sknn_margin"], expected["sknn_margin"]
        )
        assert written.uns["sknn"]["genes"]["found"] == 150
        assert written.uns["sknn"]["columns"].tolist() == list(expected)
        assert (written.X != query.X).nnz == 0
    assert query_path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in query_path.parent.iterdir()] == ["query.h5ad"]


def test_places_of_a_file(path, atlas, network):
    model = fit_anndata(network, path, obsm="X_pca")
    columns = predict_anndata(model, path)
    same(columns, predict_anndata(model, atlas))
    with pytest.raises(ValueError, match="no layer 'count' .*did you mean 'counts'"):
        fit_anndata(network, path, layer="count")
    with h5py.File(path, "r+") as file:
        del file["raw"]
    with pytest.raises(ValueError, match="use_raw=True needs adata.raw"):
        fit_anndata(network, path, use_raw=True)
    with h5py.File(path, "r+") as file:
        del file["var"]
    with pytest.raises(ValueError, match="must be an AnnData file, and has no 'var'"):
        fit_anndata(network, path)


def test_zarr(atlas, model, network, tmp_path):
    zarr = pytest.importorskip("zarr")
    atlas.write_zarr(tmp_path / "atlas.zarr")
    fitted = fit_anndata(network, tmp_path / "atlas.zarr")
    root = zarr.open_group(tmp_path / "atlas.zarr", mode="r")
    stored = anndata.AnnData(
        anndata.io.sparse_dataset(root["X"]), obs=atlas.obs, var=atlas.var
    )
    same(predict_anndata(fitted, stored), predict_anndata(fitted, atlas))
    same(predict_anndata(model, stored), predict_anndata(model, atlas))
    with pytest.raises(ValueError, match="is a folder: open a zarr store"):
        predict_anndata(model, tmp_path / "atlas.zarr")


def test_damaged_files(model, network, path, query_path):
    whole = query_path.read_bytes()
    query_path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read; it is no .h5ad file, or cut"):
        predict_anndata(model, query_path)
    assert query_path.read_bytes() == whole[: len(whole) // 2]
    path.write_text("cells\n")
    with pytest.raises(ValueError, match="cannot be read; it is no .h5ad file"):
        fit_anndata(network, path)
    for call in (
        lambda: fit_anndata(network, "no"),
        lambda: predict_anndata(model, "no"),
    ):
        with pytest.raises(FileNotFoundError, match="no such file: no"):
            call()


def test_an_error_leaves_the_file(model, query_path, monkeypatch):
    """Whether it comes while cells are answered, or while the copy is written."""
    before = query_path.read_bytes()

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(_write.os, name, fails)
            with pytest.raises(OSError, match="No space left"):
                predict_anndata(model, query_path)
        assert query_path.read_bytes() == before
        assert [each.name for each in query_path.parent.iterdir()] == ["query.h5ad"]
    with h5py.File(query_path, "r+") as file:
        file["X/data"][-1] = np.nan
    damaged = query_path.read_bytes()
    with pytest.raises(ValueError, match="NaN"):
        predict_anndata(model, query_path)
    assert query_path.read_bytes() == damaged


KILLED = """
import os, sys, joblib
from sknn_bio.omics import _write, predict_anndata
moment, model, query = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), 9)
setattr(getattr(_write, moment.split(".")[0]), moment.split(".")[1], die)
predict_anndata(joblib.load(model), query)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize("moment", ["os.fsync", "os.replace"])
def test_killed(model, query_path, tmp_path, moment):
    """A killed process leaves the old file; the next one goes through."""
    joblib.dump(model, tmp_path / "model.joblib")
    before = query_path.read_bytes()
    words = [
        sys.executable,
        "-c",
        KILLED,
        moment,
        tmp_path / "model.joblib",
        query_path,
    ]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert query_path.read_bytes() == before
    predict_anndata(model, query_path)
    assert "sknn_label" in anndata.read_h5ad(query_path).obs


def test_no_room(model, query_path, monkeypatch):
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(_write.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match="GiB are free; give the opened AnnData"):
        predict_anndata(model, query_path)


def test_a_step_that_reads_all(path, atlas):
    """A step of scikit-learn's does not read a file whole in silence."""
    model = make_pipeline(LogNormalizer(), LogisticRegression())
    with pytest.raises(TypeError, match="a table on disk is not read whole"):
        fit_anndata(model, path)
    assert fit_anndata(make_pipeline(GeneAligner(), model), atlas) is not None
