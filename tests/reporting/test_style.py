"""The look: colours that hold for every eye and in grey, names that fit."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from sknn_bio.reporting._style import (
    DIVERGING,
    MISSING,
    RISING,
    color_map,
    legend_below,
    name_rows,
    scaled,
    shorten,
)


def lightness(color):
    """Return CIE L*, which says how light a colour is in grey print."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


def test_low_to_high_gets_ever_lighter():
    colors = color_map("rising", RISING)(np.linspace(0, 1, 30))
    found = np.array([lightness(color) for color in colors])
    assert (np.diff(found) > 0).all()
    assert found[0] < 30 and 60 < found[-1] < 75  # seen on white paper


def test_the_ends_of_a_diverging_map_are_equally_dark():
    colors = color_map("diverging", DIVERGING)(np.linspace(0, 1, 31))
    found = np.array([lightness(color) for color in colors])
    assert found.argmax() == 15 and found[15] > 95
    assert abs(found[0] - found[-1]) < 6


def test_missing_values_are_grey():
    assert len(set(to_rgb(MISSING))) == 1


@pytest.mark.parametrize("size", [7, 10, 16])
def test_lines_follow_the_letters(size):
    with plt.rc_context({"font.size": size}):
        assert scaled(2.0) == pytest.approx(0.2 * size)


def test_long_names_are_cut_and_many_are_small():
    names = [f"a column with a very long name, number {j}" for j in range(60)]
    _, ax = plt.subplots(figsize=(3.35, 3))
    name_rows(ax, names)
    labels = ax.get_yticklabels()
    assert all(text.get_text().endswith("…") for text in labels)
    assert all(4 <= text.get_size() < 6 for text in labels)
    _, axes = plt.subplots(1, 2, figsize=(20, 3))
    name_rows(axes[1], ["one", "two"])
    assert [text.get_text() for text in axes[1].get_yticklabels()] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "short"), [(1.0, "1"), (0.5, "0.5"), ("1.0", "1.0"), (True, "True")]
)
def test_numbers_are_short(name, short):
    assert shorten(name) == short


def test_a_label_is_broken_where_names_take_its_room():
    with plt.rc_context({"font.size": 7}):
        figure, ax = plt.subplots(figsize=(3.35, 3), layout="constrained")
        ax.set_xlabel("Fall of the balanced accuracy when permuted (95 % interval)")
        name_rows(ax, ["a column with a very long name"] * 2)
        figure.canvas.draw()
    assert ax.get_xlabel().count("\n") == 1
    assert ax.xaxis.label.get_window_extent().x1 <= figure.bbox.x1


@pytest.mark.parametrize("label", ["A label with a deep g", "Two\nlines with a deep g"])
@pytest.mark.parametrize("size", [7, 10, 16])
def test_a_legend_below_hides_no_label(size, label):
    with plt.rc_context({"font.size": size}):
        figure, ax = plt.subplots(figsize=(6, 5), layout="constrained")
        (line,) = ax.plot([0, 1], [0, 1])
        ax.set_xlabel(label)
        legend_below(ax, [(line, "a line")], columns=1)
        figure.canvas.draw()
        label = ax.xaxis.label.get_window_extent()
        assert ax.get_legend().get_window_extent().y1 <= label.y0
