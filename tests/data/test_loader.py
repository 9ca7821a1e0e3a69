"""The loader: whose rows, in which batches, in which order, at what weight."""

import numpy as np
import pytest
import torch
from scipy import sparse

from sknn_bio.data import MemberLoader, MemberRows, Table, loader, make_store, stores

CPU = torch.device("cpu")


def make_table(n=40, d=3, weight=None, sparse_store=False, classification=True):
    X = np.arange(n * d, dtype=np.float32).reshape(n, d)
    X[::3, 1] = 0
    y = torch.arange(n) if classification else torch.arange(n).float()[:, None]
    weight = np.ones(n, np.float32) if weight is None else weight.astype(np.float32)
    store = make_store(sparse.csr_matrix(X) if sparse_store else X, CPU)
    return Table(store, y, torch.from_numpy(weight))


ROWS = [np.arange(0, 40, 2), np.arange(7), np.arange(5, 38), np.array([11])]


@pytest.mark.parametrize("batch_size", [1, 4, 8, 32, 1000])
@pytest.mark.parametrize("seeds", [None, [3, 1, 4, 1]])
def test_each_row_comes_once_an_epoch_to_each_member(batch_size, seeds):
    loader_ = MemberLoader(make_table(), ROWS, batch_size, seeds)
    for _ in range(2):
        seen = [[] for _ in ROWS]
        for batch in loader_:
            for m in range(4):
                present = batch.weight[m] > 0
                seen[m] += batch.y[m][present].tolist()
                if batch.valid is not None:
                    assert torch.equal(batch.valid[m, :, 0] > 0, present)
        for own, came in zip(ROWS, seen, strict=True):
            assert sorted(came) == own.tolist()


@pytest.mark.parametrize("batch_size", [3, 4, 8])
def test_batches_are_of_nearly_equal_size(batch_size):
    loader_ = MemberLoader(make_table(), ROWS, batch_size, [0, 1, 2, 3])
    counts = np.array(
        [[int((b.weight[m] > 0).sum()) for m in range(4)] for b in loader_]
    )
    for m, own in enumerate(ROWS):
        sizes = counts[:, m][counts[:, m] > 0]
        assert len(sizes) == -(-len(own) // batch_size)
        assert sizes.max() - sizes.min() <= 1
        assert sizes.max() <= batch_size


def test_inputs_targets_and_weights_belong_together():
    weight = np.random.RandomState(0).uniform(0.5, 2, 40)
    table = make_table(weight=weight)
    X = table.store.gather(torch.arange(40)[None])[0]
    for batch in MemberLoader(table, ROWS, 4, [0, 1, 2, 3]):
        torch.testing.assert_close(batch.x, X[batch.y])
        for m in range(4):
            present = batch.weight[m] > 0
            if present.any():
                own = torch.from_numpy(weight[batch.y[m][present].numpy()]).float()
                torch.testing.assert_close(batch.weight[m][present], own / own.sum())
                assert batch.weight[m].sum().item() == pytest.approx(1)


def test_shares_are_of_the_members_whole_weight():
    weight = np.random.RandomState(0).uniform(0.5, 2, 40)
    batches = list(MemberLoader(make_table(weight=weight), ROWS, 4, [0, 1, 2, 3]))
    share = torch.stack([b.share for b in batches])
    torch.testing.assert_close(share.sum(0), torch.ones(4))
    # The weighted mean over an epoch is the sum of share * (batch's weighted mean).
    for m, own in enumerate(ROWS):
        mean = sum((b.share[m] * (b.y[m] * b.weight[m]).sum()).item() for b in batches)
        assert mean == pytest.approx(np.average(own, weights=weight[own]), rel=1e-5)


def orders(rows, seeds, epochs=3, batch_size=4, keep=None):
    loader_ = MemberLoader(make_table(), rows, batch_size, seeds)
    if keep is not None:
        loader_.keep(keep)
    epochs = [list(loader_) for _ in range(epochs)]
    n = len(loader_.rows)
    return [
        [sum((b.y[m][b.weight[m] > 0].tolist() for b in e), []) for e in epochs]
        for m in range(n)
    ]


def test_order_depends_on_seed_and_epoch_only():
    together = orders(ROWS, [3, 1, 4, 1])
    for m in range(4):
        assert orders([ROWS[m]], [[3, 1, 4, 1][m]])[0] == together[m]
    assert together[0][0] != together[0][1]  # another order each epoch
    kept = orders(ROWS, [3, 1, 4, 1], keep=[2, 0])
    assert kept == [together[2], together[0]]
    assert orders([ROWS[0]], [8])[0] != together[0]


def test_no_seeds_keep_the_rows_in_order():
    assert orders(ROWS, None)[2][1] == list(range(5, 38))


@pytest.mark.parametrize("batch_size", [4, 100])
def test_sparse_and_dense_give_the_same_batches(batch_size):
    dense = MemberLoader(make_table(), ROWS, batch_size, [0, 1, 2, 3])
    thin = MemberLoader(make_table(sparse_store=True), ROWS, batch_size, [0, 1, 2, 3])
    for a, b in zip(dense, thin, strict=True):
        for one, other in zip(a, b, strict=True):
            assert (one is None) == (other is None)
            if isinstance(one, torch.Tensor):
                torch.testing.assert_close(one, other)


def test_a_large_sparse_table_is_dense_a_batch_at_a_time_only(monkeypatch):
    monkeypatch.setattr(loader, "_EPOCH_NUMBERS", 200)
    monkeypatch.setattr(loader, "_CHUNK_NUMBERS", 100)
    gathered = []
    gather = stores.SparseStore.gather

    def spy(self, rows):
        out = gather(self, rows)
        gathered.append(out.numel())
        return out

    monkeypatch.setattr(stores.SparseStore, "gather", spy)
    table = make_table(sparse_store=True)
    list(MemberLoader(table, [np.arange(40)] * 2, 5, [0, 1]))
    assert max(gathered) == 2 * 5 * 3
    gathered.clear()
    rows = MemberRows(table, [np.arange(40)] * 2)
    chunks = list(rows)
    assert max(gathered) <= 100
    whole = table.store.gather(torch.arange(40).expand(2, -1))
    torch.testing.assert_close(torch.cat(chunks, 1), whole)


@pytest.mark.parametrize("classification", [True, False])
def test_validation_rows_stay_in_order_and_padding_weighs_nothing(classification):
    table = make_table(classification=classification)
    rows = MemberRows(table, ROWS)
    (x,) = list(rows)
    for m, own in enumerate(ROWS):
        present = rows.weight[m] > 0
        assert present.sum() == len(own)
        assert rows.y[m][present].reshape(-1).tolist() == own.tolist()
        torch.testing.assert_close(
            x[m][present], table.store.gather(torch.from_numpy(own)[None])[0]
        )
    rows.keep([2, 1])
    assert rows.y[1][rows.weight[1] > 0].reshape(-1).tolist() == ROWS[1].tolist()


def test_the_table_is_held_once():
    X = np.zeros((50, 4), np.float32)
    store = make_store(X, CPU)
    assert np.shares_memory(store._X.numpy(), X)
