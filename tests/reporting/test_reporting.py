import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.metrics import auc
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from sknn_bio.reporting import (  # noqa: E402
    HistoryDisplay,
    plot_history,
    plot_roc_curves,
)
from sknn_bio.reporting._style import CYCLE  # noqa: E402


class Fitted(BaseEstimator):
    """Carries what a fitted estimator carries, and nothing else."""

    def __init__(self, n_members=1, epochs=(6,), valid=True, metric="roc_auc"):
        rows = []
        for member in range(n_members):
            for epoch in range(1, epochs[member % len(epochs)] + 1):
                loss = 1 / epoch + 0.1 * member
                rows.append((member, epoch, loss, loss + 0.05, 0.9 + 0.01 * epoch))
        names = ["member", "epoch", "train_loss", "valid_loss", metric]
        self.history_ = pd.DataFrame(rows, columns=names).assign(lr=0.1, seconds=0.2)
        if not valid:
            self.history_[["valid_loss", metric]] = np.nan
        self.best_epoch_ = np.arange(n_members) % 3 + 2

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_history_marks_the_best_epoch():
    display = plot_history(Fitted())
    assert len(display.axes_) == 2
    loss, metric = display.axes_
    assert legend(loss) == ["Training loss", "Validation loss", "Best epoch: 2"]
    assert metric.get_ylabel() == "Validation ROC AUC"
    (dot,) = [line for line in loss.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dot.get_xydata(), [[2, 0.55]])
    display.figure_.canvas.draw()


def test_history_of_members_has_a_line_each_and_their_mean():
    display = plot_history(Fitted(n_members=4, epochs=(6, 5)))
    loss = display.axes_[0]
    assert "Best epochs: 2 to 4, median 2" in legend(loss)
    (dots,) = [line for line in loss.lines if line.get_marker() == "o"]
    assert len(dots.get_xdata()) == 4 and np.isfinite(dots.get_ydata()).all()
    thick = [line for line in loss.lines if line.get_linewidth() == 1.8]
    assert np.isfinite(thick[0].get_ydata()).sum() == 5  # where all members ran


def test_history_without_validation_has_no_best_epoch():
    display = plot_history(Fitted(valid=False))
    assert len(display.axes_) == 1
    assert legend(display.axes_[0]) == ["Training loss"]


def test_history_of_a_regressor_and_on_given_axes():
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(1, 3)
    display = plot_history(Fitted(metric="r2"), ax=axes)
    assert display.figure_ is figure and display.axes_ == list(axes[:2])
    assert axes[1].get_ylabel() == "Validation R²"
    single = figure.add_subplot()
    assert plot_history(Fitted(), ax=single).axes_ == [single]


def test_history_looks_inside_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), Fitted())
    assert len(plot_history(pipeline).axes_) == 2


def test_history_display_draws_again_elsewhere():
    display = HistoryDisplay.from_estimator(Fitted(n_members=2))
    first = display.figure_
    figure = matplotlib.figure.Figure()
    assert display.plot(ax=figure.subplots(1, 2)) is display
    assert display.figure_ is figure and figure is not first
    assert len(display.axes_) == 2 and legend(display.axes_[0])


def test_history_of_an_unfitted_estimator_is_refused():
    with pytest.raises(NotFittedError):
        plot_history(StandardScaler())


@pytest.fixture
def folds():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 100)
    return [(y, y + rng.normal(0, 0.8, 200)) for _ in range(3)]


def test_roc_curves_say_area_and_positive_class(folds):
    display = plot_roc_curves(
        {"A": folds, "B": folds[:1]}, pos_label_name="malignant", zoom=0.2
    )
    first, second = legend(display.ax_)
    assert first.startswith("A: 0.8") and "±" in first
    assert second.startswith("B: 0.7") and "±" not in second
    assert display.ax_.get_xlabel() == "False positive rate (positive: malignant)"
    assert len(display.ax_.child_axes) == 1
    display.figure_.canvas.draw()


def test_mean_curve_has_the_mean_area(folds):
    display = plot_roc_curves({"A": folds})
    line = display.ax_.lines[1]
    drawn = auc(line.get_xdata(), line.get_ydata())
    written = float(legend(display.ax_)[0].split()[1])
    assert drawn == pytest.approx(written, abs=0.005)


def test_roc_curves_take_string_labels(folds):
    named = [(np.where(y == 1, "ill", "well"), score) for y, score in folds]
    display = plot_roc_curves({"A": named}, pos_label="ill")
    assert legend(display.ax_) == legend(plot_roc_curves({"A": folds}).ax_)
    assert "ill" in display.ax_.get_ylabel()


def test_wrong_roc_input_is_refused(folds):
    with pytest.raises(ValueError, match="results must hold at least one model"):
        plot_roc_curves({})
    with pytest.raises(ValueError, match=r"zoom must be in \(0, 1\), got 2"):
        plot_roc_curves({"A": folds}, zoom=2)


def test_absent_matplotlib_names_the_extra(monkeypatch, folds):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"sknn-bio\[report\]"):
        plot_roc_curves({"A": folds})


# Machado, G. M., Oliveira, M. M. & Fernandes, L. A. F. (2009). A physiologically-based
# model for simulation of color vision deficiency; severity 1, on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_survive_colour_blindness(deficiency):
    colors = np.array([matplotlib.colors.to_rgb(color) for color in CYCLE])
    seen = (colors**2.2 @ np.transpose(DEFICIENCIES[deficiency])).clip(0, 1) ** (
        1 / 2.2
    )
    distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
    assert distances[~np.eye(len(seen), dtype=bool)].min() > 0.1
