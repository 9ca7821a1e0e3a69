"""Importances are drawn as given, with the interval that the table has."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sknn_bio.inspection import (
    Attributions,
    PermutationImportances,
    permutation_importances,
)
from sknn_bio.reporting import ImportancesDisplay

TABLE = pd.DataFrame(
    {
        "feature": ["age", "sex", "dose"],
        "importance": [0.1, 0.3, 0.2],
        "std": [0.1, 0.1, 0.1],
        "low": [-0.1, 0.2, 0.1],
        "high": [0.3, 0.4, 0.3],
        "rank": [3, 1, 2],
    }
)
STABLE = pd.DataFrame(
    {
        "feature": [f"gene{j}" for j in range(80)],
        "frequency": np.linspace(1, 0, 80),
        "importance": np.linspace(2, 0, 80),
        "rank": np.arange(1, 81),
        "rank_low": np.arange(1, 81) / 2,
        "rank_high": np.arange(1, 81) * 2,
        "selected": np.arange(80) < 2,
    }
)


def rows(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def dots(ax):
    """Return (value, filled) of each row."""
    found = [line for line in ax.lines if line.get_marker() == "o"]
    return [(d.get_xdata()[0], d.get_markerfacecolor() != "white") for d in found]


def spans(ax):
    return [
        tuple(line.get_xdata())
        for line in ax.lines
        if line.get_marker() == "None" and line.get_xdata()[0] != line.get_xdata()[1]
    ]


def test_permutation_importances_have_intervals_and_are_sorted():
    found = PermutationImportances(TABLE, np.zeros((3, 5)), np.ones(1), {}, "roc_auc")
    display = ImportancesDisplay.from_importances(found)
    assert rows(display.ax_) == ["sex", "dose", "age"]
    assert dots(display.ax_) == [(0.3, True), (0.2, True), (0.1, False)]
    assert spans(display.ax_) == [(0.2, 0.4), (0.1, 0.3), (-0.1, 0.3)]
    assert (
        display.ax_.get_xlabel() == "Fall of the ROC AUC when permuted (95 % interval)"
    )


def test_stability_selection_is_drawn_as_frequencies():
    found = SimpleNamespace(table=STABLE, threshold=0.9)
    display = ImportancesDisplay.from_importances(found, n_features=5)
    assert display.kind == "frequency" and display.n_hidden == 75
    assert [filled for _, filled in dots(display.ax_)] == [True] * 2 + [False] * 3
    np.testing.assert_allclose(display.table["value"], STABLE["frequency"][:5])
    dashed = [line for line in display.ax_.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [0.9]


@pytest.mark.parametrize(("n_features", "scale"), [(5, "linear"), (80, "log")])
def test_ranks_have_their_intervals(n_features, scale):
    display = ImportancesDisplay.from_importances(
        STABLE, kind="rank", n_features=n_features
    )
    np.testing.assert_allclose(display.table["low"], STABLE["rank_low"][:n_features])
    np.testing.assert_allclose(display.table["high"], STABLE["rank_high"][:n_features])
    assert display.ax_.get_xscale() == scale
    display.figure_.canvas.draw()
    ticks = [text.get_text() for text in display.ax_.get_xticklabels()]
    assert "0" not in ticks


def test_attributions_have_the_members_standard_deviation():
    zeros = np.zeros(2)
    found = Attributions(
        np.array([[1.0, -3.0], [1.0, 3.0]]),
        zeros,
        zeros,
        np.zeros((2, 2)),
        np.array(["a", "b"]),
        None,
        zeros,
        np.array([[1.0, 2.0], [1.0, 4.0]]),
        "prediction",
    )
    display = ImportancesDisplay.from_importances(found)
    assert rows(display.ax_) == ["b", "a"]
    std = found.importances()["std"].to_numpy()
    np.testing.assert_allclose(display.table["high"] - display.table["value"], std)
    assert "SD" in display.ax_.get_xlabel()


def test_a_plain_table_is_enough():
    table = pd.DataFrame({"group": ["a, b", "c"], "importance": [0.2, 0.1]})
    display = ImportancesDisplay.from_importances(table)
    assert rows(display.ax_) == ["a, b", "c"] and spans(display.ax_) == []
    assert display.ax_.get_xlabel() == "Importance"


def test_permutation_importances_of_a_real_model_are_drawn():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 3)), columns=["a", "b", "c"])
    y = (X["b"] > 0).astype(int)
    model = LogisticRegression().fit(X, y)
    found = permutation_importances(model, X, y, random_state=0)
    display = ImportancesDisplay.from_importances(found)
    assert display.table["name"][0] == "b" and display.table["holds"][0]


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (TABLE, {"kind": "gain"}, "kind must be one of .*, got 'gain'"),
        (TABLE, {"kind": "frequency"}, "the table needs a column .* 'frequency'"),
        (TABLE.drop(columns="feature"), {}, "needs a column 'feature' or 'group'"),
        (TABLE, {"n_features": 0}, "n_features must be at least 1, got 0"),
        ([1, 2], {}, "importances must be a table"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, options, message):
    with pytest.raises(ValueError, match=message):
        ImportancesDisplay.from_importances(given, **options)
