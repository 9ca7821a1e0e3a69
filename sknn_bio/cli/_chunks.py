"""Tables a few rows at a time, from CSV, TSV (gzipped or not) and Parquet."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from sknn_bio._optional import require
from sknn_bio.cli._lines import (
    Layout,
    check_names,
    find_layout,
    first_bytes,
    open_text,
    records,
)

# "None" is a grade of many a scale, "-" a blood group's half: both stay what they are.
MISSING = {"", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "<NA>", "#N/A"}
MISSING |= {"?", "."}
_CELLS = 4_000_000  # in one piece: about 100 MB while it is parsed


@dataclass(frozen=True)
class Source:
    """A table on disk, checked and not yet read.

    Attributes
    ----------
    path : Path
        The file.
    names : list of str
        Its columns.
    n_rows : int
        Its rows.
    categories : frozenset of str
        Columns that the file itself declares as categories (Parquet).
    dates : frozenset of str
        Columns that the file itself declares as dates (Parquet).
    """

    path: Path
    names: list[str]
    n_rows: int
    categories: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    layout: Layout | None = field(default=None, repr=False)

    def pieces(
        self, text: Collection[str] = (), only: Collection[str] | None = None
    ) -> Iterator[pd.DataFrame]:
        """Yield the rows, some at a time, numbered from 0.

        Parameters
        ----------
        text : collection of str, default=()
            Columns to be read as they are written: "01" stays "01".
        only : collection of str, default=None
            Columns to read; None reads all.

        Yields
        ------
        DataFrame
            The next rows, columns in the order of the file.
        """
        names = [n for n in self.names if only is None or n in only]
        size = max(1, _CELLS // len(names))
        if self.layout is None:
            yield from self._from_parquet(names, text, size)
        else:
            yield from self._from_lines(self.layout, names, text, size)

    def _from_lines(
        self, layout: Layout, names: list[str], text: Collection[str], size: int
    ) -> Iterator[pd.DataFrame]:
        with open_text(self.path) as file:
            next(records(file, self.path))  # the header
            reader = pd.read_csv(
                file,
                sep=layout.delimiter,
                decimal=layout.decimal,
                header=None,
                names=self.names,
                usecols=names,
                index_col=False,
                dtype={name: object for name in text if name in names},
                na_values=list(MISSING),
                keep_default_na=False,
                skipinitialspace=True,
                low_memory=False,
                chunksize=size,
            )
            with reader:
                yield from reader

    def _from_parquet(
        self, names: list[str], text: Collection[str], size: int
    ) -> Iterator[pd.DataFrame]:
        parquet = require("pyarrow.parquet", extra="cli")
        start = 0
        with parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=size, columns=names):
                piece = batch.to_pandas()[names]
                for name in text:
                    if name in piece:
                        piece[name] = _as_text(piece[name])
                piece.index = pd.RangeIndex(start, start + len(piece))
                start += len(piece)
                yield piece


def open_table(path: Path) -> Source:
    """Find out what a file is, and check that it holds a table.

    Parameters
    ----------
    path : Path
        CSV or TSV, gzipped or not, or Parquet; told apart by what they hold, not by
        their names.

    Returns
    -------
    Source
        To be read in pieces.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or no table in it.
    """
    if first_bytes(path) != b"PAR1":
        layout = find_layout(path)
        return Source(path, layout.names, layout.n_rows, layout=layout)
    arrow = require("pyarrow", extra="cli")
    parquet = require("pyarrow.parquet", extra="cli")
    try:
        with parquet.ParquetFile(path) as file:
            schema, n_rows = file.schema_arrow, file.metadata.num_rows
    except arrow.ArrowException as error:
        raise ValueError(f"{path} is a damaged Parquet file: {error}") from error
    names = [name for name in schema.names if not name.startswith("__index_level_")]
    check_names(path, names)
    if n_rows == 0 or not names:
        raise ValueError(f"{path} has a header and no rows")
    kinds = {name: schema.field(name).type for name in names}
    nested = [name for name, kind in kinds.items() if arrow.types.is_nested(kind)]
    if nested:
        raise ValueError(f"{path} must have plain columns, got nested {nested[0]!r}")
    return Source(
        path,
        names,
        n_rows,
        frozenset(n for n, kind in kinds.items() if arrow.types.is_dictionary(kind)),
        frozenset(n for n, kind in kinds.items() if arrow.types.is_temporal(kind)),
    )


def _as_text(column: pd.Series) -> pd.Series:
    """Return the words a CSV file would hold: 1.0 of whole numbers is "1"."""
    if pd.api.types.is_float_dtype(column.dtype):
        there = column.dropna()
        if (there == there.round()).all() and (there.abs() < 2**53).all():
            column = column.astype("Int64")
    out = column.astype(object)
    return out.where(out.isna(), out.astype(str))
