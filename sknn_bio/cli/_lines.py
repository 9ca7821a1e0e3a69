"""The lines of a CSV or TSV file: its delimiter, and whether every line has it."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from sknn_bio.cli._messages import listed

DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar"}
ROW_NAMES = "row names"  # the column that R writes without a heading
_SAMPLE = 50  # lines
_LONGEST_FIELD = 1_000  # lines; a stray quote must not swallow the file
_OPENS_QUOTE = re.compile(r'(^|[\t,;|])\s*"')  # elsewhere it is an inch or a second
_DECIMAL_COMMA = re.compile(r"^\s*-?\d+,\d+\s*$")
_MAGIC = {
    b"PK\x03\x04": "is an Excel workbook or a zip file; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the sheet as CSV",
    b"\x89HDF": "is an HDF5 file, such as .h5ad, which this command does not read",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
}


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    Attributes
    ----------
    path : Path
        The file.
    delimiter : str
        Between two fields.
    decimal : str
        "." or ",".
    names : list of str
        The columns; the first is `ROW_NAMES` where it has no heading.
    n_rows : int
        Rows below the header.
    """

    path: Path
    delimiter: str
    decimal: str
    names: list[str]
    n_rows: int


def first_bytes(path: Path) -> bytes:
    """Return the first four bytes of a file that can be a table.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, ValueError
        If there is none, it is empty, or it is of a kind that is not read here.
    """
    if path.is_dir():
        raise IsADirectoryError(f"a table must be a file, got the folder {path}")
    if not path.exists():
        near = [p.name for p in path.parent.glob(f"{path.stem}*")][:3]
        hint = f"; the folder holds {listed(near)}" if near else ""
        raise FileNotFoundError(f"no such file: {path}{hint}")
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise ValueError(f"{path} is empty")
    for magic, what in _MAGIC.items():
        if start.startswith(magic):
            raise ValueError(f"{path} {what}")
    return start


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open UTF-8 text, gzipped or not; what is wrong with it is said in one line.

    Yields
    ------
    file
        At its start, past a byte order mark.

    Raises
    ------
    ValueError
        If it is no UTF-8 text, or a damaged gzip file.
    """
    zipped = first_bytes(path).startswith(b"\x1f\x8b")
    try:
        with gzip.open(path) if zipped else path.open("rb") as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig")
            with text:
                yield text
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise ValueError(
            f"{path} must be UTF-8 text, got the byte 0x{byte:02x}; save it as UTF-8 "
            "(in Excel: 'CSV UTF-8')"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is a damaged gzip file: {error}") from error


def records(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is not blank.

    A line break inside quotes does not end a line.
    """
    number = start = 0
    held = ""
    for number, line in enumerate(file, 1):
        if "\0" in line:
            raise ValueError(f"{path} line {number} holds a NUL byte: it is no text")
        held, start = (held + line, start) if held else (line, number)
        if held.count('"') % 2 and _OPENS_QUOTE.search(held):
            if number - start < _LONGEST_FIELD:
                continue
            break
        if not held.isspace():
            yield start, held.rstrip("\n")
        held = ""
    if held:
        raise ValueError(f"{path} line {start} opens a quote that is never closed")


def split(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line.

    Examples
    --------
    >>> split('1,"a, b"', ",")
    ['1', 'a, b']
    """
    if '"' not in line:
        return [field.strip() for field in line.split(delimiter)]
    lines = line.splitlines(keepends=True)  # of a field with line breaks
    fields = next(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    return [field.strip() for field in fields]


def find_layout(path: Path) -> Layout:
    """Find the delimiter and the columns, and check that every line has them.

    Parameters
    ----------
    path : Path
        A CSV or TSV file, gzipped or not.

    Returns
    -------
    Layout
        The delimiter is the one of tab, comma, semicolon and vertical bar by which the
        first lines fall into equally many fields.

    Raises
    ------
    ValueError
        If a line is delimited otherwise or has too many or too few fields, if there is
        one column only or no row, or if a name stands twice.
    """
    csv.field_size_limit(2**31 - 1)
    with open_text(path) as file:
        sample = list(islice(records(file, path), _SAMPLE))
    if not sample:
        raise ValueError(f"{path} is empty")
    delimiter = _delimiter(path, sample)
    header = split(sample[0][1], delimiter)
    rows = [split(line, delimiter) for _, line in sample[1:]]
    # R writes the row names without a heading.
    if rows and all(len(row) == len(header) + 1 for row in rows):
        header = ["", *header]
    with open_text(path) as file:
        n_rows = _check_lines(path, file, delimiter, len(header))
    if n_rows == 0:
        raise ValueError(f"{path} has a header and no rows")
    return Layout(
        path, delimiter, _decimal(rows, delimiter), _named(path, header), n_rows
    )


def _delimiter(path: Path, sample: list[tuple[int, str]]) -> str:
    def widths(delimiter: str) -> list[int]:
        return [len(split(line, delimiter)) for _, line in sample]

    found = {delimiter: widths(delimiter) for delimiter in DELIMITERS}
    wide = {d: counts for d, counts in found.items() if counts[0] > 1}
    if not wide:
        others = [d for d, counts in found.items() if max(counts) > 1]
        if others:
            raise _mixed(path, sample, others[0], None)
        raise ValueError(
            f"{path} must have columns between tabs, commas, semicolons or vertical "
            f"bars, got one column: {sample[0][1][:40]!r}"
        )
    even = {d: c for d, c in wide.items() if len({*c[1:], c[0]}) == 1}
    with_row_names = {d: c for d, c in wide.items() if c[1:] and {*c[1:]} == {c[0] + 1}}
    chosen = even or with_row_names or wide
    return max(chosen, key=lambda delimiter: chosen[delimiter][0])


def _mixed(
    path: Path, sample: list[tuple[int, str]], other: str, delimiter: str | None
) -> ValueError:
    number = next((n for n, line in sample if len(split(line, other)) > 1), 1)
    header = f"by {DELIMITERS[delimiter]}s" if delimiter else "otherwise"
    return ValueError(
        f"{path} mixes delimiters: line {number} is divided by {DELIMITERS[other]}s, "
        f"and the header {header}"
    )


def _check_lines(path: Path, file: TextIO, delimiter: str, width: int) -> int:
    """Return the number of rows; every one has as many fields as the header."""
    lines = records(file, path)
    next(lines)
    n_rows = 0
    for number, line in lines:
        if '"' in line:
            fields = len(split(line, delimiter))
        else:
            fields = line.count(delimiter) + 1
        if fields != width:
            for other in DELIMITERS:
                if fields < width <= len(split(line, other)):
                    raise _mixed(path, [(number, line)], other, delimiter)
            raise ValueError(
                f"{path} line {number} has {fields} fields, and the header {width} "
                f"(between {DELIMITERS[delimiter]}s)"
            )
        n_rows += 1
    return n_rows


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """Return "," where numbers are written 1,5 and none is written 1.5."""
    if delimiter == ",":
        return "."
    fields = [field for row in rows for field in row]
    commas = any(_DECIMAL_COMMA.match(field) for field in fields)
    points = any(re.match(r"^-?\d+\.\d+$", field) for field in fields)
    return "," if commas and not points else "."


def _named(path: Path, header: list[str]) -> list[str]:
    """Return the header with a name in each column, each of its own."""
    names = [
        name or (ROW_NAMES if number == 1 else f"column {number}")
        for number, name in enumerate(header, 1)
    ]
    check_names(path, names)
    return names


def check_names(path: Path, names: list[str]) -> None:
    """Refuse names that stand twice.

    Raises
    ------
    ValueError
    """
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        raise ValueError(
            f"{path} must name each column once, got {listed(dict.fromkeys(twice))} "
            "more than once"
        )
