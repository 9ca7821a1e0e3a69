"""What is equal to the bit, and what agrees to rounding: the guide's table, tested."""

import random

import joblib
import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.model_selection import PopulationSearchCV, population_cross_validate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(160, 6))
Y = (X[:, 0] + 0.5 * RNG.normal(size=160) > 0).astype(int)


class Noisy(nn.Module):
    """Takes its weights and its dropout from torch's global generator."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, d_out)
        )

    def forward(self, x):
        return self.layers(x)


def net(kind=NeuralNetBinaryClassifier, **params):
    base = {"n_neurons": 16, "n_members": 3, "max_epochs": 15, "random_state": 0}
    return kind(**{**base, "lr": 0.01, **params})


def assert_same(a, b):
    for name, weights in a.population_.weights.items():
        np.testing.assert_array_equal(weights, b.population_.weights[name])
    np.testing.assert_array_equal(a.oof_prediction_, b.oof_prediction_)
    columns = a.history_.columns.drop("seconds")
    assert a.history_[columns].equals(b.history_[columns])


# Equal to the bit --------------------------------------------------------------------


@pytest.mark.parametrize("params", [{}, {"module": Noisy}, {"optimizer": "rmsprop"}])
def test_the_same_fit_again_is_the_same_whatever_was_drawn_before(params):
    first = net(**params).fit(X, Y)
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002
    random.seed(7)
    torch.rand(3)
    assert_same(first, net(**params).fit(X, Y))


@pytest.mark.parametrize("params", [{}, {"module": Noisy}])
def test_global_generators_are_left_alone(params):
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1], random.getstate()  # noqa: NPY002
    model = net(**params).fit(X, Y)
    model.predict_proba(X), model.net_
    cross_val_score(net(**params), X, Y, cv=2)
    population_cross_validate(net(), X, Y, cv=2)
    assert torch.equal(before[0], torch.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


@pytest.mark.parametrize(
    "table",
    [np.asfortranarray(X), X.tolist(), np.repeat(X, 2, axis=1)[:, ::2]],
    ids=["columns", "list", "strided"],
)
def test_how_a_table_lies_in_memory_has_no_say(table):
    assert_same(net().fit(X, Y), net().fit(table, Y))


def test_scikit_learns_workers():
    def proba(n_jobs):
        with joblib.parallel_config(backend="threading", n_jobs=n_jobs):
            return cross_val_predict(net(), X, Y, cv=4, method="predict_proba")

    np.testing.assert_array_equal(proba(1), proba(2))


def test_workers_of_populations():
    def losses(n_jobs):
        return population_cross_validate(
            net(), X, Y, cv=KFold(4), scoring="neg_log_loss", n_jobs=n_jobs,
            max_memory=100_000,
        )["test_score"]  # fmt: skip

    np.testing.assert_array_equal(losses(1), losses(2))

    def search(n_jobs):
        grid = {"lr": [0.003, 0.01], "n_neurons": [8, 16]}
        found = PopulationSearchCV(net(), grid, cv=3, n_jobs=n_jobs, max_memory=100_000)
        return found.fit(X, Y)

    one, two = search(1), search(2)
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )
    assert_same(one.best_estimator_, two.best_estimator_)


# Equal to rounding -------------------------------------------------------------------


def test_a_population_agrees_with_fits_one_by_one():
    model = net(dropout=0.0)
    together = population_cross_validate(model, X, Y, cv=KFold(3), scoring="r2")
    alone = cross_val_score(model, X, Y, cv=KFold(3), scoring="r2")
    np.testing.assert_allclose(together["test_score"], alone, atol=1e-5)


def test_another_plan_of_chunks_agrees():
    def losses(max_memory):
        return population_cross_validate(
            net(dropout=0.0), X, Y, cv=KFold(3), scoring="neg_log_loss",
            max_memory=max_memory,
        )["test_score"]  # fmt: skip

    np.testing.assert_allclose(losses("auto"), losses(1), atol=1e-5)


def test_another_number_of_threads_agrees(monkeypatch):
    from sknn_bio.training import devices

    monkeypatch.setattr(devices, "_THREADED_FLOPS", 0.0)
    allowed = torch.get_num_threads()

    def proba(threads):
        torch.set_num_threads(threads)
        try:
            return net(dropout=0.0, max_epochs=5).fit(X, Y).predict_proba(X)
        finally:
            torch.set_num_threads(allowed)

    np.testing.assert_allclose(proba(1), proba(2), atol=1e-5)


def test_a_small_fit_takes_one_thread_whatever_is_allowed(monkeypatch):
    allowed = torch.get_num_threads()
    first = net().fit(X, Y)
    try:
        torch.set_num_threads(3)
        again = net().fit(X, Y)
    finally:
        torch.set_num_threads(allowed)
    assert_same(first, again)


def test_single_precision_tables_agree_with_double_ones():
    params = {"dropout": 0.0}
    double = net(**params).fit(X, Y).predict_proba(X)
    single = net(**params).fit(X.astype(np.float32), Y).predict_proba(X)
    np.testing.assert_allclose(single, double, atol=1e-5)


def test_a_sparse_table_agrees_with_a_dense_one():
    table = X * (X > 0)
    params = {"dropout": 0.0, "input_scaling": "standard"}
    dense = net(**params).fit(table, Y)
    thin = net(**params).fit(sparse.csr_matrix(table), Y)
    np.testing.assert_allclose(
        dense.predict_proba(table), thin.predict_proba(table), atol=1e-4
    )


def test_double_and_half_precision_agree_to_their_digits():
    def proba(precision):
        params = {"dropout": 0.0, "max_epochs": 10, "early_stopping": False}
        return net(precision=precision, **params).fit(X, Y).predict_proba(X)

    single = proba("float32")
    np.testing.assert_allclose(proba("float64"), single, atol=1e-4)
    np.testing.assert_allclose(proba("bfloat16"), single, atol=0.03)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_and_gpu_agree():
    def fitted(device):
        params = {"dropout": 0.0, "max_epochs": 10, "early_stopping": False}
        y = X @ np.arange(6.0)
        return net(NeuralNetRegressor, device=device, **params).fit(X, y).predict(X)

    np.testing.assert_allclose(fitted("cuda"), fitted("cpu"), rtol=1e-3, atol=1e-2)
    before = torch.cuda.get_rng_state()
    net(module=Noisy, device="cuda").fit(X, Y)
    assert torch.equal(before, torch.cuda.get_rng_state())
