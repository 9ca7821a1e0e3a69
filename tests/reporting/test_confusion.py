"""The confusion matrix: counts, shares of the true class, readable at any size."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from sknn_bio import NeuralNetClassifier
from sknn_bio.reporting import ConfusionDisplay

TRUE = np.array(["b", "a", "a", "a", "a", "b"])
CALLED = np.array(["b", "a", "a", "a", "b", "b"])


def cells(ax):
    return {t.get_position(): t.get_text() for t in ax.texts}


def test_cells_say_share_and_count():
    display = ConfusionDisplay.from_predictions(TRUE, CALLED)
    assert display.matrix.to_numpy().tolist() == [[3, 1], [0, 2]]
    assert cells(display.ax_) == {
        (0, 0): "75%\n3",
        (1, 0): "25%\n1",
        (1, 1): "100%\n2",
    }
    assert display.ax_.get_xlabel() == "Predicted"
    assert display.accuracy == pytest.approx(5 / 6)
    found = balanced_accuracy_score(TRUE, CALLED)
    assert display.balanced_accuracy == pytest.approx(found)


def test_labels_give_the_order_and_an_absent_class_has_no_share():
    display = ConfusionDisplay.from_predictions(TRUE, CALLED, labels=["c", "b", "a"])
    assert [t.get_text() for t in display.ax_.get_yticklabels()] == ["c", "b", "a"]
    assert np.isnan(display.shares[0]).all()
    assert display.balanced_accuracy == pytest.approx(0.875)


def drawn(n_classes, ax=None):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(n_classes), 40)
    called = np.where(rng.random(len(y)) < 0.8, y, rng.permutation(y))
    names = np.array([f"cell type {c:02d} of a long name" for c in range(n_classes)])
    return ConfusionDisplay.from_predictions(names[y], names[called], ax=ax)


@pytest.mark.parametrize("width", [3.35, 9])
@pytest.mark.parametrize("n_classes", [2, 6, 7, 14])
def test_what_is_written_stays_inside_its_cell(n_classes, width):
    with plt.rc_context({"font.size": 7 if width < 4 else 14}):
        figure, ax = plt.subplots(figsize=(width, width), layout="constrained")
        drawn(n_classes, ax)
        figure.canvas.draw()
    cell = ax.get_window_extent().width / n_classes
    assert ax.texts
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.width < cell and box.height < cell
    assert ("\n" in ax.texts[0].get_text()) == (n_classes <= 6)


def test_what_cannot_be_read_is_not_written():
    with plt.rc_context({"font.size": 7}):
        figure, ax = plt.subplots(figsize=(2, 2), layout="constrained")
        assert not drawn(30, ax).ax_.texts


def test_rows_that_are_rarer_than_half_a_percent_are_not_zero():
    y = np.repeat(["a", "b"], 1000)
    called = y.copy()
    called[0] = "b"
    display = ConfusionDisplay.from_predictions(y, called)
    assert cells(display.ax_)[(1, 0)] == "<1%\n1"


def test_from_estimator_asks_predict_or_the_members_that_did_not_see_a_row():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    y = np.array(["x", "y", "z"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    plain = LogisticRegression().fit(X, y)
    display = ConfusionDisplay.from_estimator(plain, X, y)
    assert display.accuracy == pytest.approx(plain.score(X, y))
    net = NeuralNetClassifier(n_members=3, max_epochs=5, random_state=0).fit(X, y)
    held_out = net.classes_[net.oof_prediction_.argmax(axis=1)]
    display = ConfusionDisplay.from_estimator(net, None, y)
    assert display.accuracy == pytest.approx(np.mean(held_out == y))
    assert display.matrix.index.tolist() == ["x", "y", "z"]
    with pytest.raises(ValueError, match="keeps no out-of-fold predictions"):
        ConfusionDisplay.from_estimator(plain, None, y)
    with pytest.raises(NotFittedError):
        ConfusionDisplay.from_estimator(LogisticRegression(), X, y)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ConfusionDisplay.from_predictions(TRUE, CALLED[1:])
