from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sknn_bio.datasets import _find, find_table, load_breast_cancer_table


@pytest.fixture
def no_folder(monkeypatch):
    monkeypatch.delenv("SKNN_BIO_DATA", raising=False)


def openml(monkeypatch, answer):
    """Stand in for OpenML; no test needs the network."""

    def fetch(**kwargs):
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(_find, "fetch_openml", fetch)


def heart_failure(n_rows):
    data = pd.DataFrame({"age": np.full(n_rows, 60.0), "time": np.arange(n_rows)})
    target = pd.Series(np.arange(n_rows) % 2, name="DEATH_EVENT")
    return SimpleNamespace(data=data, target=target)


def test_the_folder_comes_first(monkeypatch, tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"x": [1.0, 2.0], "target": ["b", "g"]}).to_parquet(
        tmp_path / "i.parquet"
    )
    index = {"name": ["ionosphere"], "file": ["i.parquet"], "task": ["binary"]}
    pd.DataFrame(index).to_csv(tmp_path / "datasets.csv", index=False)
    monkeypatch.setenv("SKNN_BIO_DATA", str(tmp_path))
    openml(monkeypatch, AssertionError("OpenML was asked"))
    table = find_table("ionosphere", fallback=load_breast_cancer_table)
    assert table.data.columns.tolist() == ["x"]


def test_openml_comes_next_without_what_leaks(monkeypatch, no_folder):
    openml(monkeypatch, heart_failure(299))
    table = find_table("heart_failure", fallback=load_breast_cancer_table)
    assert table.name == "heart_failure" and table.task == "binary"
    assert table.data.columns.tolist() == ["age"]
    assert sorted(table.target.unique()) == ["0", "1"]


@pytest.mark.parametrize(
    "answer",
    [OSError("no network"), ValueError("no such table"), heart_failure(300)],
    ids=["no network", "no such table", "another table"],
)
def test_else_a_bundled_table_and_a_warning(monkeypatch, no_folder, answer):
    openml(monkeypatch, answer)
    with pytest.warns(UserWarning, match="breast_cancer, which scikit-learn bundles"):
        table = find_table("heart_failure", fallback=load_breast_cancer_table)
    assert table.name == "breast_cancer"


def test_unknown_name_is_a_clear_error():
    with pytest.raises(ValueError, match="name must be one of .*got 'iris'"):
        find_table("iris", fallback=load_breast_cancer_table)
