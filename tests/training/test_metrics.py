"""The population's metrics against scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from sknn_bio.training.metrics import METRICS

RNG = np.random.RandomState(0)


def weights(shape, kind):
    if kind == "none":
        return np.ones(shape)
    w = RNG.uniform(0.1, 3, shape)
    w[:, -5:] = 0  # padding
    return w


def scored(task, name, raw, y, w):
    metric = METRICS[task][name]
    return metric(*(torch.from_numpy(a) for a in (raw, y, w))).numpy()


@pytest.mark.parametrize("kind", ["none", "weighted"])
@pytest.mark.parametrize("decimals", [0, 8])  # 0: mostly ties
@pytest.mark.parametrize("target", [np.int64, np.float32])
def test_binary_auc(kind, decimals, target):
    raw = RNG.normal(size=(3, 60, 1)).round(decimals)
    y, w = RNG.randint(2, size=(3, 60)), weights((3, 60), kind)
    auc = scored("classification", "roc_auc", raw, y.astype(target), w)
    for m in range(3):
        expected = metrics.roc_auc_score(y[m], raw[m, :, 0], sample_weight=w[m])
        assert auc[m] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["none", "weighted"])
def test_multiclass_auc_is_macro_one_versus_rest(kind):
    raw = RNG.normal(size=(2, 80, 4)).round(1)
    y, w = RNG.randint(4, size=(2, 80)), weights((2, 80), kind)
    auc = scored("classification", "roc_auc", raw, y, w)
    for m in range(2):
        prob = torch.softmax(torch.from_numpy(raw[m]), -1).numpy()
        each = [
            metrics.roc_auc_score(y[m] == c, prob[:, c], sample_weight=w[m])
            for c in range(4)
        ]
        assert auc[m] == pytest.approx(np.mean(each), abs=1e-12)
        if kind == "none":
            theirs = metrics.roc_auc_score(y[m], prob, multi_class="ovr")
            assert auc[m] == pytest.approx(theirs, abs=1e-12)


def test_auc_of_one_class_is_nan_for_that_member_only():
    y = np.array([[0, 0, 0, 1], [0, 1, 0, 1]])
    w = np.array([[1.0, 1, 1, 0], [1, 1, 1, 1]])  # its only positive is padding
    auc = scored("classification", "roc_auc", RNG.normal(size=(2, 4, 1)), y, w)
    assert np.isnan(auc[0]) and np.isfinite(auc[1])


@pytest.mark.parametrize("kind", ["none", "weighted"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_accuracy(kind, outputs):
    raw = RNG.normal(size=(2, 50, outputs))
    y = RNG.randint(max(2, outputs), size=(2, 50))
    w = weights((2, 50), kind)
    ours = scored("classification", "accuracy", raw, y, w)
    for m in range(2):
        guess = (raw[m, :, 0] > 0) if outputs == 1 else raw[m].argmax(1)
        expected = metrics.accuracy_score(y[m], guess, sample_weight=w[m])
        assert ours[m] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["none", "weighted"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("r2", metrics.r2_score),
        ("mean_absolute_error", metrics.mean_absolute_error),
    ],
)
def test_regression_metrics(name, oracle, kind, outputs):
    y = RNG.normal(size=(2, 50, outputs)) * 4 + 10
    raw, w = y + RNG.normal(size=y.shape), weights((2, 50), kind)
    ours = scored("regression", name, raw, y, w)
    for m in range(2):
        expected = oracle(y[m], raw[m], sample_weight=w[m])
        assert ours[m] == pytest.approx(expected)
