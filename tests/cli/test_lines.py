import gzip

import pytest

from sknn_bio.cli._lines import ROW_NAMES, find_layout, first_bytes


def layout_of(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return find_layout(path)


@pytest.mark.parametrize("delimiter", ["\t", ",", ";", "|"])
def test_delimiter_is_found_by_what_the_file_holds(tmp_path, delimiter):
    text = "a,b,c\n1,2,x\n3,4,y\n".replace(",", delimiter)
    layout = layout_of(tmp_path, text)
    assert layout.delimiter == delimiter
    assert (layout.names, layout.n_rows) == (["a", "b", "c"], 2)


@pytest.mark.parametrize(
    "text",
    [
        'name,note\nx,"a, b; c"\ny,"two\nlines"\n',
        'name\tnote\nx\ta, b; c\ny\t5" tube, long\n',
        "\ufeffname,note\r\nx,a\r\n\r\ny,b\r\n",
        "\n\nname;note\nx;a,b\ny;c,d\n",
    ],
)
def test_quotes_marks_and_blank_lines_are_no_fault(tmp_path, text):
    layout = layout_of(tmp_path, text)
    assert (layout.names, layout.n_rows) == (["name", "note"], 2)


def test_row_names_of_r_are_a_column(tmp_path):
    assert layout_of(tmp_path, 'a,b\n"1",2,x\n"2",4,y\n').names[0] == ROW_NAMES
    assert layout_of(tmp_path, '"",a,b\n"1",2,x\n').names == [ROW_NAMES, "a", "b"]


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("a;b\n1,5;x\n", ","),
        ("a;b\n1.5;x\n2,5;x\n", "."),
        ("a;b\n1;x\n", "."),
        ("a,b\n1,5\n", "."),
    ],
)
def test_decimal_comma(tmp_path, text, decimal):
    assert layout_of(tmp_path, text).decimal == decimal


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("a,b\n1,2\n3;4\n", "line 3 is divided by semicolons, and the header by comma"),
        ("a,b,c\n1;2;3\n4;5;6\n", "line 2 is divided by semicolons, and the header"),
        ("a,b\n" + "1,2\n" * 99 + "3\t4\n", "line 101 is divided by tabs"),
        ("a,b\n1,2,3\n4,5\n", "line 2 has 3 fields, and the header 2"),
        ("a,b,c\n1,2,3\n4,5\n", "line 3 has 2 fields, and the header 3"),
        ("a b\n1 2\n", "got one column: 'a b'"),
        ("a,b,a\n1,2,3\n", "must name each column once, got 'a'"),
        ('a,b\n1,"2\n3,4\n', "line 2 opens a quote that is never closed"),
        ("a,b\n1,\0\n", "line 2 holds a NUL byte"),
        ("a,b\nM\u00fcller,2\n".encode("latin-1"), "must be UTF-8 text, got the byte"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        (b"PK\x03\x04...", "is an Excel workbook"),
        (b"\x89HDF\r\n", "is an HDF5 file"),
        (gzip.compress(b"a,b\n1,2\n" * 999)[:40], "is a damaged gzip file"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, error):
    with pytest.raises(ValueError, match=error):
        layout_of(tmp_path, text)


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path):
    zipped = gzip.compress(b"a,b\n1,2\n")
    assert layout_of(tmp_path, zipped, "table.csv").n_rows == 1


def test_absent_file_names_its_neighbours(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileNotFoundError, match="the folder holds 'table.csv'"):
        first_bytes(tmp_path / "table.tsv")
    with pytest.raises(IsADirectoryError, match="got the folder"):
        first_bytes(tmp_path)
