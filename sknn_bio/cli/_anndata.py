"""AnnData files beside the tables: told by their names, and read for a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.cli._data import Data
from sknn_bio.omics._cells import Cells, Place, open_cells
from sknn_bio.preprocessing import GeneAligner, LogNormalizer
from sknn_bio.preprocessing._scale import scale_of

_LARGEST = 2**33  # bytes of a dense table


def is_anndata(path: Path | None) -> bool:
    """Whether a path is one of AnnData's, by its name.

    Parameters
    ----------
    path : Path or None
        A file, or the folder of a zarr store.

    Returns
    -------
    bool
    """
    return path is not None and path.suffix in (".h5ad", ".zarr")


def labels_of(cells: Cells, target: str) -> Data:
    """Return the target of cells, and no features.

    Parameters
    ----------
    cells : Cells
        Of an open file.
    target : str
        The column of ``obs``.

    Returns
    -------
    Data

    Raises
    ------
    ValueError
        If there is no such column, or cells without a label.
    """
    labels = np.asarray(cells.column(target, "--target"))
    nothing = pd.DataFrame({"cell": np.zeros(len(labels), np.float32)})
    return Data(nothing, pd.Series(labels, name=target))


def read_cells(
    paths: Sequence[Path],
    *,
    target: str,
    group: str | None = None,
    subgroups: Sequence[str] = (),
    layer: str | None = None,
) -> tuple[list[Data], bool]:
    """Read one AnnData file or two into memory, a column a gene of the first.

    Parameters
    ----------
    paths : sequence of Path
        ``.h5ad`` files or zarr stores.
    target, group : str
        Columns of ``obs``.
    subgroups : sequence of str, default=()
        Columns of ``obs`` to give the scores by.
    layer : str, default=None
        The layer with the matrix. None takes ``X``.

    Returns
    -------
    cohorts : list of Data
        Counts are log-normalised.
    log_normalized : bool
        Whether they were counts.

    Raises
    ------
    OSError, ValueError
        If a file, a column or the layer cannot be used, the cohorts do not fit
        together, or the dense table is too large.
    """
    aligner = GeneAligner()
    scales: list[str | None] = []
    cohorts: list[Data] = []
    for path in paths:
        who = "query" if cohorts else "reference"
        with open_cells(path, Place(layer), who) as cells:
            n_cells, n_genes = cells.X.shape
            if n_cells * n_genes * 4 > _LARGEST:
                raise ValueError(
                    f"compare holds the cells in memory, and {path} with {n_cells:,} "
                    f"cells x {n_genes:,} genes is too large: train and predict read "
                    "it block by block"
                )
            data = labels_of(cells, target)
            X = cells.X.read(0, n_cells)
            scales.append(scale_of(X))
            if not cohorts:
                aligner.fit(X, genes=cells.genes)
            X = aligner.transform(X, genes=cells.genes)
            if scales[0] == "counts":
                X = LogNormalizer().fit_transform(X)
            dense = X.toarray() if sparse.issparse(X) else X
            data.X = pd.DataFrame(
                dense.astype(np.float32, copy=False), columns=aligner.feature_names_in_
            )
            if group is not None and (group in cells.obs or not cohorts):
                donors = np.asarray(cells.column(group, "--group"))
                data.groups = pd.Series(donors, name=group)
            if subgroups:
                columns = [cells.column(name, "--subgroups") for name in subgroups]
                data.subgroups = pd.DataFrame(
                    {column.name: np.asarray(column) for column in columns}
                )
        cohorts.append(data)
    if len(set(scales)) > 1:
        raise ValueError(f"both cohorts must hold counts or neither, got {scales}")
    counted = scales[0] == "counts"
    if counted:
        cohorts[0].notes.append(
            "the values are counts: each cell is brought to 10,000 counts and to "
            "log(1 + count), by its own counts of these genes alone"
        )
    return cohorts, counted
