"""The section on what the networks of a comparison look at."""

import copy

import numpy as np
import pandas as pd
import pytest

from sknn_bio.reporting import _page as page
from sknn_bio.reporting._page_importances import importances

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")


@pytest.fixture
def comparison(binary):
    """Two fits of one model, and one of another; the columns swap places."""
    found = copy.copy(binary)
    fits = [
        ("bayes", 0, 0, [6.0, 3.0, 1.0]),
        ("bayes", 0, 1, [4.0, 8.0, 8.0]),
        ("dummy", 0, 0, [0.0, 0.0, 0.0]),
    ]
    found.importances = pd.DataFrame(
        [
            (model, repeat, fold, feature, value)
            for model, repeat, fold, values in fits
            for feature, value in zip(["age", "<b>", "dose"], values, strict=True)
        ],
        columns=["model", "repeat", "fold", "feature", "importance"],
    )
    return found


def test_shares_and_ranks_over_fits(comparison):
    section = importances(comparison)
    (table,) = section.tables
    rows = {
        row[0]: [cell.replace("\xa0", " ") for cell in row[1:]] for row in table.rows
    }
    # Shares are means of the fits' own: (0.6 + 0.2) / 2.
    assert rows["age"] == ["1 (1–3)", "40.0%", "2 of 2"]
    assert rows["<b>"] == ["2 (1–2)", "35.0%", "2 of 2"]
    assert rows["dose"] == ["3 (2–3)", "25.0%", "2 of 2"]
    assert table.caption.startswith("bayes")
    assert [other.caption[:5] for other in section.details] == ["dummy"]
    assert section.details[0].rows[0][2] == "0.0%"  # nothing to divide by
    (figure,) = section.figures
    assert "2 fits" in figure.caption


def test_it_stands_on_the_page_and_is_escaped(comparison):
    text = page.render(comparison)
    assert '<section id="importances"' in text
    assert "<b>" not in text and "&lt;b&gt;" in text
    assert "Sundararajan" in text


def test_without_networks_there_is_no_section(binary):
    assert importances(binary).is_empty
    text = page.render(binary)
    assert "What the networks look at" not in text
    assert "Sundararajan" not in text


def test_many_columns(comparison):
    names = [f"g{i}" for i in range(300)]
    rng = np.random.default_rng(0)
    comparison.importances = pd.DataFrame(
        {
            "model": "bayes",
            "repeat": 0,
            "fold": np.repeat([0, 1], 300),
            "feature": names * 2,
            "importance": rng.random(600),
        }
    )
    section = importances(comparison)
    assert len(section.tables[0].rows) == 25
    tops = [int(row[3].split()[0]) for row in section.tables[0].rows]
    assert max(tops) <= 2 and sum(tops) <= 20
