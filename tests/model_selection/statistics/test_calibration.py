"""Calibration: Murphy's decomposition by hand, and what a good model looks like."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from sknn_bio.model_selection.statistics.calibration import (
    bins_of,
    calibration,
    decompose,
    widen,
)
from sknn_bio.model_selection.statistics.evidence import Evidence


def evidence_of(y, proba, classes=(0, 1), repeats=1, **columns):
    proba = proba if proba.ndim == 2 else np.column_stack([1 - proba, proba])
    frame = pd.DataFrame({f"proba_{c}": proba[:, i] for i, c in enumerate(classes)})
    labels = np.asarray(classes)
    frame = frame.assign(
        model="m",
        repeat=0,
        fold=0,
        row=np.arange(len(y)),
        y_true=labels[y],
        y_pred=labels[proba.argmax(1)],
        **columns,
    )
    again = [frame.assign(repeat=r) for r in range(repeats)]
    return Evidence(pd.concat(again), list(classes), {"roc_auc": "roc_auc"}, 0)


def test_murphys_parts_by_hand():
    # Ten forecasts of 0.2 with three events, ten of 0.7 with six.
    proba = np.repeat([0.2, 0.7], 10)
    y = np.r_[np.repeat([1, 0], [3, 7]), np.repeat([1, 0], [6, 4])]
    parts = decompose(y, proba, np.repeat([0, 1], 10))
    assert parts["reliability"] == pytest.approx((0.1**2 + 0.1**2) / 2)
    assert parts["resolution"] == pytest.approx(0.15**2)
    assert parts["uncertainty"] == pytest.approx(0.45 * 0.55)
    assert parts["ece"] == pytest.approx(0.1)
    assert parts["brier"] == pytest.approx(brier_score_loss(y, proba))


def test_the_parts_add_up_within_wide_bins():
    rng = np.random.default_rng(0)
    proba = rng.random(500)
    y = (rng.random(500) < proba**2).astype(int)
    parts = decompose(y, proba, bins_of(proba))
    total = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert total == pytest.approx(parts["brier"])
    assert parts["reliability"] > 0.02


def test_honest_probabilities_are_reliable_and_bold_ones_are_not():
    rng = np.random.default_rng(1)
    proba = rng.beta(1, 1, 5000)
    y = (rng.random(5000) < proba).astype(int)
    good = calibration(evidence_of(y, proba), "m")
    bold = calibration(evidence_of(y, (proba > 0.5) * 0.98 + 0.01), "m")
    assert good["ece"] < 0.03 < 0.2 < bold["ece"]
    curve = good["curve"]
    assert (
        (curve["low"] <= curve["predicted"]) & (curve["predicted"] <= curve["high"])
    ).all()
    assert curve["n"].tolist() == [500] * 10


def test_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    proba = rng.random(400)
    y = (rng.random(400) < proba).astype(int)
    observed, predicted = calibration_curve(y, proba, n_bins=10, strategy="quantile")
    curve = calibration(evidence_of(y, proba), "m")["curve"]
    np.testing.assert_allclose(curve["observed"], observed)
    np.testing.assert_allclose(curve["predicted"], predicted)


def test_repeats_do_not_narrow_the_band():
    rng = np.random.default_rng(3)
    proba = rng.random(200)
    y = (rng.random(200) < proba).astype(int)
    once = calibration(evidence_of(y, proba), "m")["curve"]
    often = calibration(evidence_of(y, proba, repeats=5), "m")["curve"]
    pd.testing.assert_frame_equal(once, often)


def test_groups_widen_the_band():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(40), 20)
    proba = rng.random(40)[group]
    y = (rng.random(40)[group] < proba).astype(int)
    rows = calibration(evidence_of(y, proba), "m")["curve"]
    groups = calibration(evidence_of(y, proba, group=group), "m")["curve"]
    width = [(c["high"] - c["low"]).mean() for c in (rows, groups)]
    assert width[1] > 2 * width[0]


def test_three_classes_each_against_the_rest():
    rng = np.random.default_rng(5)
    proba = rng.dirichlet([1, 1, 1], 600)
    y = np.array([rng.choice(3, p=p) for p in proba])
    found = calibration(evidence_of(y, proba, classes=("a", "b", "c")), "m")
    assert set(found["curve"]["label"]) == {"a", "b", "c"}
    actual = y[:, None] == np.arange(3)
    assert found["brier"] == pytest.approx(((proba - actual) ** 2).sum(1).mean())
    assert found["ece"] < 0.06


def test_a_share_of_zero_is_not_certain():
    low, high = widen([0.0], [0.0], [0.0], [20])
    assert low[0] == 0
    assert 0.1 < high[0] < 0.2
