"""Genes × cells: a matrix of counts in text, with one line a gene, and its cells."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sknn_bio.cli._chunks import MISSING
from sknn_bio.cli._lines import Layout, find_layout, open_text, records, split

_GENOTYPE = 2  # whole numbers up to here may be alleles, not counts


@dataclass(frozen=True)
class CountsFile:
    """A matrix on disk: genes in lines, cells in columns.

    Attributes
    ----------
    layout : Layout
        Of its lines.
    genes : list of str
        Names of the lines.
    """

    layout: Layout
    genes: list[str]

    @property
    def path(self) -> Path:
        """The file."""
        return self.layout.path

    @property
    def cells(self) -> list[str]:
        """Names of the cells."""
        return self.layout.names[1:]


def open_counts(path: Path) -> CountsFile:
    """Find the genes and the cells of a matrix.

    Parameters
    ----------
    path : Path
        CSV or TSV, gzipped or not: a header with the cells, then a line a gene.

    Returns
    -------
    CountsFile
        To be read by `read_counts`.

    Raises
    ------
    OSError, ValueError
        If there is no such file, or no matrix in it.
    """
    layout = find_layout(path)
    return CountsFile(layout, [gene for _, gene, _ in _lines(layout)])


def read_counts(file: CountsFile, genes: Sequence[str]) -> np.ndarray:
    """Read the values of some genes, transposed.

    Parameters
    ----------
    file : CountsFile
        The matrix.
    genes : sequence of str
        Which genes, in this order; of lines with the same name the first counts.

    Returns
    -------
    ndarray of shape (n_cells, n_genes), float32
        In memory once; a line at a time is read beside it.

    Raises
    ------
    ValueError
        If a value is missing or no number.
    """
    places = {gene: place for place, gene in enumerate(genes)}
    out = np.empty((len(file.cells), len(genes)), dtype=np.float32)
    for number, gene, rest in _lines(file.layout):
        place = places.pop(gene, None)
        if place is not None:
            out[:, place] = _values(file, number, gene, rest)
    return out


def are_whole(values: np.ndarray) -> bool:
    """Whether values are whole and not negative.

    Parameters
    ----------
    values : ndarray of shape (n_cells, n_genes)
        The matrix.

    Returns
    -------
    bool
    """
    return all(bool((row >= 0).all() and (row == np.rint(row)).all()) for row in values)


def are_counts(values: np.ndarray) -> bool:
    """Whether values are whole and go beyond the alleles of a genotype.

    Parameters
    ----------
    values : ndarray of shape (n_cells, n_genes)
        The matrix.

    Returns
    -------
    bool
    """
    return bool(values.max() > _GENOTYPE) and are_whole(values)


def log_normalize(values: np.ndarray) -> None:
    """Bring each cell to 10,000 counts, then to log(1 + count), in place.

    Parameters
    ----------
    values : ndarray of shape (n_cells, n_genes), float32
        The counts; a cell without any stays zero.

    Notes
    -----
    A cell's own counts are all it takes, so nothing leaks between cells. The total is
    that of the genes given: cohorts with other genes beside them stay comparable.
    """
    for row in values:
        total = row.sum(dtype=np.float64)
        if total > 0:
            row *= 1e4 / total
    np.log1p(values, out=values)


def _lines(layout: Layout) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the gene and the rest of each line below the header."""
    with open_text(layout.path) as text:
        lines = records(text, layout.path)
        next(lines)
        for number, line in lines:
            gene, _, rest = line.partition(layout.delimiter)
            gene = gene.strip()
            if gene.startswith('"'):
                if not gene.endswith('"'):  # the name itself holds the delimiter
                    gene = split(line, layout.delimiter)[0]
                    rest = line.partition(gene + '"' + layout.delimiter)[2]
                gene = gene.strip('"')
            yield number, gene, rest


def _values(file: CountsFile, number: int, gene: str, rest: str) -> np.ndarray:
    delimiter, n_cells = file.layout.delimiter, len(file.cells)
    with warnings.catch_warnings(), suppress(ValueError, DeprecationWarning):
        warnings.simplefilter("error", DeprecationWarning)  # text that is no number
        values = np.fromstring(rest, dtype=np.float32, sep=delimiter)
        if len(values) == n_cells and np.isfinite(values).all():
            return values
    fields = split(rest, delimiter)
    spelt = pd.Series(fields, dtype=object).mask(lambda words: words.isin(MISSING))
    numbers = pd.to_numeric(spelt, errors="coerce").to_numpy(np.float32)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise ValueError(
            f"{file.path} line {number} must hold numbers, got {fields[wrong[0]]!r} "
            f"for the gene {gene!r} in the cell {file.cells[wrong[0]]!r}"
        )
    return numbers
