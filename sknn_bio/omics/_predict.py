"""Write what a model says of cells into the ``obs`` of an AnnData, or of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sknn_bio.omics._answers import AS_FITTED, answers, gathered, place_of
from sknn_bio.omics._cells import open_cells
from sknn_bio.omics._provenance import provenance_of
from sknn_bio.omics._write import check_writable, write_columns


def predict_anndata(
    model: Any,
    adata: Any,
    *,
    key_added: str = "sknn",
    layer: str | None = AS_FITTED,
    use_raw: bool | str = AS_FITTED,
    obsm: str | None = AS_FITTED,
) -> pd.DataFrame:
    """Predict for the cells of an AnnData, and write the answers into its ``obs``.

    The cells are read block by block, and nothing is written before the last one is
    answered: an error leaves the query as it was.

    Parameters
    ----------
    model : fitted estimator
        Of :func:`fit_anndata`; or any other that begins with a
        :class:`~sknn_bio.preprocessing.GeneAligner`, or was fitted on a DataFrame with
        the names of the genes.
    adata : AnnData, str or Path
        The query; its target need not be known. An AnnData, backed or not, gets the
        columns in memory, as by scanpy's functions, and its file is not touched. Of the
        path of a ``.h5ad`` file the file itself gets them: a copy beside it is written
        and then takes its place in one step, so whoever reads it finds the old file or
        the new one, also after a crash. It takes the room of a second file meanwhile.
    key_added : str, default="sknn"
        What the names of columns begin with, and the name in ``uns``. Columns of that
        name are replaced.
    layer, use_raw, obsm : default="as fitted"
        Where the matrix stands, as in :func:`fit_anndata`. Unless one of them is
        given, it is where that of training was.

    Returns
    -------
    columns : DataFrame of shape (n_cells, n_columns)
        What was written, indexed by the names of the cells:

        - ``{key_added}_label``: the likeliest label, categorical;
        - ``{key_added}_probability``: its probability, in [0, 1];
        - ``{key_added}_margin``: that less the probability of the next label;
        - ``{key_added}_unknown``: whether the cell is of no known type, from a
          ``RejectOption`` only; its label is then the option's word for that;
        - ``{key_added}_value``: the prediction of a regressor, alone.

    Warns
    -----
    ExpressionScaleWarning
        If the reference holds counts and the query logs, or the reverse.
    UserWarning
        If the query lacks genes, which are filled.

    Raises
    ------
    ValueError
        If the genes are not those of training and no GeneAligner finds them, too few
        are there, one occurs twice, a layer or ``raw`` is absent, a file is damaged, or
        the query cannot take columns (a view of a backed AnnData, a zarr store).
    OSError
        If there is no room, or no right, to write beside the file.

    Notes
    -----
    ``uns[key_added]`` tells where the columns come from: versions, the model and its
    settings with every "auto" resolved, the matrix that was used, the time (UTC), and
    how many genes were found, missing and dropped.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.datasets import simulate_cohorts
    >>> from sknn_bio.omics import fit_anndata, predict_anndata
    >>> from sknn_bio.preprocessing import GeneAligner, LogNormalizer
    >>> cohorts = simulate_cohorts(n_cells=(200, 50), n_genes=300, random_state=0)
    >>> obs = pd.DataFrame({"state": cohorts.train.labels}, index=map(str, range(200)))
    >>> var = pd.DataFrame(index=cohorts.genes)
    >>> atlas = anndata.AnnData(cohorts.train.counts, obs=obs, var=var)
    >>> query = anndata.AnnData(cohorts.test.counts, var=var)[:, ::-1].copy()
    >>> network = NeuralNetClassifier(n_members=1, max_epochs=5, random_state=0)
    >>> model = make_pipeline(GeneAligner(), LogNormalizer(), network)
    >>> model = fit_anndata(model, atlas, "state", groups=None)
    >>> columns = predict_anndata(model, query)
    >>> list(query.obs)
    ['sknn_label', 'sknn_probability', 'sknn_margin']
    >>> query.uns["sknn"]["genes"]["found"]
    300
    """
    place = place_of(model, layer, use_raw, obsm)
    check_writable(adata)
    with open_cells(adata, place, "query") as cells:
        columns = gathered(answers(model, cells), cells).add_prefix(f"{key_added}_")
        told = provenance_of(model, cells, list(columns))
    if isinstance(adata, (str, Path)):
        write_columns(Path(adata), columns, key_added, told)
        return columns
    for name in columns:
        adata.obs[name] = columns[name].values
    adata.uns[key_added] = told
    return columns
