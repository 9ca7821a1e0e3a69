"""Fit an estimator, or a Pipeline, on the cells of an AnnData."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import clone, is_regressor

from sknn_bio.omics._cells import Cells, Place, open_cells
from sknn_bio.omics._genes import NOTES, takes
from sknn_bio.preprocessing._scale import scale_of


def fit_anndata(
    estimator: Any,
    adata: Any,
    target: str = "cell_type",
    *,
    groups: str | None = "donor",
    batch: str | None = None,
    layer: str | None = None,
    use_raw: bool = False,
    obsm: str | None = None,
) -> Any:
    """Fit an estimator, or a Pipeline, on the cells of an AnnData.

    The names of the genes go to a :class:`~sknn_bio.preprocessing.GeneAligner` where
    the Pipeline has one, donors to the inner split of the network, batches to
    :class:`~sknn_bio.preprocessing.HighlyVariableGenes`: by scikit-learn's metadata
    routing, so that no step has to be named.

    Parameters
    ----------
    estimator : estimator
        Any of scikit-learn's kind; it is cloned, and stays as it is.
    adata : AnnData, str or Path
        In memory, backed, or a view of either; or the path of a ``.h5ad`` file or a
        zarr store. The matrix of a backed AnnData and of a file stays on disk: the
        networks and transformers of this library read it block by block.
    target : str, default="cell_type"
        The column of ``obs`` to learn: labels, or numbers for a regressor.
    groups : str or None, default="donor"
        The column of ``obs`` with the donor, patient or sample of each cell. None: the
        cells are independent of each other, which those of one donor seldom are.
    batch : str or None, default=None
        The column of ``obs`` within whose levels variable genes are looked for.
    layer : str or None, default=None
        The layer with the matrix. None takes ``X``.
    use_raw : bool, default=False
        Take the matrix and the genes of ``adata.raw``.
    obsm : str or None, default=None
        Take coordinates, such as ``"X_pca"``, in the place of genes.

    Returns
    -------
    model : estimator
        Fitted. It is scikit-learn's as before, with a dict beside it, ``anndata_``,
        which `predict_anndata` reads: the genes, the place of the matrix, `target`,
        `groups`, the number of cells and whether they looked like counts or logs.

    Warns
    -----
    UserWarning
        If all cells are of one group.

    Raises
    ------
    ValueError
        If a column, a layer or ``raw`` is absent, the target or the group of some cells
        is missing, a gene occurs twice, a file is damaged, or nothing in the estimator
        takes `batch`.
    TypeError, FileNotFoundError
        If `adata` is no AnnData, or no file.

    See Also
    --------
    predict_anndata : Writes predictions into ``obs``.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.datasets import simulate_cohorts
    >>> from sknn_bio.omics import fit_anndata
    >>> from sknn_bio.preprocessing import GeneAligner, LogNormalizer
    >>> cohorts = simulate_cohorts(n_cells=(200, 50), n_genes=300, random_state=0)
    >>> obs = pd.DataFrame({"state": cohorts.train.labels}, index=map(str, range(200)))
    >>> var = pd.DataFrame(index=cohorts.genes)
    >>> atlas = anndata.AnnData(cohorts.train.counts, obs=obs, var=var)
    >>> network = NeuralNetClassifier(n_members=1, max_epochs=5, random_state=0)
    >>> model = make_pipeline(GeneAligner(), LogNormalizer(), network)
    >>> model = fit_anndata(model, atlas, "state", groups=None)
    >>> model.classes_.tolist()
    ['parental', 'resistant']
    """
    place = Place(layer, use_raw, obsm)
    with open_cells(adata, place, "reference") as cells:
        y = _target(cells, target, is_regressor(estimator))
        metadata = {"genes": cells.genes}
        if groups is not None:
            advice = "; groups=None if cells are independent of each other"
            metadata["groups"] = np.asarray(cells.column(groups, "groups", advice))
        if batch is not None:
            metadata["batch"] = np.asarray(cells.column(batch, "batch"))
        model = clone(estimator)
        with config_context(enable_metadata_routing=True):
            used = {
                name: value
                for name, value in metadata.items()
                if value is not None and takes(model, "fit", name)
            }
            if batch is not None and "batch" not in used:
                raise ValueError(
                    "batch needs a step that takes it, such as HighlyVariableGenes, "
                    f"and {type(model).__name__} has none"
                )
            model.fit(cells.X, y, **used)
        notes = {
            "genes": cells.genes,
            "layer": layer,
            "use_raw": use_raw,
            "obsm": obsm,
            "target": target,
            "groups": groups,
            "n_cells": len(y),
            "scale": scale_of(next(cells.blocks())[1]),
        }
    setattr(model, NOTES, notes)
    return model


def _target(cells: Cells, name: str, as_numbers: bool) -> np.ndarray:
    column = cells.column(name, "target")
    if not as_numbers:
        return np.asarray(column)
    plain = np.asarray(column)
    numbers = pd.to_numeric(pd.Series(plain), errors="coerce")
    if numbers.isna().any():
        wrong = plain[np.asarray(numbers.isna())][0]
        raise ValueError(
            f"a regressor needs numbers in obs[{name!r}], got {wrong!r}; for labels "
            "take a classifier"
        )
    return numbers.to_numpy(np.float64)
