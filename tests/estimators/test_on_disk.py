import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.model_selection import PopulationSearchCV, compare
from sknn_bio.ondisk import open_rows
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

h5py = pytest.importorskip("h5py")


@pytest.fixture(scope="module")
def cells():
    rng = np.random.default_rng(0)
    state = rng.normal(size=(1500, 2))
    loadings = rng.normal(size=(2, 40))
    rates = np.exp(0.5 * state @ loadings - 1.0)
    y = np.where(state[:, 0] > 0, "resistant", "sensitive")
    order = np.argsort(y)  # sorted by label: the hard case for a reader
    return sparse.csr_matrix(rng.poisson(rates)[order], dtype=np.float32), y[order]


@pytest.fixture(scope="module")
def path(cells, tmp_path_factory):
    X, _ = cells
    path = tmp_path_factory.mktemp("disk") / "cells.h5ad"
    with h5py.File(path, "w") as file:
        group = file.create_group("X")
        group.attrs["encoding-type"] = "csr_matrix"
        group.attrs["shape"] = X.shape
        for name in ("data", "indices", "indptr"):
            group[name] = getattr(X, name)
        file["dense"] = X.toarray()
    return path


SMALL = {"n_members": 1, "max_epochs": 15, "n_neurons": 16, "random_state": 0}


def test_sorted_file_trains_as_well_as_memory(cells, path):
    X, y = cells
    areas = []
    for table in (open_rows(path), X):
        half = np.arange(len(y)) % 2 == 0
        network = NeuralNetBinaryClassifier(**SMALL).fit(table[half], y[half])
        proba = network.predict_proba(table[~half])[:, 1]
        areas.append(roc_auc_score(y[~half], proba))
    assert areas[1] > 0.9
    assert abs(areas[0] - areas[1]) < 0.02


def test_dense_and_sparse_files_and_a_memory_map_give_the_same_bits(cells, path):
    X, y = cells
    np.save(path.with_suffix(".npy"), X.toarray())
    memory_map = np.load(path.with_suffix(".npy"), mmap_mode="r")
    answers = [
        NeuralNetBinaryClassifier(**SMALL).fit(rows, y).predict_proba(rows)
        for rows in (open_rows(path, "dense"), open_rows(memory_map))
    ]
    np.testing.assert_array_equal(*answers)
    rows = open_rows(path)
    again = NeuralNetBinaryClassifier(**SMALL).fit(rows, y).predict_proba(rows)
    np.testing.assert_allclose(again, answers[0], atol=1e-4)


def test_predictions_do_not_depend_on_where_the_rows_are(cells, path):
    X, y = cells
    network = NeuralNetClassifier(**SMALL).fit(X, y)
    rows = open_rows(path)
    np.testing.assert_array_equal(network.predict_proba(rows), network.predict_proba(X))
    some = [900, 3, 3, 1200]
    np.testing.assert_allclose(
        network.predict_proba(rows[some]), network.predict_proba(X[some]), rtol=1e-6
    )


def test_members_weights_groups_and_a_regressor(cells, path):
    X, y = cells
    rows = open_rows(path)
    ensemble = NeuralNetBinaryClassifier(n_members=4, max_epochs=8, random_state=0)
    ensemble.fit(rows, y, groups=np.arange(len(y)) % 50)
    assert ensemble.oof_prediction_.shape == (len(y), 2)
    assert ensemble.oof_score_ > 0.9
    target = np.log1p(np.asarray(X.sum(1)).ravel())
    network = NeuralNetRegressor(**{**SMALL, "max_epochs": 40}).fit(rows, target)
    assert network.score(rows, target) > 0.5
    weight = (y == "resistant").astype(float)
    weight[::5] = 1
    network = NeuralNetBinaryClassifier(**SMALL)
    assert network.fit(rows, y, sample_weight=weight).history_["roc_auc"].max() > 0.8


def test_partial_fit_over_blocks(cells, path):
    X, y = cells
    network = NeuralNetClassifier(**SMALL)
    rows = open_rows(path)[np.random.default_rng(0).permutation(len(y))]
    labels = y[rows._index]
    for _ in range(15):
        for start in range(0, len(y), 500):
            block = rows.read(start, start + 500)
            own = labels[start : start + 500]
            network.partial_fit(block, own, classes=["resistant", "sensitive"])
    assert network.score(X, y) > 0.8


def test_cross_validation_cuts_the_file_by_rows(cells, path):
    _, y = cells
    network = NeuralNetBinaryClassifier(**SMALL)
    areas = cross_val_score(network, open_rows(path), y, cv=3, scoring="roc_auc")
    assert areas.min() > 0.9


def test_a_pipeline_of_counts_streams(cells, path):
    X, y = cells
    genes = [f"g{j}" for j in range(X.shape[1])]
    steps = make_pipeline(
        HighlyVariableGenes(n_top_genes=20),
        LogNormalizer(),
        NeuralNetBinaryClassifier(**SMALL),
    )
    rows = open_rows(path)
    steps.fit(rows, y)
    in_memory = make_pipeline(HighlyVariableGenes(n_top_genes=20), LogNormalizer())
    in_memory.fit(X)
    np.testing.assert_array_equal(steps[0].support_, in_memory[0].support_)
    np.testing.assert_allclose(
        steps[:-1].transform(rows).read(5, 90).toarray(),
        in_memory.transform(X)[5:90].toarray(),
        rtol=1e-6,
    )
    np.testing.assert_allclose(steps.predict_proba(rows), steps.predict_proba(X))
    aligner = GeneAligner().fit(rows, genes=genes)
    turned = aligner.transform(rows[:50], genes=genes[::-1])
    np.testing.assert_array_equal(
        turned.read(0, 50).toarray(), X[:50].toarray()[:, ::-1]
    )
    for method in ("log", "pearson"):
        step = LogNormalizer(method=method, target_sum=None)
        expected = step.fit_transform(X)
        answer = step.fit(rows).transform(rows)
        assert answer.is_sparse == sparse.issparse(expected)
        last = answer.read(1400, 1500)
        last = last.toarray() if sparse.issparse(last) else last
        expected = expected.toarray() if sparse.issparse(expected) else expected
        np.testing.assert_allclose(last, expected[1400:], rtol=1e-5, atol=1e-7)


def test_wrong_tables_on_disk(cells, path, tmp_path):
    _, y = cells
    network = NeuralNetBinaryClassifier(**SMALL)
    rows = open_rows(path)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        network.fit(rows, y[:-1])
    with pytest.raises(ValueError, match="scaled only"):
        NeuralNetBinaryClassifier(input_scaling="quantile").fit(rows, y)
    with pytest.raises(ValueError, match="holds numbers only"):
        NeuralNetBinaryClassifier(categorical_features=[0]).fit(rows, y)
    with pytest.raises(ValueError, match="must have rows"):
        network.fit(rows[:0], y[:0])
    np.save(tmp_path / "words.npy", np.full((10, 2), "a"))
    with pytest.raises(ValueError, match="must hold numbers"):
        network.fit(open_rows(tmp_path / "words.npy"), y[:10])
    network.fit(rows, y)
    np.save(tmp_path / "wide.npy", np.zeros((10, 41)))
    with pytest.raises(ValueError, match="41 features"):
        network.predict(open_rows(tmp_path / "wide.npy"))
    hole = np.ones((60, 2))
    hole[7, 1] = np.nan
    np.save(tmp_path / "hole.npy", hole)
    with pytest.raises(ValueError, match="nan in row 7, column 1"):
        network.fit(open_rows(tmp_path / "hole.npy"), y[:: len(y) // 60][:60])
    negative = np.ones((60, 2))
    negative[59] = -1
    np.save(tmp_path / "negative.npy", negative)
    step = HighlyVariableGenes(n_top_genes=1)
    with pytest.raises(ValueError, match="Negative values"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        step.fit(open_rows(tmp_path / "negative.npy"))


def test_searches_fit_one_by_one_and_comparisons_refuse(cells, path):
    _, y = cells
    rows, network = open_rows(path), NeuralNetBinaryClassifier(**SMALL)
    search = PopulationSearchCV(network, {"lr": [1e-3, 1e-2]}, cv=2)
    with pytest.warns(UserWarning, match="table on disk"):
        search.fit(rows, y)
    assert search.best_score_ > 0.8
    with pytest.raises(ValueError, match="in memory, got one on disk"):
        compare({"network": network}, rows, y)
