"""The HTML repr of a fitted estimator says what was learned; of others, nothing new."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.persistence import load, save
from sknn_bio.reporting._fitted_html import (
    facts_of,
    mean_curve,
    resolved_settings,
    sparkline,
)

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(60, 4)), columns=list("abcd"))
Y = np.where(X["a"] + 0.5 * RNG.normal(size=60) > 0, "well", "<b>ill</b>")
FAST = {"max_epochs": 4, "random_state": 0}


@pytest.fixture(scope="module")
def network():
    return NeuralNetBinaryClassifier(n_members=3, **FAST).fit(X, Y)


def test_resolved_settings_lead_to_the_same_model(network):
    became = resolved_settings(network)
    expected = network.resolve_defaults(X, Y)
    assert became.pop("device") == network.population_.settings.device
    assert became == expected
    same = clone(network).set_params(**became).fit(X, Y)
    np.testing.assert_array_equal(same.predict_proba(X), network.predict_proba(X))


def test_what_was_set_is_not_called_resolved():
    model = NeuralNetRegressor(
        n_neurons=3, n_members=1, batch_size=16, device="cpu", **FAST
    )
    became = resolved_settings(model.fit(X, X["b"]))
    assert not {"n_neurons", "n_members", "batch_size", "device"} & set(became)
    assert became["loss"] == "squared_error" and became["input_scaling"] == "standard"


def test_facts_are_those_of_the_fit(network):
    members, score, classes, epoch, spent = facts_of(network)
    assert members == "3 members, fitted on 60 rows × 4 columns"
    assert score == f"Out-of-fold ROC AUC: {network.oof_score_:.3f}"
    assert classes == "Classes: <b>ill</b>, well (positive)"
    best = network.best_epoch_
    said = f"{best.min()} to {best.max()}, median {int(np.median(best))}"
    assert epoch == f"Best epoch: {said} (4 epochs run)"
    assert spent.startswith("Trained in ")


def test_facts_without_folds_or_stopping():
    y = RNG.choice([f"c{k}" for k in range(8)], 60)
    model = NeuralNetClassifier(n_members=1, early_stopping=False, **FAST).fit(X, y)
    said = facts_of(model)
    assert said[0] == "1 member, fitted on 4 columns"
    assert said[1] == "8 classes: c0, c1, c2, c3, c4, c5, …"
    assert said[2] == "4 epochs run, the last one kept"


def test_the_sparkline_is_the_mean_loss(network):
    root = ElementTree.fromstring(sparkline(network))
    space = "{http://www.w3.org/2000/svg}"
    lines = root.findall(f"{space}polyline")
    points = [
        np.array([point.split(",") for point in line.get("points").split()], float)
        for line in lines
    ]
    curves = [mean_curve(network.history_, f"{k}_loss") for k in ("train", "valid")]
    both = np.concatenate(curves)
    for drawn, curve in zip(points, curves, strict=True):
        height = (both.max() - curve.to_numpy()) / np.ptp(both)
        np.testing.assert_allclose((drawn[:, 1] - 4) / 36, height, atol=0.01)
    (dot,) = root.findall(f"{space}circle")
    best = int(np.median(network.best_epoch_))
    assert float(dot.get("cx")) == pytest.approx(points[1][best - 1, 0])
    assert f"best epoch {best}" in root.find(f"{space}title").text


def test_the_mean_is_over_the_epochs_that_half_of_the_members_run():
    history = pd.DataFrame(
        {
            "member": [0, 0, 0, 1, 1, 2],
            "epoch": [1, 2, 3, 1, 2, 1],
            "loss": [1.0, 2, 3, 3, 4, 5],
        }
    )
    assert mean_curve(history, "loss").to_dict() == {1: 3.0, 2: 3.0}


def test_one_epoch_is_no_curve():
    model = NeuralNetClassifier(n_members=1, n_neurons=3).partial_fit(
        X, Y, classes=np.unique(Y)
    )
    assert sparkline(model) == ""
    assert "sknn-bio-fitted" in model._repr_html_()


def test_names_are_escaped_and_there_is_no_script(network):
    shown = network._repr_html_()
    assert "&lt;b&gt;ill" in shown
    (own,) = re.findall(r'<div class="sknn-bio-fitted">.*?</div>', shown, re.DOTALL)
    assert (
        "<b>" not in own
        and "<script" not in own
        and "http:" not in own.replace("http://www.w3.org/2000/svg", "")
    )


def test_unfitted_estimators_look_as_scikit_learn_has_them(network):
    assert "sknn-bio-fitted" not in clone(network)._repr_html_()
    assert "sknn-bio-fitted" in network._repr_html_()


def test_a_pipeline_shows_it_in_its_box(network):
    scaler = make_column_transformer((StandardScaler(), ["a", "b"]))
    pipeline = make_pipeline(scaler, clone(network)).fit(X, Y)
    shown = pipeline._repr_html_()
    assert shown.count('<div class="sknn-bio-fitted">') == 1
    assert shown.index("StandardScaler") < shown.index('<div class="sknn-bio-fitted">')


def test_a_loaded_model_shows_the_same_but_for_the_rows(network, tmp_path):
    save(network, tmp_path / "model.sknn")
    again = load(tmp_path / "model.sknn")
    assert facts_of(again)[0] == "3 members, fitted on 4 columns"  # files hold no rows
    assert facts_of(again)[1:] == facts_of(network)[1:]
    assert sparkline(again) == sparkline(network)


def test_matplotlib_is_not_needed(network, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "<polyline" in network._repr_html_()
