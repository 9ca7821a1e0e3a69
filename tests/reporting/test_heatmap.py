"""The heat map shows standardised genes by class, similar ones side by side."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sknn_bio.reporting import GeneHeatmapDisplay

Y = np.repeat(["B", "T", "NK"], [30, 20, 10])


def table(n_genes=6):
    """Genes 0 and 3 are of B cells, 1 and 4 of NK cells, 2 and 5 of T cells."""
    rng = np.random.default_rng(0)
    values = rng.normal(0, 0.3, size=(60, n_genes))
    values += 2 * (
        np.unique(Y, return_inverse=True)[1][:, None] == np.arange(n_genes) % 3
    )
    return pd.DataFrame(values, columns=[f"gene{j}" for j in range(n_genes)])


def names(ax, axis="y"):
    return [text.get_text() for text in getattr(ax, f"get_{axis}ticklabels")()]


def test_means_are_those_of_standardised_genes():
    X = table()
    display = GeneHeatmapDisplay.from_data(X, Y)
    expected = ((X - X.mean()) / X.std(ddof=0)).groupby(Y).mean().T
    drawn = display.ax_.images[0].get_array()
    np.testing.assert_allclose(drawn, expected.loc[names(display.ax_)])
    assert names(display.ax_, "x") == ["B", "NK", "T"]


def test_similar_genes_stand_side_by_side():
    order = names(GeneHeatmapDisplay.from_data(table(), Y).ax_)
    for pair in ({"gene0", "gene3"}, {"gene1", "gene4"}, {"gene2", "gene5"}):
        places = sorted(order.index(gene) for gene in pair)
        assert places[1] - places[0] == 1


def test_rows_are_ordered_by_class():
    X = table()
    shuffled = np.random.default_rng(1).permutation(60)
    display = GeneHeatmapDisplay.from_data(X.iloc[shuffled], Y[shuffled], show="rows")
    assert display.table.shape == (6, 60)
    assert display.classes.tolist() == ["B"] * 30 + ["NK"] * 10 + ["T"] * 20
    np.testing.assert_allclose(display.ax_.get_xticks(), [14.5, 34.5, 49.5])


def test_large_tables_are_sampled():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(4000, 3)))
    y = np.repeat([0, 1], 2000)
    display = GeneHeatmapDisplay.from_data(X, y, show="rows")
    assert display.table.shape == (3, 1500)


@pytest.mark.parametrize("form", [sparse.csr_matrix, np.asarray])
def test_other_tables_are_as_good_as_a_frame(form):
    X = table()
    given = GeneHeatmapDisplay.from_data(X, Y, genes=["gene4", "gene1"])
    other = GeneHeatmapDisplay.from_data(
        form(X.to_numpy()), Y, genes=["gene4", "gene1"], feature_names=X.columns
    )
    pd.testing.assert_frame_equal(given.table, other.table)


def attributions(values):
    X = table()
    return SimpleNamespace(values=values, data=X, feature_names=X.columns.to_numpy())


def test_top_genes_are_those_of_the_attributions():
    size = np.array([5.0, 1.0, 3.0, 4.0, 0.0, 2.0])
    found = attributions(np.tile(size, (60, 1)))
    display = GeneHeatmapDisplay.from_attributions(found, Y, n_genes=3)
    assert set(names(display.ax_)) == {"gene0", "gene3", "gene2"}


def test_each_class_gives_its_genes_in_turn():
    size = np.array(
        [[9, 9.1, 9.2], [8, 0, 0], [0, 8, 0], [0, 0, 8], [7, 0, 0], [0, 0, 0]]
    )
    found = attributions(np.tile(size, (60, 1, 1)))
    display = GeneHeatmapDisplay.from_attributions(found, Y, n_genes=4)
    assert set(names(display.ax_)) == {"gene0", "gene1", "gene2", "gene3"}


def test_constant_genes_and_gaps_are_no_error():
    X = table()
    X["gene0"], X.loc[:9, "gene1"] = 3.0, np.nan
    for show in ("means", "rows"):
        display = GeneHeatmapDisplay.from_data(X, Y, show=show)
        display.figure_.canvas.draw()
        assert (display.table.loc["gene0"] == 0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"genes": ["gene1", "CD3"]}, r"no column is named \['CD3'\]"),
        ({"genes": ["sex"]}, r"genes must be numbers, got categories in \['sex'\]"),
        ({"show": "cells"}, "show must be 'means' or 'rows', got 'cells'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, message):
    X = table().assign(sex=pd.Categorical(np.where(np.arange(60) % 2, "f", "m")))
    with pytest.raises(ValueError, match=message):
        GeneHeatmapDisplay.from_data(X, Y, **options)


def test_lengths_must_agree_and_genes_be_asked_for():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        GeneHeatmapDisplay.from_data(table(), Y[1:])
    with pytest.raises(ValueError, match="n_genes must be at least 1, got 0"):
        GeneHeatmapDisplay.from_attributions(
            attributions(np.ones((60, 6))), Y, n_genes=0
        )
