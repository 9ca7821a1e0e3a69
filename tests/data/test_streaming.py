import numpy as np
import pytest
import torch

from sknn_bio.data import DiskStore, StreamLoader, StreamRows, Table
from sknn_bio.data import streaming as streaming_module
from sknn_bio.ondisk import open_rows


def make_table(tmp_path, n_rows, order=None):
    X = np.arange(2.0 * n_rows, dtype=np.float32).reshape(n_rows, 2)
    np.save(tmp_path / "t.npy", X)
    rows = open_rows(tmp_path / "t.npy")
    rows = rows if order is None else rows[order]
    store = DiskStore(rows, torch.device("cpu"), lambda block: block)
    n = rows.shape[0]
    return Table(store, torch.arange(n), torch.ones(n))


def seen(loader):
    """Return the rows of each batch, by their targets, after checking the inputs."""
    out = []
    for batch in loader:
        assert batch.x.shape[:2] == batch.y.shape == batch.weight.shape
        out.append(batch)
    return out


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch):
    monkeypatch.setattr(streaming_module, "_BUFFER_BYTES", 8 * 1280)


def test_an_epoch_sees_every_row_once_in_an_order_of_its_own(tmp_path):
    table = make_table(tmp_path, 5000)
    loader = StreamLoader(table, [np.arange(5000)], 100, [7])
    epochs = [torch.cat([b.y[0] for b in seen(loader)]) for _ in range(2)]
    for rows in epochs:
        np.testing.assert_array_equal(np.sort(rows), np.arange(5000))
    assert (epochs[0] != epochs[1]).float().mean() > 0.99
    again = StreamLoader(table, [np.arange(5000)], 100, [7])
    again.epoch = 1
    np.testing.assert_array_equal(torch.cat([b.y[0] for b in again]), epochs[1])


def test_inputs_belong_to_their_targets_in_views_of_any_order(tmp_path):
    order = np.random.default_rng(0).permutation(3000)[:2500]
    table = make_table(tmp_path, 3000, order)
    for batch in StreamLoader(table, [np.arange(2500)], 64, [3]):
        np.testing.assert_array_equal(batch.x[0, :, 0], 2.0 * order[batch.y[0]])


def test_sorted_labels_are_mixed_within_a_batch(tmp_path):
    table = make_table(tmp_path, 20_000)
    batches = seen(StreamLoader(table, [np.arange(20_000)], 200, [1]))
    late = [float((b.y >= 10_000).float().mean()) for b in batches]
    # 20 blocks of 64 rows make a buffer here: the share varies as of 20 coins.
    assert 0.45 < np.mean(late) < 0.55
    assert np.std(late) < 0.15


def test_weights_sum_to_one_a_member_and_leave_out_what_it_does_not_train_on(tmp_path):
    table = make_table(tmp_path, 3000)
    table.weight = torch.rand(3000) + 0.5
    rows = [np.arange(0, 2000), np.arange(1000, 2500)]
    shares = torch.zeros(2)
    weighed = torch.zeros(2, 3000)
    for batch in StreamLoader(table, rows, 128, [1, 2]):
        np.testing.assert_allclose(batch.weight.sum(1), 1, rtol=1e-5)
        shares += batch.share
        for m in range(2):
            weighed[m, batch.y[m]] += batch.weight[m] * batch.share[m]
    np.testing.assert_allclose(shares, 1, rtol=1e-5)
    for m, own in enumerate(rows):
        expected = torch.zeros(3000)
        expected[own] = table.weight[own] / table.weight[own].sum()
        np.testing.assert_allclose(weighed[m], expected, rtol=1e-4, atol=1e-9)


def test_members_leave_without_changing_the_order(tmp_path):
    table = make_table(tmp_path, 3000)
    rows = [np.arange(3000)] * 3
    whole = StreamLoader(table, rows, 128, [1, 2, 3])
    cut = StreamLoader(table, rows, 128, [1, 2, 3])
    cut.keep([2])
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(a.y[:1], b.y)
        assert b.x.shape[0] == 1


def test_processes_share_the_rows_and_the_weights(tmp_path):
    table = make_table(tmp_path, 4000)
    rows = [np.arange(4000)]
    loaders = [StreamLoader(table, rows, 100, [5], None, p, 2) for p in range(2)]
    alone = StreamLoader(table, rows, 100, [5])
    assert {len(loader) for loader in loaders} == {len(alone)}
    parts = [[], []]
    for pair in zip(*loaders, strict=True):
        assert sum(float(b.weight.sum()) for b in pair) == pytest.approx(1, rel=1e-5)
        assert pair[0].share == pair[1].share
        for part, batch in zip(parts, pair, strict=True):
            part.append(batch.y[0])
            assert batch.y.shape[1] <= max(loaders[0].widths)
    both = [torch.cat(part) for part in parts]
    np.testing.assert_array_equal(np.sort(torch.cat(both)), np.arange(4000))
    assert abs(len(both[0]) - len(both[1])) < 1500


@pytest.mark.parametrize("kept_bytes", [1 << 28, 0])
def test_validation_rows_are_the_same_in_memory_and_on_disk(
    kept_bytes, tmp_path, monkeypatch
):
    monkeypatch.setattr(streaming_module, "_KEPT_BYTES", kept_bytes)
    table = make_table(tmp_path, 500)
    own = [np.arange(3, 400, 7), np.arange(1, 300, 5)]
    rows = StreamRows(table, own)
    x = torch.cat(list(rows), 1)
    for m, index in enumerate(own):
        np.testing.assert_array_equal(x[m, : len(index), 0], 2.0 * index)
        np.testing.assert_array_equal(rows.y[m, : len(index)], index)
    rows.keep([1])
    assert rows.y.shape[0] == 1
