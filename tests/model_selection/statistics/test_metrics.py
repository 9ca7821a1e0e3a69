"""Each vectorized metric is scikit-learn's, weights and all."""

import numpy as np
import pytest
from sklearn import metrics as sk

from sknn_bio.model_selection.statistics.metrics import METRICS
from sknn_bio.model_selection.statistics.scoring import apply_scorer

WEIGHTS = np.random.default_rng(3).integers(0, 4, size=(5, 200)).astype(float)


def binary_oracles(a):
    return {
        "accuracy": lambda w: sk.accuracy_score(a.y, a.label, sample_weight=w),
        "average_precision": lambda w: sk.average_precision_score(
            a.y, a.score, sample_weight=w
        ),
        "balanced_accuracy": lambda w: sk.balanced_accuracy_score(
            a.y, a.label, sample_weight=w
        ),
        "f1": lambda w: sk.f1_score(a.y, a.label, sample_weight=w),
        "neg_brier_score": lambda w: (
            -sk.brier_score_loss(a.y, a.proba[:, 1], sample_weight=w)
        ),
        "neg_log_loss": lambda w: -sk.log_loss(a.y, a.proba, sample_weight=w),
        "roc_auc": lambda w: sk.roc_auc_score(a.y, a.score, sample_weight=w),
    }


def class_oracles(a):
    return {
        "accuracy": lambda w: sk.accuracy_score(a.y, a.label, sample_weight=w),
        "balanced_accuracy": lambda w: sk.balanced_accuracy_score(
            a.y, a.label, sample_weight=w
        ),
        "f1_macro": lambda w: sk.f1_score(
            a.y, a.label, sample_weight=w, average="macro"
        ),
        "neg_log_loss": lambda w: -sk.log_loss(a.y, a.proba, sample_weight=w),
        "roc_auc_ovr": lambda w: np.mean(
            [
                sk.roc_auc_score(a.y == c, a.proba[:, c], sample_weight=w)
                for c in range(3)
            ]
        ),
    }


def number_oracles(a):
    return {
        "r2": lambda w: sk.r2_score(a.y, a.label, sample_weight=w),
        "neg_mean_absolute_error": lambda w: (
            -sk.mean_absolute_error(a.y, a.label, sample_weight=w)
        ),
        "neg_mean_squared_error": lambda w: (
            -sk.mean_squared_error(a.y, a.label, sample_weight=w)
        ),
        "neg_root_mean_squared_error": lambda w: (
            -sk.root_mean_squared_error(a.y, a.label, sample_weight=w)
        ),
    }


@pytest.mark.parametrize(
    ("kind", "oracles"),
    [
        ("binary", binary_oracles),
        ("three_classes", class_oracles),
        ("numbers", number_oracles),
    ],
)
def test_weighted_metrics_are_those_of_scikit_learn(kind, oracles, request):
    answers = request.getfixturevalue(kind)
    weights = WEIGHTS[:, : len(answers.y)]
    for name, oracle in oracles(answers).items():
        expected = [oracle(w) for w in weights]
        got = METRICS[name](answers, weights)
        np.testing.assert_allclose(got, expected, rtol=1e-9, err_msg=name)


def test_every_metric_has_an_oracle(binary, three_classes, numbers):
    checked = {
        *binary_oracles(binary),
        *class_oracles(three_classes),
        *number_oracles(numbers),
    }
    assert checked == set(METRICS)


@pytest.mark.parametrize("kind", ["binary", "three_classes", "numbers"])
def test_unweighted_metrics_are_those_of_the_scorers(kind, request):
    answers = request.getfixturevalue(kind)
    n_classes = None if answers.proba is None else answers.proba.shape[1]
    classes = None if n_classes is None else np.arange(n_classes)
    oracles = {
        "binary": binary_oracles,
        "three_classes": class_oracles,
        "numbers": number_oracles,
    }[kind]
    for name in oracles(answers):
        got = METRICS[name](answers, np.ones((1, len(answers.y))))[0]
        assert got == pytest.approx(apply_scorer(name, answers, classes)), name


def test_one_class_only_has_no_area(binary):
    weights = np.stack([np.ones(80), (binary.y == 1).astype(float)])
    areas = METRICS["roc_auc"](binary, weights)
    assert np.isfinite(areas[0]) and np.isnan(areas[1])
