"""Synthetic counts on disk, of any number of cells, written block by block."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

BLOCK = 20_000
DENSITY = 0.07


def draw(n_cells: int, n_genes: int, rng: np.random.Generator, labels: np.ndarray):
    """Return CSR counts: 7 % are not zero, and some genes tell the classes apart."""
    per_cell = rng.poisson(DENSITY * n_genes, n_cells).clip(1, n_genes)
    indptr = np.concatenate([[0], np.cumsum(per_cell)])
    # Frequent genes and rare ones; a tenth of a cell's genes are its class's.
    draws = rng.random(indptr[-1]) ** 1.5
    genes = (draws * n_genes).astype(np.int32)
    own = rng.random(indptr[-1]) < 0.02
    which = np.repeat(labels, per_cell)[own]
    genes[own] = (which * 50 + rng.integers(0, 50, own.sum())) % n_genes
    values = (1 + rng.poisson(0.7, indptr[-1])).astype(np.float32)
    out = sparse.csr_matrix((values, genes, indptr), shape=(n_cells, n_genes))
    out.sum_duplicates()
    return out


def labels_of(n_cells: int, n_classes: int = 8, sort: bool = False) -> np.ndarray:
    """Return the class of each cell."""
    labels = np.random.default_rng(1).integers(0, n_classes, n_cells)
    return np.sort(labels) if sort else labels


def blocks(n_cells: int, n_genes: int, labels: np.ndarray):
    """Yield the table in blocks of 20,000 cells."""
    for number, start in enumerate(range(0, n_cells, BLOCK)):
        own = labels[start : start + BLOCK]
        yield draw(len(own), n_genes, np.random.default_rng(number), own)


def write(path: Path, n_cells: int, n_genes: int, labels: np.ndarray) -> Path:
    """Write the matrix of an ``.h5ad`` (group X, CSR) unless it is there."""
    if path.exists():
        return path
    with h5py.File(path.with_suffix(".part"), "w") as file:
        group = file.create_group("X")
        group.attrs["encoding-type"] = "csr_matrix"
        group.attrs["encoding-version"] = "0.1.0"
        group.attrs["shape"] = (n_cells, n_genes)
        data, indices = (
            group.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(1 << 18,))
            for name, dtype in (("data", np.float32), ("indices", np.int32))
        )
        ends = [np.zeros(1, np.int64)]
        for block in blocks(n_cells, n_genes, labels):
            at = int(ends[-1][-1])
            for dataset, values in ((data, block.data), (indices, block.indices)):
                dataset.resize((at + block.nnz,))
                dataset[at:] = values
            ends.append(block.indptr[1:].astype(np.int64) + at)
        group.create_dataset("indptr", data=np.concatenate(ends))
    path.with_suffix(".part").rename(path)
    return path
