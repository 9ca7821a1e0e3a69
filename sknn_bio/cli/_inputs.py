"""Where a command's data come from: a table, or genes × cells; one cohort or two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sknn_bio.cli._anndata import is_anndata, read_cells
from sknn_bio.cli._cohorts import read_cohorts
from sknn_bio.cli._columns import describe
from sknn_bio.cli._data import Data
from sknn_bio.cli._messages import note
from sknn_bio.cli._reading import read_data, read_data_like


@dataclass(frozen=True)
class Inputs:
    """The files of a command and the columns in them.

    Attributes
    ----------
    table : Path or None
        CSV or TSV, gzipped or not, Parquet, or AnnData's (``.h5ad``, ``.zarr``); or
        else `counts` and `metadata`.
    target : str
        The column to predict.
    group : str, default=None
        The column with the patient, donor or site of each row.
    drop : tuple of str, default=()
        Columns that are no features.
    subgroups : tuple of str, default=()
        Columns to give the scores by.
    test_table : Path, default=None
        A cohort to test on.
    counts, metadata, genes, test_counts, test_metadata : Path, default=None
        Genes × cells, the tables of the cells, and a list of genes.
    layer : str, default=None
        The layer of an AnnData file. None takes its ``X``.
    """

    table: Path | None
    target: str
    group: str | None = None
    drop: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    test_table: Path | None = None
    counts: Path | None = None
    metadata: Path | None = None
    genes: Path | None = None
    test_counts: Path | None = None
    test_metadata: Path | None = None
    layer: str | None = None


@dataclass
class Cohorts:
    """What was read.

    Attributes
    ----------
    train : Data
        The table, or the cohort to train on.
    test : Data or None
        A cohort to test on, with the same features.
    log_normalized : bool
        Whether both were counts and are log-normalised now.
    """

    train: Data
    test: Data | None = None
    log_normalized: bool = False


def read_inputs(inputs: Inputs) -> Cohorts:
    """Read the files, and say what a user must know of them.

    Parameters
    ----------
    inputs : Inputs
        The files.

    Returns
    -------
    Cohorts
        One or two.

    Raises
    ------
    OSError, ValueError
        If a file or a column cannot be used.
    """
    if is_anndata(inputs.table):
        cohorts = _of_anndata(inputs)
    else:
        cohorts = _of_table(inputs) if inputs.table is not None else _of_matrix(inputs)
    for data in (cohorts.train, cohorts.test):
        for sentence in [] if data is None else data.notes:
            note(sentence)
    return cohorts


def _of_table(inputs: Inputs) -> Cohorts:
    assert inputs.table is not None
    train = read_data(
        inputs.table,
        target=inputs.target,
        group=inputs.group,
        drop=inputs.drop,
        subgroups=inputs.subgroups,
    )
    if inputs.test_table is None:
        return Cohorts(train)
    test = read_data_like(
        inputs.test_table,
        describe(train.X),
        target=inputs.target,
        is_label=train.y.dtype == object,
        group=inputs.group,
        subgroups=inputs.subgroups,
    )
    return Cohorts(train, test)


def _of_anndata(inputs: Inputs) -> Cohorts:
    paths = [path for path in (inputs.table, inputs.test_table) if path is not None]
    cohorts, log_normalized = read_cells(
        paths,
        target=inputs.target,
        group=inputs.group,
        subgroups=inputs.subgroups,
        layer=inputs.layer,
    )
    train, test = (*cohorts, None)[:2]
    assert train is not None
    return Cohorts(train, test, log_normalized)


def _of_matrix(inputs: Inputs) -> Cohorts:
    assert inputs.counts is not None and inputs.metadata is not None
    pairs = [(inputs.counts, inputs.metadata)]
    if inputs.test_counts is not None and inputs.test_metadata is not None:
        pairs.append((inputs.test_counts, inputs.test_metadata))
    cohorts, log_normalized = read_cohorts(
        pairs,
        target=inputs.target,
        group=inputs.group,
        subgroups=inputs.subgroups,
        genes=inputs.genes,
    )
    train, test = (*cohorts, None)[:2]
    assert train is not None
    return Cohorts(train, test, log_normalized)
