import sys

import pandas as pd
import pytest

from sknn_bio.datasets import (
    list_tables,
    load_breast_cancer_table,
    load_diabetes_table,
    load_table,
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as SKNN_BIO_DATA names it, with one table of each kind."""
    pytest.importorskip("pyarrow")
    kinds = pd.Categorical(["a", "b", None, "a"])
    binary = pd.DataFrame({"age": [1.0, None, 3.0, 4.0], "kind": kinds})
    binary["target"] = pd.Categorical(["no", "yes", "no", "yes"])
    binary["group"] = ["p1", "p1", "p2", "p2"]
    binary.to_parquet(tmp_path / "small.parquet")
    pd.DataFrame({"x": [1.0, 2.0], "target": [0.5, 1.5]}).to_parquet(
        tmp_path / "trait.parquet"
    )
    pd.DataFrame(
        {
            "name": ["trait", "small", "cells"],
            "file": ["trait.parquet", "small.parquet", "cells.h5ad"],
            "task": ["regression", "binary", "binary"],
        }
    ).to_csv(tmp_path / "datasets.csv", index=False)
    monkeypatch.setenv("SKNN_BIO_DATA", str(tmp_path))
    return tmp_path


def test_bundled_breast_cancer_has_readable_labels():
    table = load_breast_cancer_table()
    assert table.data.shape == (569, 30)
    assert table.target.value_counts().to_dict() == {"benign": 357, "malignant": 212}
    assert table.groups is None


def test_bundled_diabetes_is_in_clinical_units():
    table = load_diabetes_table()
    assert table.task == "regression"
    assert table.data["age"].between(18, 80).all()
    assert table.target.dtype == "float64"


def test_index_holds_the_tables_only(folder):
    assert list_tables().index.tolist() == ["small", "trait"]


def test_load_table_takes_target_and_groups_out(folder):
    table = load_table("small")
    assert table.data.columns.tolist() == ["age", "kind"]
    assert isinstance(table.data["kind"].dtype, pd.CategoricalDtype)
    assert table.target.tolist() == ["no", "yes", "no", "yes"]
    assert not isinstance(table.target.dtype, pd.CategoricalDtype)
    assert table.groups.tolist() == ["p1", "p1", "p2", "p2"]
    assert repr(table) == "Table('small', 4 x 2, binary, 2 groups)"


def test_load_table_without_groups(folder):
    table = load_table("trait")
    assert table.groups is None
    assert table.target.tolist() == [0.5, 1.5]


def test_misspelt_name_earns_a_hint(folder):
    with pytest.raises(ValueError, match="got 'smal'; did you mean 'small'"):
        load_table("smal")


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "is not set"), ("", "is not set"), ("/no/such", "got '/no/such'")],
)
def test_absent_folder_is_a_clear_error(monkeypatch, value, words):
    monkeypatch.delenv("SKNN_BIO_DATA", raising=False)
    if value is not None:
        monkeypatch.setenv("SKNN_BIO_DATA", value)
    with pytest.raises(FileNotFoundError, match=f"SKNN_BIO_DATA must name .*{words}"):
        load_table("small")


def test_folder_without_index_is_a_clear_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SKNN_BIO_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"must hold a datasets\.csv"):
        list_tables()


def test_absent_pyarrow_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"sknn-bio\[benchmarks\]"):
        load_table("small")
