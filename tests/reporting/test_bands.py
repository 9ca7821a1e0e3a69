"""Curves with bands: those of scikit-learn's functions, and intervals around them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetClassifier
from sknn_bio.reporting import (
    PrecisionRecallBandDisplay,
    ReliabilityDisplay,
    RocBandDisplay,
)

DISPLAYS = [PrecisionRecallBandDisplay, ReliabilityDisplay, RocBandDisplay]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(0)
    y = np.repeat(["well", "ill"], [150, 50])
    return y, 1 / (1 + np.exp(-2 * (y == "ill") - rng.normal(size=200)))


def test_roc_is_the_curve_and_its_area_inside_its_interval(scores):
    y, score = scores
    display = RocBandDisplay.from_predictions(y, score, pos_label="ill", name="net")
    curve = display.curves["net"]
    fpr, tpr, _ = roc_curve(y == "ill", score)
    x = curve["false_positive_rate"].to_numpy()
    drawn = curve["true_positive_rate"].to_numpy()
    np.testing.assert_allclose(drawn[1:], np.interp(x[1:], fpr, tpr), atol=1e-12)
    assert (curve["low"] <= drawn + 1e-9).mean() > 0.95
    assert (curve["high"] >= drawn - 1e-9).mean() > 0.95
    area = roc_auc_score(y == "ill", score)
    (said,) = legend(display.ax_)
    assert said.startswith(f"net AUC {area:.3f} [")
    low, high = (float(part) for part in said.split("[")[1].rstrip("]").split(", "))
    assert low < area < high < 1


def test_precision_recall_says_average_precision_and_chance(scores):
    y, score = scores
    display = PrecisionRecallBandDisplay.from_predictions(y, score, pos_label="ill")
    area = average_precision_score(y == "ill", score)
    assert f"AP {area:.3f} [" in legend(display.ax_)[0]
    assert display.chance == pytest.approx(0.25)


def test_reliability_bins_the_predictions(scores):
    y, score = scores
    display = ReliabilityDisplay.from_predictions(y, score, pos_label="ill")
    (curve,) = display.curves.values()
    assert curve["n"].sum() == 200
    weights = curve["n"] / 200
    assert weights @ curve["observed"] == pytest.approx(0.25)
    assert weights @ curve["predicted"] == pytest.approx(score.mean())
    assert display.label == "ill" and "probability of ill" in display.ax_.get_xlabel()


def test_several_models_share_their_rows(scores):
    y, score = scores
    given = {"good": score, "chance": np.random.default_rng(1).random(200)}
    display = RocBandDisplay.from_predictions(y, given, pos_label="ill")
    assert [text.split(" AUC")[0] for text in legend(display.ax_)] == list(given)
    colors = [h.get_color() for h in display.ax_.get_legend().legend_handles]
    assert len(set(colors)) == 2


def test_patients_of_several_rows_widen_the_band(scores):
    y, score = scores
    alone = RocBandDisplay.from_predictions(y, score, pos_label="ill")
    together = RocBandDisplay.from_predictions(
        np.repeat(y, 5),
        np.repeat(score, 5),
        pos_label="ill",
        groups=np.repeat(np.arange(200), 5),
    )
    copied = RocBandDisplay.from_predictions(
        np.repeat(y, 5), np.repeat(score, 5), pos_label="ill"
    )

    def width(display):
        (curve,) = display.curves.values()
        return (curve["high"] - curve["low"]).mean()

    assert width(together) == pytest.approx(width(alone), rel=0.05)
    assert width(copied) < 0.6 * width(together)


@pytest.mark.parametrize("display", DISPLAYS)
def test_from_estimator_on_given_rows_and_out_of_fold(display):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    y = np.where(X[:, 0] + rng.normal(size=90) > 0, "a", "b")
    net = NeuralNetClassifier(n_members=3, max_epochs=3, random_state=0)
    pipeline = make_pipeline(StandardScaler(), net).fit(X, y)
    drawn = display.from_estimator(pipeline, X, y)
    expected = display.from_predictions(
        y, pipeline.predict_proba(X)[:, 1], name="NeuralNetClassifier"
    )
    assert legend(drawn.ax_) == legend(expected.ax_)
    for code, label in enumerate("ab"):
        held_out = display.from_estimator(
            pipeline, None, y, pos_label=label, name="oof"
        )
        probability = pipeline[-1].oof_prediction_[:, code]
        expected = display.from_predictions(y, probability, pos_label=label, name="oof")
        (found,), (wanted,) = held_out.curves.values(), expected.curves.values()
        pd.testing.assert_frame_equal(found, wanted)


def test_a_classifier_without_probabilities_is_ranked_by_its_decisions():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    y = np.where(X[:, 0] + rng.normal(size=90) > 0, "a", "b")
    model = RidgeClassifier().fit(X, y)
    for label in ("a", "b"):
        display = RocBandDisplay.from_estimator(model, X, y, pos_label=label)
        area = roc_auc_score(y == "b", model.decision_function(X))
        assert f"AUC {area:.3f}" in legend(display.ax_)[0]
    with pytest.raises(ValueError, match="no probabilities to calibrate"):
        ReliabilityDisplay.from_estimator(model, X, y)


def test_of_several_classes_one_is_found():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = np.digitize(X[:, 0] + 0.5 * rng.normal(size=120), [-0.5, 0.5])
    model = LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="pos_label must name the class to find"):
        RocBandDisplay.from_estimator(model, X, y)
    with pytest.raises(ValueError, match="pos_label must be one of"):
        RocBandDisplay.from_estimator(model, X, y, pos_label=7)
    display = RocBandDisplay.from_estimator(model, X, y, pos_label=2)
    area = roc_auc_score(y == 2, model.predict_proba(X)[:, 2])
    assert f"AUC {area:.3f}" in legend(display.ax_)[0]


@pytest.mark.parametrize(
    ("y", "score", "message"),
    [
        (["a", "a"], [0.1, 0.2], "y_true must hold two classes, got one"),
        (["a", "b"], [0.1, np.nan], "y_score must be finite"),
        (["a", "b"], [0.1, 0.2, 0.3], "inconsistent numbers of samples"),
        (["a", "b", "c"], [0.1, 0.2, 0.3], "pos_label must name the class"),
    ],
)
def test_what_cannot_be_drawn_is_refused(y, score, message):
    with pytest.raises(ValueError, match=message):
        RocBandDisplay.from_predictions(y, score)
