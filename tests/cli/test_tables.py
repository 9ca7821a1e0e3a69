import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli import _chunks
from sknn_bio.cli._chunks import open_table
from sknn_bio.cli._tables import MANY_LEVELS, read_columns


@pytest.fixture(params=["whole", "in pieces"])
def pieces(request, monkeypatch):
    """Read tables in one piece, and a few rows at a time: the same must come out."""
    if request.param == "in pieces":
        monkeypatch.setattr(_chunks, "_CELLS", 8)


def columns_of(tmp_path, content, **options):
    path = tmp_path / "table.csv"
    path.write_text(content)
    return read_columns(open_table(path), **options)


def words_of(column):
    return list(column.astype(object))


def test_numbers_words_truths_and_gaps(tmp_path, pieces):
    text = "a,b,c,d\n" + "1,x,True,\n,y,,\n?,NA,False,\n2.5,None,True,\n" * 3
    columns = columns_of(tmp_path, text)
    np.testing.assert_array_equal(columns.numbers["a"], [1, np.nan, np.nan, 2.5] * 3)
    np.testing.assert_array_equal(columns.numbers["c"], [1, np.nan, 0, 1] * 3)
    assert columns.numbers["d"].isna().all()
    assert set(columns.numbers.dtypes) == {np.dtype("float32")}
    assert [str(w) for w in words_of(columns.texts["b"])] == [
        "x",
        "y",
        "nan",
        "None",
    ] * 3
    assert list(columns.texts["b"].categories) == ["None", "x", "y"]


@pytest.mark.parametrize("order", [1, -1])
def test_words_that_turn_up_late_leave_numbers_as_written(tmp_path, pieces, order):
    cells = ["01", "2.50", "3", "", "x", "7"][::order]
    text = "a,b\n" + "".join(f"{cell},1\n" for cell in cells)
    columns = columns_of(tmp_path, text)
    found = [w if isinstance(w, str) else "" for w in words_of(columns.texts["a"])]
    assert found == cells
    assert list(columns.numbers) == ["b"]


def test_asked_text_keeps_every_level_as_written(tmp_path, pieces):
    text = "id,b\n" + "".join(f"{i:03d},1\n" for i in range(MANY_LEVELS + 9))
    columns = columns_of(tmp_path, text, text=["id"])
    assert words_of(columns.texts["id"])[:2] == ["000", "001"]
    assert len(columns.texts["id"].categories) == MANY_LEVELS + 9


def test_free_text_is_given_up_and_left_out_is_not_read(tmp_path, pieces):
    text = "note,b,c\n" + "".join(f"word {i},1,oops\n" for i in range(MANY_LEVELS + 9))
    columns = columns_of(tmp_path, text, leave_out=["c"])
    assert columns.texts == {"note": None}
    assert list(columns.numbers) == ["b"]


def test_a_few_words_among_numbers_are_refused(tmp_path, pieces):
    text = "crp,b\n" + "".join(f"{i}.5,1\n" for i in range(30)) + "<0.1,1\n"
    with pytest.raises(ValueError, match="'crp' must hold numbers only.* '<0.1'"):
        columns_of(tmp_path, text)


def test_decimal_comma_and_spaces(tmp_path, pieces):
    columns = columns_of(tmp_path, "a; b\n1,5; x \n2,25;y\n")
    assert columns.numbers["a"].tolist() == [1.5, 2.25]
    assert words_of(columns.texts["b"]) == ["x", "y"]


def test_parquet_reads_as_csv_does(tmp_path, pieces, patients):
    pytest.importorskip("pyarrow")
    patients.to_csv(tmp_path / "t.csv", index=False)
    patients.astype({"stage": "category"}).to_parquet(tmp_path / "t.parquet")
    one, other = (
        read_columns(open_table(tmp_path / f"t.{kind}"), text=["outcome"])
        for kind in ("csv", "parquet")
    )
    pd.testing.assert_frame_equal(one.numbers, other.numbers)
    assert one.texts.keys() == other.texts.keys()
    for name, column in one.texts.items():
        assert (column == other.texts[name])[column.codes >= 0].all()


def test_damaged_and_empty_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="is a damaged Parquet file"):
        open_table(tmp_path / "t.parquet")
    pd.DataFrame({"a": []}).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match="has a header and no rows"):
        open_table(tmp_path / "none.parquet")
