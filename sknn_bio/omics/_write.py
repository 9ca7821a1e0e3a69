"""Columns into the ``obs`` of a .h5ad file, which is never half-written."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from sknn_bio._optional import require


def check_writable(adata: Any) -> None:
    """Refuse a query that cannot take columns, before any work is done.

    Parameters
    ----------
    adata : AnnData, str or Path

    Raises
    ------
    ValueError
        If it is a view of a backed AnnData, or a zarr store.
    OSError
        If there is no such file, or no room or right to write beside it.
    """
    if not isinstance(adata, (str, Path)):
        if getattr(adata, "isbacked", False) and adata.is_view:
            raise ValueError(
                "a view of a backed AnnData cannot take columns: predict for the whole "
                "of it, or for its to_memory()"
            )
        return
    path = Path(adata)
    if path.is_dir():
        raise ValueError(
            f"columns are written into .h5ad files, and {path} is a folder: open a "
            "zarr store as an AnnData"
        )
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"the folder {path.parent} cannot be written to")
    size, free = path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < size:
        raise OSError(
            f"a copy of {path} takes {size / 2**30:.1f} GiB beside it until it is "
            f"done, and {free / 2**30:.1f} GiB are free; give the opened AnnData, and "
            "its columns come back in memory"
        )


def write_columns(
    path: Path, columns: pd.DataFrame, key: str, told: dict[str, Any]
) -> None:
    """Write columns into ``obs`` and a dict into ``uns`` of a file, in one step.

    A copy is changed, brought to the disk, and takes the file's place: HDF5 has no
    journal, and a file that was open for writing in a crash may not open again.

    Parameters
    ----------
    path : Path
        A .h5ad file, not open for writing elsewhere.
    columns : DataFrame of shape (n_cells, n_columns)
    key : str
        Name in ``uns``.
    told : dict
        What stands there.

    Raises
    ------
    ValueError
        If the file is of a format that took no single columns.
    """
    h5py = require("h5py", extra="omics")
    write = require("anndata", extra="omics").io.write_elem
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
    )
    os.close(handle)
    copy = Path(name)
    try:
        shutil.copy2(path, copy)
        with h5py.File(copy, "r+") as file:
            obs = file["obs"]
            if "column-order" not in obs.attrs:
                raise ValueError(
                    f"{path} was written by an AnnData before 0.7; write it again"
                )
            kept = [n for n in obs.attrs["column-order"] if n not in columns]
            for column in columns:
                write(obs, column, columns[column].values)
            obs.attrs["column-order"] = [*kept, *columns]
            write(file.require_group("uns"), key, told)
        with copy.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(copy, path)
    finally:
        copy.unlink(missing_ok=True)
