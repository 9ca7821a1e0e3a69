import numpy as np
import pandas as pd
import pytest

from sknn_bio.preprocessing._gene_names import (
    GeneIndex,
    kind_of,
    read_aliases,
    unversioned,
)


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("ENSG00000141510.18", "ENSG00000141510"),
        ("ENSMUSG00000029580.15", "ENSMUSG00000029580"),
        ("ENSG00000141510", "ENSG00000141510"),
        ("ENSG00000002586.20_PAR_Y", "ENSG00000002586.20_PAR_Y"),
        ("RP11-34P13.7", "RP11-34P13.7"),
        ("AC004.1", "AC004.1"),
    ],
)
def test_only_ensembl_ids_lose_their_version(name, bare):
    assert unversioned(name) == bare


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["TP53", "MYC", "ENSG00000141510"], "symbols"),
        (["ENSG00000141510.18", "ENSG00000136997"], "Ensembl ids"),
        (["ENSMUSG00000059552"], "Ensembl ids (ENSMUSG...)"),
        (["7157", "4609"], "Entrez ids"),
        (["NM_000546.6"], "RefSeq ids"),
        (["201746_at"], "probe ids"),
        (["TP53", "7157"], "names of several kinds"),
    ],
)
def test_kinds_of_names(names, kind):
    assert kind_of(names) == kind


def test_a_table_may_be_a_dict_a_series_or_a_frame():
    expected = {"ENSG00000141510": "TP53", "P53": "TP53", "ENSG00000136997": "MYC"}
    as_dict = {"ENSG00000141510.18": "TP53", "P53": "TP53", "ENSG00000136997": "MYC"}
    frame = pd.DataFrame(
        {
            "symbol": ["TP53", "MYC"],
            "ensembl": ["ENSG00000141510.18", "ENSG00000136997"],
            "previous": ["P53", None],
        }
    )
    for table in (as_dict, pd.Series(as_dict), frame):
        assert read_aliases(table) == expected
    assert read_aliases(None) == {}
    with pytest.raises(TypeError, match="dict, a Series or a DataFrame, got list"):
        read_aliases(["TP53"])


def test_a_name_of_two_genes_is_nobodys_and_a_gene_keeps_its_own():
    frame = pd.DataFrame({"gene": ["A", "B", "C"], "other": ["X", "X", "A"]})
    assert read_aliases(frame) == {}


def test_own_name_then_version_then_table():
    index = GeneIndex(
        np.array(["A", "ENSG00000000001.3", "B", "C"]), {"a": "A", "b": "B"}
    )
    query = np.array(["b", "A", "ENSG00000000001.7", "a"])
    columns, n_exact = index.find(query)
    assert columns.tolist() == [1, 2, 0, -1]
    assert n_exact == 1


def test_the_table_serves_both_ways():
    table = {"ENSG00000000001": "A", "ENSG00000000002": "B"}
    index = GeneIndex(np.array(["ENSG00000000001.3", "ENSG00000000002"]), table)
    assert index.find(np.array(["B", "A"]))[0].tolist() == [1, 0]


def test_two_ids_of_one_symbol_are_found_by_their_own_names_only():
    table = {"ENSG00000000001": "A", "ENSG00000000002": "A"}
    names = np.array(["ENSG00000000001", "ENSG00000000002"])
    index = GeneIndex(names, table)
    assert index.find(np.array(["A"]))[0].tolist() == [-1, -1]
    assert index.find(names[::-1])[0].tolist() == [1, 0]
