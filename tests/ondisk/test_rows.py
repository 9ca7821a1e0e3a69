import pickle

import numpy as np
import pytest
from scipy import sparse

from sknn_bio.ondisk import RowsOnDisk, is_on_disk, open_rows
from sknn_bio.ondisk._prefetch import prefetched

h5py = pytest.importorskip("h5py")


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = sparse.random(300, 17, density=0.2, format="csr", rng=rng, dtype=np.float32)
    X.data[:] = rng.integers(1, 9, X.nnz)
    return X


def write_csr(path, X, compression=None):
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs["encoding-type"] = "csr_matrix"
        group.attrs["shape"] = X.shape
        for name in ("data", "indices", "indptr"):
            group.create_dataset(name, data=getattr(X, name), compression=compression)
        var = file.create_group("var")
        var.attrs["_index"] = "_index"
        names = [f"gene {j}" for j in range(X.shape[1])]
        var.create_dataset("_index", data=names)
    return path


@pytest.fixture(params=["h5ad", "compressed", "npy", "h5py dataset"])
def rows(request, table, tmp_path):
    if request.param == "npy":
        np.save(tmp_path / "t.npy", table.toarray())
        return open_rows(tmp_path / "t.npy")
    if request.param == "h5py dataset":
        with h5py.File(tmp_path / "t.h5", "w") as file:
            file["X"] = table.toarray()
        return open_rows(h5py.File(tmp_path / "t.h5", "r")["X"])
    compression = "gzip" if request.param == "compressed" else None
    return open_rows(write_csr(tmp_path / "t.h5ad", table, compression))


def dense(block):
    return block.toarray() if sparse.issparse(block) else np.asarray(block)


def test_any_rows_in_any_order_are_the_tables(rows, table):
    whole = table.toarray()
    assert rows.shape == whole.shape and len(rows) == 300 and is_on_disk(rows)
    np.testing.assert_array_equal(dense(rows.read(0, 300)), whole)
    np.testing.assert_array_equal(dense(rows.read(250, 400)), whole[250:])
    rng = np.random.default_rng(1)
    for chosen in (
        rng.permutation(300)[:40],
        rng.integers(0, 300, 500),
        np.array([5, 5, 299, 0]),
    ):
        np.testing.assert_array_equal(dense(rows.take(chosen)), whole[chosen])
        np.testing.assert_array_equal(
            dense(rows[chosen].read(0, len(chosen))), whole[chosen]
        )


def test_views_of_views(rows, table):
    whole = table.toarray()
    mask = np.arange(300) % 3 == 0
    view = rows[50:][mask[50:]][::-1]
    expected = whole[50:][mask[50:]][::-1]
    assert view.shape == expected.shape
    np.testing.assert_array_equal(dense(view.read(0, 300)), expected)
    np.testing.assert_array_equal(dense(view[[3, 1], ...].read(0, 2)), expected[[3, 1]])
    order = view.positions
    np.testing.assert_array_equal(dense(view.take(order)), expected[order])
    assert (np.diff(np.flatnonzero(mask)[::-1][: len(order)][order]) > 0).all()


def test_blocks_cover_every_row_once(rows, table):
    assert sum(dense(block).shape[0] for _, block in rows.blocks()) == 300
    parts = [dense(block) for _, block in rows[[4, 2, 9]].blocks()]
    np.testing.assert_array_equal(np.concatenate(parts), table.toarray()[[4, 2, 9]])


def test_a_map_is_applied_when_read(rows, table):
    doubled = rows.map(lambda block: block * 2, 17)[10:20]
    np.testing.assert_array_equal(
        dense(doubled.read(0, 10)), 2 * table.toarray()[10:20]
    )


def test_pickled_rows_are_their_place(rows, table):
    stored = pickle.dumps(rows[[7, 3]])
    again = pickle.loads(stored)
    np.testing.assert_array_equal(dense(again.read(0, 2)), table.toarray()[[7, 3]])


def test_names_of_genes_come_from_anndatas_file(table, tmp_path):
    rows = open_rows(write_csr(tmp_path / "t.h5ad", table))
    assert rows.columns[:2].tolist() == ["gene 0", "gene 1"]
    assert rows.header().columns[2] == "gene 2"


def test_a_table_on_disk_is_never_an_array(rows):
    with pytest.raises(TypeError, match="not read whole"):
        np.asarray(rows)
    with pytest.raises(IndexError, match="rows only"):
        rows[:, 0]


def test_wrong_files(table, tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        open_rows(tmp_path / "none.h5ad")
    path = write_csr(tmp_path / "t.h5ad", table)
    with pytest.raises(ValueError, match="must hold 'layers/counts', got"):
        open_rows(path, "layers/counts")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ValueError, match="cut off"):
        open_rows(path)
    path = write_csr(tmp_path / "csc.h5ad", table)
    with h5py.File(path, "a") as file:
        file["X"].attrs["encoding-type"] = "csc_matrix"
    with pytest.raises(ValueError, match="must be CSR"):
        open_rows(path)
    path = write_csr(tmp_path / "short.h5ad", table)
    with h5py.File(path, "a") as file:
        del file["X/data"]
        file["X"].create_dataset("data", data=table.data[:10])
    with pytest.raises(ValueError, match="damaged"):
        open_rows(path)
    with pytest.raises(ValueError, match="two dimensions"):
        open_rows(np.zeros(3))


def test_zarr_and_backed_anndata(table, tmp_path):
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(str(tmp_path / "t.zarr"), mode="w")
    own = group.create_group("X")
    own.attrs.update({"encoding-type": "csr_matrix", "shape": list(table.shape)})
    for name in ("data", "indices", "indptr"):
        own.create_array(name, data=getattr(table, name))
    rows = open_rows(tmp_path / "t.zarr")
    np.testing.assert_array_equal(dense(rows.read(3, 9)), table.toarray()[3:9])
    again = pickle.loads(pickle.dumps(rows))
    np.testing.assert_array_equal(dense(again.read(3, 9)), table.toarray()[3:9])


def test_prefetched_keeps_the_order_and_raises_in_turn():
    def fail():
        raise OSError("lost")

    seen = prefetched([lambda: 1, lambda: 2, fail])
    assert [next(seen), next(seen)] == [1, 2]
    with pytest.raises(OSError, match="lost"):
        next(seen)
    assert list(prefetched([])) == []


def test_rows_say_what_they_are(rows):
    assert "300 × 17" in repr(rows)
    assert isinstance(rows[:3], RowsOnDisk)


def test_column_numbers_out_of_range_are_damage(table, tmp_path):
    path = write_csr(tmp_path / "t.h5ad", table)
    with h5py.File(path, "a") as file:
        file["X/indices"][5] = 17
    with pytest.raises(ValueError, match="from 0 to 16, got [01] to 17"):
        open_rows(path).read(0, 10)


def test_arrays_and_anndatas_views_of_them_are_in_memory(table):
    anndata = pytest.importorskip("anndata")
    view = anndata.AnnData(table)[:5]
    assert not is_on_disk(view.X)
    assert not is_on_disk(table) and not is_on_disk(np.zeros((2, 2)))
