"""From a path, a dataset or a backed AnnData's matrix to rows on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from sknn_bio.ondisk._rows import RowsOnDisk
from sknn_bio.ondisk._sources import CsrSource, DenseSource, Source, open_node

_PACKAGES = {"anndata", "h5py", "zarr"}


def is_on_disk(X: Any) -> bool:
    """Whether a table's rows are on disk, and can be read a few at a time.

    True of :class:`RowsOnDisk`, of datasets of h5py and zarr and of a backed AnnData's
    matrix. A memory map is an array like any other until :func:`open_rows` is asked.
    """
    if isinstance(X, RowsOnDisk):
        return True
    if isinstance(X, np.ndarray) or sparse.issparse(X):  # AnnData's views are
        return False
    package = type(X).__module__.partition(".")[0]
    return package in _PACKAGES and len(getattr(X, "shape", ())) == 2


def as_rows(X: Any) -> RowsOnDisk:
    """Return what :func:`is_on_disk` as rows."""
    return X if isinstance(X, RowsOnDisk) else RowsOnDisk(_source(X))


def open_rows(source: Any, key: str = "X") -> RowsOnDisk:
    """Open a table whose rows stay on disk.

    Parameters
    ----------
    source : path, or h5py / zarr dataset or group, or memory map
        A ``.h5ad`` or another HDF5 file, a zarr store, a ``.npy`` file; or the matrix
        of a backed AnnData (``adata.X``, ``adata.layers["counts"]``). Sparse tables
        must be CSR.
    key : str, default="X"
        The table in a file or store, such as ``"layers/counts"``.

    Returns
    -------
    rows : RowsOnDisk
        With the names of the columns where the file is AnnData's and `key` is its `X`
        or a layer.

    Raises
    ------
    ValueError
        If there is no such table, or it is damaged or a CSC matrix.
    FileNotFoundError

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.ondisk import open_rows
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 5)).astype(np.float32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/table.npy", X)
    ...     rows = open_rows(f"{folder}/table.npy")
    ...     network = NeuralNetClassifier(max_epochs=5, random_state=0)
    ...     network.fit(rows, X[:, 0] > 0).predict(rows).shape
    (300,)
    """
    if not isinstance(source, (str, Path)):
        return RowsOnDisk(_source(source))
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    if path.suffix == ".npy":
        return RowsOnDisk(DenseSource(_two_dimensional(np.load(path, mmap_mode="r"))))
    kind = "zarr" if path.is_dir() else "h5py"
    try:
        root = open_node(kind, path, "/")
        node = root[key]
    except KeyError:
        raise ValueError(f"{path} must hold {key!r}, got {sorted(root)}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read, it may be cut off: {error}") from None
    return RowsOnDisk(_source(node), columns=_gene_names(root, key))


def _source(node: Any) -> Source:
    if isinstance(node, np.ndarray):
        return DenseSource(_two_dimensional(node))
    format_ = getattr(node, "format", None)
    if isinstance(format_, str):  # AnnData's view of a sparse matrix on disk
        if format_ != "csr":
            raise ValueError(
                "a sparse table on disk must be CSR, to be read by rows, got "
                f"{format_!r}: write it again as CSR"
            )
        return CsrSource(node.group)
    if hasattr(node, "shape"):
        return DenseSource(_two_dimensional(node))
    if all(name in node for name in ("data", "indices", "indptr")):
        return CsrSource(node)
    raise ValueError(
        f"a table on disk must be an array or a CSR matrix, got {type(node).__name__} "
        f"with {sorted(node)}"
    )


def _two_dimensional(array):
    if len(array.shape) != 2:
        raise ValueError(f"a table must have two dimensions, got shape {array.shape}")
    return array


def _gene_names(root, key: str) -> np.ndarray | None:
    """Return the names of an AnnData file's genes, where the table is over them."""
    if not (key == "X" or key.startswith("layers/")) or "var" not in root:
        return None
    var = root["var"]
    name = var.attrs.get("_index", "_index")
    if name not in var:
        return None
    stored = var[name]
    if hasattr(stored, "keys"):  # strings that may be missing: values and a mask
        stored = stored["values"]
    names = np.asarray(stored[:]).tolist()
    return np.array(
        [n.decode() if isinstance(n, bytes) else str(n) for n in names], dtype=object
    )
