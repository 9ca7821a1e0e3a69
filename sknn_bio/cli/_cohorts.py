"""Two cohorts in the layout of genes × cells, with tables that label their cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sknn_bio.cli._chunks import open_table
from sknn_bio.cli._counts import (
    CountsFile,
    are_counts,
    are_whole,
    log_normalize,
    open_counts,
    read_counts,
)
from sknn_bio.cli._data import Data, as_target, with_target
from sknn_bio.cli._genes import read_genes, shared_genes
from sknn_bio.cli._messages import listed, unknown


def read_cohorts(
    pairs: Sequence[tuple[Path, Path]],
    *,
    target: str,
    group: str | None = None,
    subgroups: Sequence[str] = (),
    genes: Path | None = None,
) -> tuple[list[Data], bool]:
    """Read one cohort or two, with the genes that all have.

    Parameters
    ----------
    pairs : sequence of (counts, metadata)
        For each cohort the matrix of genes × cells (counts, or values on the log
        scale) and the table with a row a cell.
    target, group : str
        Columns of the tables of cells: the label, and the donor.
    subgroups : sequence of str, default=()
        Columns to give the scores by.
    genes : Path, default=None
        A list of genes to use; None takes those of the first cohort.

    Returns
    -------
    cohorts : list of Data
        The same genes in the same order; counts are log-normalised.
    log_normalized : bool
        Whether they were counts.

    Raises
    ------
    OSError, ValueError
        If a file cannot be used, or the cohorts do not fit together.
    """
    files = [open_counts(counts) for counts, _ in pairs]
    wanted = None if genes is None else read_genes(genes)
    names, notes = shared_genes(wanted, files)
    matrices = [read_counts(file, names) for file in files]
    counted = are_counts(matrices[0])
    for file, matrix in zip(files[1:], matrices[1:], strict=True):
        if counted != (are_whole(matrix) if counted else are_counts(matrix)):
            odd = file.path.name if counted else files[0].path.name
            raise ValueError(
                f"both cohorts must hold counts or neither, got other values in {odd}"
            )
    if counted:
        notes.append(
            "the values are counts: each cell is brought to 10,000 counts and to "
            "log(1 + count), by its own counts of these genes alone"
        )
        for matrix in matrices:
            log_normalize(matrix)
    options = [("--target", target), *(("--subgroups", name) for name in subgroups)]
    options += [] if group is None else [("--group", group)]
    cohorts = []
    for file, matrix, (_, table) in zip(files, matrices, pairs, strict=True):
        cells = read_metadata(table, file, options)
        data = Data(
            pd.DataFrame(matrix, columns=names, copy=False),
            as_target(cells[target]),
            None if group is None else cells[group],
            notes,
            cells[list(subgroups)] if subgroups else None,
        )
        notes = []  # those of the genes once only
        cohorts.append(with_target(data))
    return cohorts, counted


def read_cells(
    path: Path, genes: Sequence[str], *, log_normalized: bool
) -> pd.DataFrame:
    """Read a matrix to predict for.

    Parameters
    ----------
    path : Path
        Genes × cells.
    genes : sequence of str
        The genes of the model.
    log_normalized : bool
        Whether the model was trained on log-normalised counts.

    Returns
    -------
    X : DataFrame of shape (n_cells, n_genes), float32
        Indexed by the names of the cells.

    Raises
    ------
    OSError, ValueError
        If a gene is missing, or counts are expected and there are none.
    """
    file = open_counts(path)
    there = set(file.genes)
    lacking = [gene for gene in genes if gene not in there]
    if lacking:
        raise ValueError(
            f"{path} must have the genes the model was trained on, and lacks "
            f"{len(lacking)} of {len(genes)}: {listed(lacking)}"
        )
    matrix = read_counts(file, genes)
    if log_normalized:
        if not are_whole(matrix):
            raise ValueError(
                f"{path} must hold counts, as the model was trained on them"
            )
        log_normalize(matrix)
    return pd.DataFrame(matrix, columns=list(genes), index=file.cells, copy=False)


def read_metadata(
    path: Path, file: CountsFile, wanted: Sequence[tuple[str, str]]
) -> pd.DataFrame:
    """Read columns of a table of cells, in the order of a matrix.

    Parameters
    ----------
    path : Path
        The table; one of its columns holds the names of the cells.
    file : CountsFile
        The matrix.
    wanted : sequence of (option, column)
        Which columns, and the option that names each.

    Returns
    -------
    DataFrame of shape (n_cells, n_columns), object
        As written; missing for cells that the table lacks.

    Raises
    ------
    OSError, ValueError
        If a column is absent, no column holds the cells, or a cell stands twice.
    """
    source = open_table(path)
    for option, name in wanted:
        if name not in source.names:
            raise unknown(option, name, source.names)
    table = pd.concat(source.pieces(source.names))
    cells = pd.Index(file.cells)
    found = {name: int(cells.isin(table[name]).sum()) for name in source.names}
    by = max(source.names, key=lambda name: found[name])
    if found[by] == 0:
        raise ValueError(
            f"{path} must have a column with the cells of {file.path.name}, such as "
            f"{file.cells[0]!r}; its first one has {table.iloc[0, 0]!r}"
        )
    if table[by].duplicated().any():
        twice = table.loc[table[by].duplicated(), by].iloc[0]
        raise ValueError(f"{path} must name each cell once, got {twice!r} twice")
    columns = list(dict.fromkeys(name for _, name in wanted))
    return table.set_index(by)[columns].reindex(cells).reset_index(drop=True)
