"""Attributions as dots and bars: the numbers that were given, in the order of size."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from scipy import sparse

from sknn_bio import NeuralNetClassifier
from sknn_bio.inspection import Attributions, integrated_gradients
from sknn_bio.reporting import AttributionsDisplay
from sknn_bio.reporting._attributions_draw import direction, spread
from sknn_bio.reporting._columns import levels_of, some_columns
from sknn_bio.reporting._style import COLORS, MISSING


def attributions(n_outputs=None, n_features=4, names=None):
    """Column j has sizes that grow with j; even columns raise, odd ones lower."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        rng.normal(size=(40, n_features)),
        columns=names or [f"gene{j}" for j in range(n_features)],
    )
    sign = np.where(np.arange(n_features) % 2, -1, 1)
    values = data.to_numpy() * sign * (1 + np.arange(n_features))
    outputs = np.array(["case"])
    if n_outputs is not None:
        share = np.arange(1, n_outputs + 1) / n_outputs
        values = values[:, :, None] * share
        outputs = np.array([f"class {c}" for c in range(n_outputs)])
    size = np.abs(values).mean(axis=0).reshape(n_features, -1).mean(axis=1)
    zeros = np.zeros((40, n_outputs)) if n_outputs else np.zeros(40)
    return Attributions(
        values=values,
        base_values=zeros,
        outputs=zeros,
        data=data,
        feature_names=data.columns.to_numpy(str),
        output_names=outputs,
        completeness_error=zeros,
        member_importances=size * np.array([[0.5], [1.0], [2.0]]),
    )


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def rows(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_the_most_important_columns_are_on_top():
    found = attributions()
    display = AttributionsDisplay.from_attributions(found, n_features=3)
    assert rows(display.ax_) == ["gene3", "gene2", "gene1"]
    assert display.ax_.get_ylim()[0] > display.ax_.get_ylim()[1]
    assert display.n_hidden == 1
    top = found.importances()["feature"].head(3).tolist()
    assert display.names == top


def test_a_dot_is_an_attribution_coloured_by_the_value_of_its_column():
    found = attributions()
    display = AttributionsDisplay.from_attributions(found, n_features=1)
    hollow, dots = (
        part for part in display.ax_.collections if isinstance(part, PathCollection)
    )
    drawn = np.asarray(dots.get_offsets())
    np.testing.assert_allclose(drawn[:, 0], found.values[:, 3])
    assert np.abs(drawn[:, 1]).max() < 0.5  # stays in its own row
    level = found.data["gene3"].rank().sub(1).div(39)
    np.testing.assert_allclose(np.asarray(dots.get_array()), level)
    assert len(hollow.get_offsets()) == 0


def test_categories_and_missing_values_are_hollow_and_named():
    found = attributions()
    found.data["gene3"] = pd.Categorical(np.where(found.data["gene3"] > 0, "a", "b"))
    found.data.loc[:4, "gene2"] = np.nan
    display = AttributionsDisplay.from_attributions(found, n_features=2)
    parts = [c for c in display.ax_.collections if isinstance(c, PathCollection)]
    assert [len(part.get_offsets()) for part in parts] == [40, 0, 5, 35]
    assert to_hex(parts[0].get_edgecolors()[0]) == MISSING.lower()
    assert legend(display.ax_) == ["category or missing value"]


def test_levels_of_a_category_are_named_where_their_dots_are():
    found = attributions()
    high = found.data["gene3"] > 0
    found.data["gene3"] = pd.Categorical(np.where(high, "men", "women"))
    found.data.loc[:2, "gene3"] = np.nan
    display = AttributionsDisplay.from_attributions(found, n_features=1)
    said = {text.get_text(): text.xy for text in display.ax_.texts}
    assert set(said) == {"men", "women"}
    known = found.data["gene3"] == "men"
    assert said["men"] == (np.median(found.values[known, 3]), 0)


def test_names_of_levels_do_not_lie_on_each_other():
    found = attributions()
    found.data["gene3"] = pd.Categorical(np.where(np.arange(40) % 2, "men", "women"))
    found.values[:, 3] = 0.1
    found.values[0, 3] = -2000
    display = AttributionsDisplay.from_attributions(found, n_features=1)
    assert len(display.ax_.texts) == 1
    found.data["gene3"] = pd.Categorical([f"site {j % 9}" for j in range(40)])
    assert not AttributionsDisplay.from_attributions(found, n_features=1).ax_.texts


def test_bars_are_mean_sizes_with_the_members_beside_them():
    found = attributions()
    display = AttributionsDisplay.from_attributions(found, kind="bars")
    bars = {bar.get_y() + bar.get_height() / 2: bar for bar in display.ax_.patches}
    size = found.importances()["importance"].to_numpy()
    np.testing.assert_allclose([bars[y].get_width() for y in range(4)], size)
    ticks = [line for line in display.ax_.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(ticks[0].get_xdata(), size[0] * np.array([0.5, 1, 2]))
    assert legend(display.ax_) == [
        "raises it where high",
        "lowers it where high",
        "members",
    ]
    # gene3, on top, lowers; gene2 raises
    assert to_hex(bars[0].get_facecolor()) == COLORS["blue"].lower()
    assert bars[0].get_hatch() and not bars[1].get_hatch()
    assert display.ax_.get_xlabel() == "Mean |attribution| to P(case)"


def test_bars_of_several_classes_are_stacked_to_the_mean_over_classes():
    found = attributions(n_outputs=3)
    display = AttributionsDisplay.from_attributions(found, kind="bars")
    ends = {}
    for bar in display.ax_.patches:
        y = bar.get_y() + bar.get_height() / 2
        ends[y] = max(ends.get(y, 0), bar.get_x() + bar.get_width())
    np.testing.assert_allclose(
        [ends[y] for y in range(4)], found.importances()["importance"]
    )
    assert legend(display.ax_) == ["class 0", "class 1", "class 2", "members"]


def test_many_classes_become_others():
    found = attributions(n_outputs=20)
    display = AttributionsDisplay.from_attributions(found, kind="bars")
    names = legend(display.ax_)
    assert names == [*(f"class {c}" for c in range(13, 20)), "13 others", "members"]
    total = display.values.mean(axis=0).sum(axis=1)
    np.testing.assert_allclose(total, found.importances()["importance"])


def test_of_several_classes_one_is_explained_by_itself():
    found = attributions(n_outputs=3)
    display = AttributionsDisplay.from_attributions(found, label="class 1")
    np.testing.assert_allclose(display.values[:, 0], found.values[:, 3, 1])
    assert display.members is None  # theirs are over all classes
    assert display.ax_.get_xlabel() == "Attribution to P(class 1)"


@pytest.mark.parametrize(
    ("n_outputs", "options", "message"),
    [
        (None, {"kind": "violin"}, "kind must be 'beeswarm' or 'bars', got 'violin'"),
        (None, {"n_features": 0}, "n_features must be at least 1, got 0"),
        (None, {"label": "control"}, "label must be one of .*'case'.*, got 'control'"),
        (3, {"label": "case"}, "label must be one of"),
        (3, {}, "label must name what to explain, one of"),
    ],
)
def test_what_cannot_be_drawn_is_refused(n_outputs, options, message):
    with pytest.raises(ValueError, match=message):
        AttributionsDisplay.from_attributions(attributions(n_outputs), **options)


def test_attributions_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="what integrated_gradients returns, got Data"):
        AttributionsDisplay.from_attributions(attributions().importances())


def test_names_of_columns_are_text():
    names = ["a $\\frac{$", "_hidden", "a very long name " * 5, "x"]
    for kind in ("beeswarm", "bars"):
        found = attributions(names=names)
        display = AttributionsDisplay.from_attributions(found, kind=kind)
        display.figure_.canvas.draw()
        assert max(map(len, rows(display.ax_))) <= 41


def test_from_estimator_is_integrated_gradients():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    y = np.where(X["b"] + 0.3 * rng.normal(size=60) > 0, "ill", "well")
    model = NeuralNetClassifier(n_members=2, max_epochs=5, random_state=0).fit(X, y)
    display = AttributionsDisplay.from_estimator(model, X, kind="bars", output="raw")
    found = integrated_gradients(model, X, output="raw")
    assert display.names == found.importances()["feature"].tolist()
    assert "raw output of well" in display.ax_.get_xlabel()


def test_dots_of_equal_values_lie_side_by_side():
    places = spread(np.array([0.0, 0.0, 0.0, 1.0]), 1.0)
    np.testing.assert_allclose(places, [0, 0.2, -0.2, 0])
    crowd = spread(np.zeros(500), 1.0)
    assert len(np.unique(crowd)) == 500 and np.abs(crowd).max() <= 0.42


def test_direction_is_that_of_the_rank_correlation():
    levels = np.linspace(0, 1, 30)
    assert direction(levels**3, levels) == 1
    assert direction(-levels, levels) == -1
    assert direction((levels - 0.5) ** 2, levels) == 0
    assert direction(levels, np.full(30, np.nan)) == 0
    assert direction(np.zeros(30), levels) == 0


@pytest.mark.parametrize("form", ["frame", "array", "sparse"])
def test_levels_are_ranks_in_any_table(form):
    X = np.array([[1.0, 0.0, 5.0], [3.0, 0.0, 5.0], [2.0, 4.0, 5.0]])
    table = {"frame": pd.DataFrame, "array": np.asarray, "sparse": sparse.csr_matrix}
    columns = some_columns(table[form](X), [2, 1, 0])
    expected = [[0.5, 0, 0], [0.5, 0, 1], [0.5, 1, 0.5]]
    np.testing.assert_allclose(levels_of(columns), expected)


def test_levels_of_an_empty_column_are_missing():
    columns = pd.DataFrame({"a": [np.nan, np.nan], "b": ["x", "y"], "c": [False, True]})
    expected = [[np.nan, np.nan, 0], [np.nan, np.nan, 1]]
    np.testing.assert_allclose(levels_of(columns), expected)
