"""Curves at fixed places, against scikit-learn and against their formulas."""

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from sknn_bio.model_selection.statistics import curves


def ones(answers):
    return np.ones((1, len(answers.y)))


def test_roc(binary):
    false, true, _ = roc_curve(binary.y, binary.score, drop_intermediate=False)
    got = curves.roc(binary, ones(binary))[0]
    np.testing.assert_allclose(got[1:], np.interp(curves.RATES[1:], false, true))
    assert got[0] == 0 and got[-1] == 1


def test_precision_is_that_of_the_first_cut_with_the_recall(binary):
    precision, recall, _ = precision_recall_curve(binary.y, binary.score)
    got = curves.precision_recall(binary, ones(binary))[0]
    for place, wanted in ((9, 0.1), (49, 0.5), (99, 1.0)):
        reached = np.flatnonzero(recall >= wanted - 1e-12)
        assert got[place] == pytest.approx(precision[reached[-1]])


def test_net_benefit_is_that_of_vickers_and_elkin(binary):
    got = curves.net_benefit(binary, ones(binary))[0]
    n = len(binary.y)
    for place in (0, 19, 49, 98):
        threshold = curves.THRESHOLDS[place]
        called = binary.score >= threshold
        true, false = (called & (binary.y == v) for v in (1, 0))
        odds = threshold / (1 - threshold)
        assert got[place] == pytest.approx(true.sum() / n - false.sum() / n * odds)


def test_treating_all_is_worth_nothing_at_the_prevalence(binary):
    benefit = curves.treat_all(binary, ones(binary))[0]
    prevalence = binary.y.mean()
    crossing = np.interp(0, -benefit, curves.THRESHOLDS)
    assert crossing == pytest.approx(prevalence, abs=0.005)


def test_weights_are_copies_of_rows(binary):
    counts = np.random.default_rng(0).integers(0, 3, len(binary.y))
    copied = binary.take(np.repeat(np.arange(len(counts)), counts))
    for curve in (
        curves.roc,
        curves.precision_recall,
        curves.net_benefit,
        curves.treat_all,
    ):
        np.testing.assert_allclose(
            curve(binary, counts[None].astype(float)), curve(copied, ones(copied))
        )


def test_one_class_only_has_no_curve(binary):
    negatives = (binary.y == 0).astype(float)[None]
    assert np.isnan(curves.roc(binary, negatives)).all()
    assert np.isnan(curves.precision_recall(binary, negatives)).all()
