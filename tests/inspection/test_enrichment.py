"""Planted sets are found, others are not, and files are read or refused."""

import sys

import numpy as np
import pandas as pd
import pytest

from sknn_bio.inspection import Attributions, gene_set_enrichment
from sknn_bio.inspection._enrichment_sets import read_gmt

pytest.importorskip("gseapy")


@pytest.fixture(scope="module")
def ranking():
    """600 genes, and sets: one of the first 100, one of the last, 20 at random."""
    rng = np.random.default_rng(0)
    genes = np.array([f"Gene{i}" for i in range(600)])
    scores = pd.Series(np.sort(np.abs(rng.normal(size=600)))[::-1], index=genes)
    sets = {f"random{i}": rng.choice(genes, 30, replace=False) for i in range(20)}
    sets["planted"] = rng.choice(genes[:100], 30, replace=False)
    sets["low"] = rng.choice(genes[-100:], 30, replace=False)
    sets["small"] = genes[:5]
    sets["large"] = genes[:550]
    return scores.sample(frac=1, random_state=0), sets


def test_a_planted_set_is_found(ranking):
    scores, sets = ranking
    found = gene_set_enrichment(scores, sets, random_state=0)
    assert list(found) == ["gene_set", "size", "score", "p", "fdr", "leading_edge"]
    assert found["gene_set"][0] == "planted"
    assert found["score"][0] > 1.5
    assert found["fdr"][0] < 0.01
    assert found["p"][0] == pytest.approx(1 / 1001)
    assert (found["fdr"][1:] > 0.05).all()
    assert not {"small", "large"} & set(found["gene_set"])
    assert (found["size"] == 30).all()
    edge = found["leading_edge"][0].split(", ")
    assert set(edge) <= set(sets["planted"])
    assert len(edge) > 15
    low = found.set_index("gene_set").loc["low"]
    assert low["score"] < 1
    assert low["p"] > 0.5  # one-sided, where no score is negative


def test_random_sets_are_not_found():
    rng = np.random.default_rng(1)
    genes = [f"g{i}" for i in range(400)]
    sets = {f"s{i}": rng.choice(genes, 25, replace=False) for i in range(100)}
    scores = pd.Series(np.abs(rng.normal(size=400)), index=genes)
    found = gene_set_enrichment(scores, sets, n_permutations=300, random_state=0)
    assert (found["p"] < 0.05).mean() <= 0.12
    assert (found["fdr"] >= 0.1).all()


def test_signed_scores_have_two_ends(ranking):
    scores, sets = ranking
    signed = scores - scores.median()
    found = gene_set_enrichment(signed, sets, random_state=0).set_index("gene_set")
    assert found.loc["planted", "score"] > 1.5
    assert found.loc["low", "score"] < -1.5
    assert (found.loc[["planted", "low"], "fdr"] < 0.01).all()


def test_seeds_reproduce(ranking):
    scores, sets = ranking
    ties = scores.round(1)
    calls = [
        gene_set_enrichment(ties, sets, n_permutations=100, random_state=seed)
        for seed in (0, 0, 1)
    ]
    pd.testing.assert_frame_equal(calls[0], calls[1])
    assert not calls[0]["p"].equals(calls[2]["p"])


def test_attributions_tables_and_series_agree(ranking):
    scores, sets = ranking
    values = np.vstack([scores, -scores])
    attributions = Attributions(
        values,
        np.zeros(2),
        np.zeros(2),
        values,
        scores.index.to_numpy(dtype=str),
        None,
        np.zeros(2),
        values[:1],
    )
    kwargs = {"gene_sets": sets, "n_permutations": 100, "random_state": 0}
    by_size = scores.sort_values(ascending=False)
    one = gene_set_enrichment(by_size, **kwargs)
    two = gene_set_enrichment(attributions, **kwargs)
    pd.testing.assert_frame_equal(one, two)
    three = gene_set_enrichment(attributions.importances(), **kwargs)
    pd.testing.assert_frame_equal(one, three)


def test_a_file_is_read_and_none_is_written(ranking, tmp_path, monkeypatch, capfd):
    scores, sets = ranking
    path = tmp_path / "sets.gmt"
    lines = [
        "\t".join([name, "no description", *genes]) for name, genes in sets.items()
    ]
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    kwargs = {"n_permutations": 100, "random_state": 0}
    # Equal scores, which gseapy would warn of.
    given = gene_set_enrichment(scores.round(2), str(path), **kwargs)
    pd.testing.assert_frame_equal(
        given, gene_set_enrichment(scores.round(2), sets, **kwargs)
    )
    assert [each.name for each in tmp_path.iterdir()] == ["sets.gmt"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tx\tG1\nb\tx\n", "line 2: a set must have a name, a description and genes"),
        ("a,x,G1,G2\n", "line 1: a set must have"),
        ("a\tx\tG1\n\na\tx\tG2\n", "line 3: the set 'a' stands in line 1 already"),
        ("\n", "must hold gene sets, got an empty file"),
    ],
)
def test_broken_files(tmp_path, text, message):
    path = tmp_path / "sets.gmt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_gmt(path)


def test_no_file(tmp_path, ranking):
    with pytest.raises(FileNotFoundError, match="no such file of gene sets"):
        gene_set_enrichment(ranking[0], tmp_path / "sets.gmt")
    (tmp_path / "x.gmt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="must be a GMT file, got no text"):
        gene_set_enrichment(ranking[0], tmp_path / "x.gmt")


def test_no_gene_in_common(ranking):
    scores, sets = ranking
    upper = {name: [gene.upper() for gene in genes] for name, genes in sets.items()}
    message = r"got \['GENE.*', 'GENE.*', 'GENE.*'\] where .* \['Gene.*\]; they differ"
    with pytest.raises(ValueError, match=message):
        gene_set_enrichment(scores, upper)
    with pytest.raises(ValueError, match=r"'TP53'.* where the ranking has .*\]$"):
        gene_set_enrichment(scores, {"a": ["TP53", "KRAS"]})
    with pytest.raises(ValueError, match="a set with 15 to 500 of the 600 .* 5 to 5$"):
        gene_set_enrichment(scores, {"small": sets["small"]})


def test_wrong_scores(ranking):
    scores, sets = ranking
    with pytest.raises(ValueError, match="each gene once, got 'Gene.*' twice"):
        gene_set_enrichment(pd.concat([scores, scores[:1]]), sets)
    with pytest.raises(ValueError, match="must be finite, got nan of 'Gene"):
        gene_set_enrichment(scores.where(scores < scores.max()), sets)
    with pytest.raises(ValueError, match="must rank the genes"):
        gene_set_enrichment(scores * 0, sets)
    with pytest.raises(ValueError, match="lacks 'importance'"):
        gene_set_enrichment(pd.DataFrame({"feature": ["a"], "value": [1]}), sets)
    with pytest.raises(
        TypeError, match="must be Attributions, a DataFrame or a Series"
    ):
        gene_set_enrichment([1, 2], sets)
    with pytest.raises(TypeError, match="must be the path of a GMT file or a dict"):
        gene_set_enrichment(scores, [["a"]])
    with pytest.raises(
        TypeError, match="must hold lists of genes, got the text 'TP53'"
    ):
        gene_set_enrichment(scores, {"a": "TP53"})
    with pytest.raises(ValueError, match="min_size must be an int of at least 1"):
        gene_set_enrichment(scores, sets, min_size=0)
    with pytest.raises(ValueError, match="max_size must be at least min_size"):
        gene_set_enrichment(scores, sets, max_size=3)


def test_gseapy_is_named_where_it_is_missing(ranking, monkeypatch):
    monkeypatch.setitem(sys.modules, "gseapy", None)
    with pytest.raises(ImportError, match=r"gseapy is needed.*sknn-bio\[explain\]"):
        gene_set_enrichment(*ranking)
