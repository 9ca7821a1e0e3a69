"""Figures of a comparison draw its numbers, and nothing else."""

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from sknn_bio.reporting import (
    DifferencesDisplay,
    LearningCurvesDisplay,
    NetBenefitDisplay,
    PrecisionRecallComparisonDisplay,
    ReliabilityDisplay,
    RocComparisonDisplay,
    ScoresDisplay,
    SubgroupsDisplay,
    TimeDisplay,
)

DISPLAYS = [
    DifferencesDisplay,
    LearningCurvesDisplay,
    NetBenefitDisplay,
    PrecisionRecallComparisonDisplay,
    ReliabilityDisplay,
    RocComparisonDisplay,
    ScoresDisplay,
    SubgroupsDisplay,
    TimeDisplay,
]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def line_through(ax, x, y):
    """Return the lines that are this curve."""
    return [
        line
        for line in ax.lines
        if len(line.get_xdata()) == len(x)
        and np.allclose(line.get_xdata(), x)
        and np.allclose(line.get_ydata(), y)
    ]


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_draws_where_it_is_told(binary, display):
    figure = Figure()
    ax = figure.subplots()
    drawn = display.from_comparison(binary, ax=ax)
    assert drawn.ax_ is ax and drawn.figure_ is figure
    figure.canvas.draw()
    assert isinstance(drawn, display)
    again = drawn.plot()
    assert again is drawn and drawn.ax_ is not ax


@pytest.mark.parametrize("display", DISPLAYS)
def test_names_are_no_mathematics(hostile, binary, display):
    comparison = binary if display is LearningCurvesDisplay else hostile
    drawn = display.from_comparison(comparison)
    drawn.figure_.canvas.draw()  # TeX that is not closed would raise


def test_a_name_with_an_underscore_is_in_the_legend(hostile):
    ax = RocComparisonDisplay.from_comparison(hostile).ax_
    (found,) = (text for text in legend(ax) if "_x $" in text)
    assert not found.startswith("_")  # matplotlib leaves those out


@pytest.mark.parametrize("display", DISPLAYS)
def test_absent_matplotlib_names_the_extra(binary, display, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"sknn-bio\[report\]"):
        display.from_comparison(binary)


def test_roc_curves_are_those_of_the_comparison(binary):
    display = RocComparisonDisplay.from_comparison(binary)
    best = binary.summary().index[0]
    for name in binary.models:
        curve = binary.roc(name)
        assert line_through(
            display.ax_, curve["false_positive_rate"], curve["true_positive_rate"]
        )
    row = binary.summary().loc[best]
    assert legend(display.ax_)[0] == (
        f"{best} {row['roc_auc']:.3f} "
        f"[{row['roc_auc_low']:.3f}, {row['roc_auc_high']:.3f}]"
    )
    assert "ill" in display.ax_.get_ylabel()
    assert len(display.ax_.collections) == 3  # a band each


def test_precision_recall_shows_chance(binary):
    display = PrecisionRecallComparisonDisplay.from_comparison(binary)
    assert display.chance == 0.5
    curve = binary.precision_recall("bayes")
    assert line_through(display.ax_, curve["recall"], curve["precision"])


def test_net_benefit_shows_the_defaults(binary):
    ax = NetBenefitDisplay.from_comparison(binary).ax_
    curve = binary.net_benefit("bayes")
    assert line_through(ax, curve["threshold"], curve["model"])
    assert line_through(ax, curve["threshold"], curve["treat_all"])
    assert {text.get_text() for text in ax.texts} == {"treat all", "treat none"}


def test_reliability_shows_predicted_and_observed(binary):
    display = ReliabilityDisplay.from_comparison(binary)
    found = binary.calibration("bayes")
    curve = found["curve"]
    assert line_through(display.ax_, curve["predicted"], curve["observed"])
    assert f"bayes (ECE {found['ece']:.3f})" in legend(display.ax_)


def test_a_model_looks_alike_in_all_figures(binary):
    colors = set()
    for display in (RocComparisonDisplay, ReliabilityDisplay, NetBenefitDisplay):
        ax = display.from_comparison(binary).ax_
        handles = ax.get_legend().legend_handles
        (place,) = (n for n, text in enumerate(legend(ax)) if text.startswith("bayes"))
        colors.add(handles[place].get_color())
    assert len(colors) == 1


def test_differences_are_turned_towards_the_reference(binary):
    table = binary.differences()
    for reference in binary.models:
        display = DifferencesDisplay.from_comparison(binary, reference=reference)
        drawn = display.pairs.set_index("other")
        assert set(drawn.index) == set(binary.models) - {reference}
        for pair in table.itertuples():
            if reference not in (pair.a, pair.b):
                continue
            sign = 1 if pair.a == reference else -1
            row = drawn.loc[pair.b if sign == 1 else pair.a]
            assert row["difference"] == pytest.approx(sign * pair.difference)
            assert row["low"] <= row["difference"] <= row["high"]
            assert row["found"] == (pair.p_holm < 0.05)
    best = binary.summary().index[0]
    assert DifferencesDisplay.from_comparison(binary).reference == best
    other = DifferencesDisplay.from_comparison(binary, metric="neg_log_loss")
    assert other.ax_.get_xlabel().startswith("−log loss")


def test_scores_show_each_fold_mean_and_interval(binary):
    display = ScoresDisplay.from_comparison(binary)
    summary = binary.summary()
    np.testing.assert_allclose(display.scores["mean"], summary["roc_auc"])
    ticks = [line for line in display.ax_.lines if line.get_marker() == "|"]
    assert [len(line.get_xdata()) for line in ticks] == [6, 6, 6]
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == list(summary.index)
    assert display.ax_.get_ylim()[0] > display.ax_.get_ylim()[1]  # the best on top


def test_time_shows_seconds_a_fold(binary):
    display = TimeDisplay.from_comparison(binary)
    np.testing.assert_allclose(
        display.points["seconds"], binary.summary()["fit_seconds"]
    )
    assert display.ax_.get_xscale() == "log"
    display.figure_.canvas.draw()
    written = [t.get_text() for t in display.ax_.get_xticklabels() if t.get_text()]
    assert written and all(text.endswith(("s", "min")) for text in written)


def test_learning_curves_are_means_where_half_of_the_fits_run(binary):
    display = LearningCurvesDisplay.from_comparison(binary)
    assert legend(display.ax_) == ["bayes, validation", "bayes, training"]
    epochs = np.arange(1, 9)
    assert line_through(display.ax_, epochs, 0.5 + abs(epochs - 4) / 10)


def test_subgroups_show_levels_and_their_size(binary):
    display = SubgroupsDisplay.from_comparison(binary)
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == ["sex: f (n=80)", "sex: m (n=40)"]
    assert legend(display.ax_) == list(binary.summary().index)


@pytest.mark.parametrize(
    "display",
    [RocComparisonDisplay, PrecisionRecallComparisonDisplay, ReliabilityDisplay],
)
def test_of_several_classes_one_is_named(multiclass, display):
    with pytest.raises(ValueError, match="label must"):
        display.from_comparison(multiclass)
    with pytest.raises(ValueError, match="label must be one of"):
        display.from_comparison(multiclass, label="D")
    assert display.from_comparison(multiclass, label="C").label == "C"


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (RocComparisonDisplay.from_comparison, "not for a regression"),
        (SubgroupsDisplay.from_comparison, "has no subgroups"),
        (LearningCurvesDisplay.from_comparison, "need a network"),
        (lambda c: ScoresDisplay.from_comparison(c, metric="auc"), "metric must be"),
        (
            lambda c: DifferencesDisplay.from_comparison(c, reference="net"),
            "reference must be one of",
        ),
    ],
)
def test_what_is_not_there_is_refused(regression, draw, message):
    with pytest.raises(ValueError, match=message):
        draw(regression)
