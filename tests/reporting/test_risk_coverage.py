"""The risk-coverage curve draws the numbers of a RejectOption."""

import sys

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from sknn_bio.omics import RejectOption  # noqa: E402
from sknn_bio.reporting._risk_coverage import RiskCoverageDisplay  # noqa: E402


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def blobs():
    return make_blobs(600, 4, centers=3, cluster_std=3.0, random_state=1)


@pytest.fixture(scope="module")
def model(blobs):
    return RejectOption(LogisticRegression(), target_error=0.1).fit(*blobs)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def dots(ax):
    return [line for line in ax.lines if line.get_marker() == "o"]


def test_held_out_rows_as_the_model_keeps_them(model):
    drawn = RiskCoverageDisplay.from_estimator(model)
    curve = model.risk_coverage_
    np.testing.assert_array_equal(
        drawn.line_.get_xydata(), curve[["coverage", "risk"]].to_numpy()
    )
    (dot,) = dots(drawn.ax_)
    np.testing.assert_allclose(dot.get_xydata(), [[model.coverage_, model.error_]])
    first, target, chosen = legend(drawn.ax_)
    assert (first, target) == ("held-out rows", "target: 10.0%")
    assert f"(at most {model.error_bound_:.1%})" in chosen
    assert drawn.ax_.get_ylim()[1] > max(curve["risk"].max(), model.error_bound_)
    drawn.figure_.canvas.draw()


def test_given_rows_are_what_predict_answers(model, blobs):
    X, y = blobs
    y = np.where(np.arange(600) % 10 == 0, (y + 1) % 3, y)  # a tenth is wrong for sure
    drawn = RiskCoverageDisplay.from_estimator(model, X, y, name="other rows")
    answer = model.predict(X)
    accepted = answer != -1
    (dot,) = dots(drawn.ax_)
    expected = accepted.mean(), (answer != y)[accepted].mean()
    np.testing.assert_allclose(dot.get_xydata(), [expected])
    # The dot is on the curve: both count the rows that are as sure as that.
    at = np.argmin(abs(drawn.curve["coverage"] - expected[0]))
    np.testing.assert_allclose(drawn.curve.iloc[at][["coverage", "risk"]], expected)
    assert legend(drawn.ax_)[0] == "other rows"


def test_two_curves_share_an_axes(model, blobs):
    ax = RiskCoverageDisplay.from_estimator(model).ax_
    drawn = RiskCoverageDisplay.from_estimator(model, *blobs, ax=ax)
    assert drawn.ax_ is ax
    curves = [line for line in ax.lines if line.get_gid() == "curve"]
    assert len({line.get_color() for line in curves}) == 2
    assert legend(ax).count("target: 10.0%") == 1


def test_predictions_of_any_model():
    drawn = RiskCoverageDisplay.from_predictions(
        ["a", "b", "a", "b"], ["a", "b", "b", "b"], [0.9, 0.8, 0.6, 0.7]
    )
    np.testing.assert_allclose(
        drawn.line_.get_xydata(), [[0.25, 0], [0.5, 0], [0.75, 0], [1, 0.25]]
    )
    assert drawn.ax_.get_legend() is None
    again = drawn.plot()
    assert again is drawn and len(dots(drawn.ax_)) == 0


def test_a_name_is_no_mathematics(model):
    drawn = RiskCoverageDisplay.from_estimator(model, name="$\\frac")
    drawn.figure_.canvas.draw()


def test_wrong_input_is_refused(model, blobs):
    with pytest.raises(ValueError, match="X and y must be given together"):
        RiskCoverageDisplay.from_estimator(model, blobs[0])
    with pytest.raises(NotFittedError):
        RiskCoverageDisplay.from_estimator(RejectOption(LogisticRegression()))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        RiskCoverageDisplay.from_predictions([0, 1], [0, 1], [0.5])
    with pytest.raises(ValueError, match="confidence must be finite"):
        RiskCoverageDisplay.from_predictions([0, 1], [0, 1], [0.5, np.nan])


def test_absent_matplotlib_names_the_extra(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"sknn-bio\[report\]"):
        RiskCoverageDisplay.from_estimator(model)
