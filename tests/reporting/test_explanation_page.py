"""The page of an explanation: whole, self-contained and escaped."""

import re

import numpy as np
import pandas as pd
import pytest

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.inspection import integrated_gradients, permutation_importances
from sknn_bio.reporting._explanation_page import Explanation, render_explanation

pytest.importorskip("matplotlib")
pytest.importorskip("jinja2")

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="module")
def explained():
    rng = np.random.default_rng(0)
    names = ["age", HOSTILE, *(f"g{i}" for i in range(6))]
    X = pd.DataFrame(rng.normal(size=(400, 8)), columns=names)
    y = np.where(X["age"] > 0, "ill", "well")
    # More rows than dots are drawn, and a category, whose levels are named in them.
    X["g5"] = pd.Categorical(np.where(X["g5"] > 0, "f", "m"))
    clf = NeuralNetBinaryClassifier(max_epochs=8, n_members=2, random_state=0)
    clf.fit(X, y)
    known = np.arange(400) % 2 == 0
    return Explanation(
        integrated_gradients(clf, X),
        target="state",
        task="binary",
        n_there=1000,
        model=clf,
        score=0.987,
        versions={"sknn-bio": "1.0"},
        call="sknn-bio explain t.csv",
        known=known,
        y=y[known],
        permutation=permutation_importances(
            clf, X[known], y[known], scoring="neg_log_loss", random_state=0
        ),
        gene_sets=pd.DataFrame(
            {
                "gene_set": ["A", "B"],
                "size": [20, 30],
                "score": [1.9, 0.8],
                "p": [0.001, 0.7],
                "fdr": [0.01, 0.8],
                "leading_edge": [", ".join(f"g{i}" for i in range(12)), "g1"],
            }
        ),
    )


@pytest.fixture(scope="module")
def page(explained):
    return render_explanation(explained)


def test_every_part_is_there(page):
    for slug in ("columns", "classes", "permutation", "sets", "network", "methods"):
        assert f'<section id="{slug}"' in page
        assert f'href="#{slug}"' in page
    for words in (
        "400 of 1,000 rows, drawn at random",
        "positive class well",
        "out-of-fold ROC AUC 0.987",
        "comes most from age",
        "2 sets tested; 1 with a false discovery rate below 0.05",
        "g7 and 4 more",
        "300 rows are drawn",
        "sknn-bio explain t.csv",
    ):
        assert words in page, words


def test_names_are_escaped_and_nothing_is_fetched(page):
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    targets = re.findall(r'(?:src|href)="([^"]*)"', page)
    targets += re.findall(r"url\(([^)]*)\)", page)
    assert targets and all(t.startswith(("#", "data:")) for t in targets)
    # What is referred to is there: patterns and pictures too.
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    used = {t[1:] for t in targets if t.startswith("#")}
    assert used <= ids
    assert 'href="data:image/png' in page


def test_it_can_be_read_without_eyes(page):
    levels = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    labels = re.findall(r'aria-labelledby="([^"]+)"', page)
    assert {name for label in labels for name in label.split()} <= set(ids)
    assert page.count("<svg") == page.count('role="img"') >= 5
    assert page.count("<table") == page.count("<caption>") >= 4
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')


def test_a_regressor_alone():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    reg = NeuralNetRegressor(max_epochs=5, n_members=1, early_stopping=False)
    reg.set_params(random_state=0).fit(X, X["b"])
    explanation = Explanation(
        integrated_gradients(reg, X), "dose", "regression", n_there=60, model=reg
    )
    page = render_explanation(explanation)
    assert "the prediction of dose, in its unit" in page
    assert "Rank (of members)" not in page
    for slug in ("classes", "permutation", "sets"):
        assert f'<section id="{slug}"' not in page


def test_the_sentence_counts_half(explained):
    sentence = explained.sentence()
    table = explained.attributions.importances()
    shares = table["importance"] / table["importance"].sum()
    half = 1
    while shares[:half].sum() < 0.5:
        half += 1
    assert sentence.endswith(f"half of all attribution is on {half} of 8 columns.")
