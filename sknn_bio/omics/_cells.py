"""The cells of an AnnData, or of its file: a matrix, the names of its genes, obs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio._optional import require
from sknn_bio.ondisk import is_on_disk
from sknn_bio.ondisk._open import as_rows
from sknn_bio.preprocessing._gene_names import checked_names

_BLOCK_NUMBERS = 1 << 22  # of a block if it were dense: 16 MiB of float32


@dataclass(frozen=True)
class Place:
    """Where in an AnnData the matrix stands; one of the three, or else ``X``.

    Attributes
    ----------
    layer : str or None
    use_raw : bool
    obsm : str or None
    """

    layer: str | None = None
    use_raw: bool = False
    obsm: str | None = None

    def __post_init__(self):
        given = {k: v for k, v in asdict(self).items() if v not in (None, False)}
        if len(given) > 1:
            raise ValueError(
                f"one of layer, use_raw and obsm may be given, got {given}: a model "
                "has one matrix"
            )

    def __str__(self) -> str:
        """Its name within a file, such as ``layers/counts``."""
        if self.layer is not None:
            return f"layers/{self.layer}"
        if self.obsm is not None:
            return f"obsm/{self.obsm}"
        return "raw/X" if self.use_raw else "X"


@dataclass
class Cells:
    """Cells to learn from or to ask about.

    Attributes
    ----------
    X : ndarray, CSR matrix or RowsOnDisk of shape (n_cells, n_features)
    genes : ndarray of str of shape (n_features,), or None
        Names of the columns, each once; None for an array of ``obsm``.
    obs : DataFrame of n_cells rows
    place : Place
    """

    X: Any
    genes: np.ndarray | None
    obs: pd.DataFrame
    place: Place

    def blocks(self) -> Iterator[tuple[int, Any]]:
        """Yield (start, block) from the first cell to the last, blocks in memory."""
        if is_on_disk(self.X):
            yield from self.X.blocks()
            return
        size = max(1, _BLOCK_NUMBERS // max(1, self.X.shape[1]))
        for start in range(0, self.X.shape[0], size):
            yield start, self.X[start : start + size]

    def column(self, name: str, role: str, advice: str = "") -> pd.Series:
        """Return a column of obs in which no cell is missing.

        Raises
        ------
        ValueError
            If there is no such column, with near names; or cells are missing.
        """
        if name not in self.obs:
            raise ValueError(
                f"{role} must be a column of obs, got {name!r}"
                f"{near(name, self.obs.columns)}{advice}"
            )
        column = self.obs[name]
        if n_missing := int(column.isna().sum()):
            raise ValueError(
                f"{role} must be known for every cell, and obs[{name!r}] is missing in "
                f"{n_missing:,} of {len(column):,}; to leave them out: "
                f"adata[adata.obs[{name!r}].notna()]"
            )
        return column


@contextmanager
def open_cells(adata: Any, place: Place, who: str) -> Iterator[Cells]:
    """Give the cells of an AnnData or of a file, which is open meanwhile.

    Parameters
    ----------
    adata : AnnData, str or Path
        In memory, backed, a view; or a ``.h5ad`` file or a zarr store, whose matrix
        stays on disk.
    place : Place
    who : {"reference", "query"}
        For messages.

    Raises
    ------
    ValueError
        If there is no such place, genes are not unique, or a file is damaged.
    FileNotFoundError, TypeError
    """
    if isinstance(adata, (str, Path)):
        with _opened(Path(adata)) as root:
            yield _of_file(root, Path(adata), place, who)
    elif hasattr(adata, "obs") and hasattr(adata, "var_names"):
        yield _of_object(adata, place, who)
    else:
        raise TypeError(
            "adata must be an AnnData or the path of a .h5ad file, got "
            f"{type(adata).__name__}"
        )


def near(name: str, names: Iterable[Any]) -> str:
    """Return what there is instead of a name, for the end of a message."""
    there = [str(each) for each in names]
    folded = {each.casefold(): each for each in reversed(there)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    shown = ", ".join(map(repr, there[:8])) + (", ..." if len(there) > 8 else "")
    hint = f"; did you mean {folded[close[0]]!r}?" if close else ""
    return f"; there is {shown or 'none'}{hint}"


def _of_object(adata: Any, place: Place, who: str) -> Cells:
    if place.use_raw and adata.raw is None:
        raise ValueError(_NO_RAW)
    if adata.isbacked and adata.is_view and not (place.layer or place.obsm):
        return _of_backed_view(adata, place, who)
    if place.obsm is not None:
        X, names = _known(adata.obsm, place.obsm, "obsm"), None
    else:
        names = adata.raw.var_names if place.use_raw else adata.var_names
        if place.layer is not None:
            X = _known(adata.layers, place.layer, "layer")
        else:
            X = adata.raw.X if place.use_raw else adata.X
    return _cells(X, names, adata.obs, place, who)


def _of_backed_view(view: Any, place: Place, who: str) -> Cells:
    """Return rows of the whole file: AnnData itself would read a view into memory."""
    whole = _of_object(view._adata_ref, place, who)
    rows = whole.X[view._oidx]
    if place.use_raw:
        return Cells(rows, whole.genes, view.obs, place)
    assert whole.genes is not None
    columns = np.arange(len(whole.genes))[view._vidx]
    if len(columns) < len(whole.genes) or (np.diff(columns) < 0).any():
        rows = rows.map(partial(_columns, columns=columns), len(columns))
    return Cells(rows, whole.genes[columns], view.obs, place)


def _columns(block: Any, columns: np.ndarray) -> Any:
    return block[:, columns]


def _of_file(root: Any, path: Path, place: Place, who: str) -> Cells:
    read = require("anndata", extra="omics").io.read_elem
    for name in ("obs", "var"):
        if name not in root:
            raise ValueError(f"{path} must be an AnnData file, and has no {name!r}")
    if place.use_raw and "raw" not in root:
        raise ValueError(_NO_RAW)
    kind, _, name = str(place).rpartition("/")
    folder = root[kind] if kind in root else {}
    node = _known(folder if kind else root, name, kind.rstrip("s") or "matrix")
    names = None
    if place.obsm is None:
        names = read(root["raw/var" if place.use_raw else "var"]).index
    elif node.attrs.get("encoding-type") == "dataframe":
        node = read(node)
    return _cells(node, names, read(root["obs"]), place, who)


def _cells(X: Any, names: Any, obs: pd.DataFrame, place: Place, who: str) -> Cells:
    if isinstance(X, pd.DataFrame):
        X, names = X.to_numpy(), X.columns
    if sparse.issparse(X):  # a view's matrix is of AnnData's own class
        X = sparse.csr_matrix(X)
    elif isinstance(X, np.ndarray):
        X = np.asarray(X)
    else:
        is_group = hasattr(X, "keys")
        if not (is_group or is_on_disk(X)):
            raise ValueError(
                f"{place} must be an array, a sparse matrix or on disk, got "
                f"{type(X).__name__}"
                + ("" if X is None else "; read it by adata.to_memory()")
            )
        X = as_rows(X)
    if X.shape[0] == 0:
        raise ValueError(f"the {who} must have cells, got none")
    genes = None if names is None else checked_names(names, X.shape[1], who)
    return Cells(X, genes, obs, place)


def _known(there: Any, name: str, what: str) -> Any:
    if name not in there:
        raise ValueError(f"no {what} {name!r} in the AnnData{near(name, there)}")
    return there[name]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.exists():
        raise FileNotFoundError(f"no such file: {path}")
    if path.is_dir():
        yield require("zarr", extra="omics").open_group(str(path), mode="r")
        return
    try:
        file = require("h5py", extra="omics").File(path, "r")
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read; it is no .h5ad file, or cut off: {error}"
        ) from error
    with file:
        yield file


_NO_RAW = (
    "use_raw=True needs adata.raw, which is not there; leave use_raw out, or name a "
    "layer"
)
