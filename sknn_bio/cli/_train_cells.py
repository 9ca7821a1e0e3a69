"""A network on the cells of an AnnData file, which are read block by block."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from sklearn.pipeline import make_pipeline

from sknn_bio.cli._anndata import labels_of
from sknn_bio.cli._inputs import Inputs
from sknn_bio.cli._messages import note, unknown
from sknn_bio.cli._model_file import Model, write_model
from sknn_bio.cli._models import ESTIMATORS
from sknn_bio.cli._targets import as_task, describe_score, describe_target
from sknn_bio.model_selection._metadata import last_step
from sknn_bio.omics import fit_anndata
from sknn_bio.omics._answers import answers
from sknn_bio.omics._cells import Place, open_cells
from sknn_bio.preprocessing import GeneAligner, LogNormalizer
from sknn_bio.preprocessing._scale import scale_of


def train_on_cells(
    inputs: Inputs,
    path: Path,
    *,
    task: str | None,
    epochs: int,
    seed: int,
    force: bool,
) -> Model:
    """Fit a network on an AnnData file, say how good it is, and write the file.

    Genes are aligned by their names and counts brought to the log scale by steps of a
    Pipeline, so that any query is treated alike.

    Parameters
    ----------
    inputs : Inputs
        With the ``.h5ad`` file or zarr store as its table.
    path : Path
        The file to write.
    task : {"binary", "multiclass", "regression"} or None
        None infers it from the target.
    epochs, seed : int
        The most epochs; what decides splits and initial weights.
    force : bool
        Replace a model file that is there.

    Returns
    -------
    Model
        What was written.

    Raises
    ------
    OSError, ValueError
        If the file, a column or the layer cannot be used.
    """
    assert inputs.table is not None
    place = Place(inputs.layer)
    with open_cells(inputs.table, place, "reference") as cells:
        (n_cells, n_genes), scale = cells.X.shape, scale_of(next(cells.blocks())[1])
        y, task = as_task(labels_of(cells, inputs.target), task)
    print(f"{n_cells} cells, {n_genes} genes; {describe_target(y, task)}.")
    steps = [GeneAligner()]
    if scale == "counts":
        note("the values are counts: each cell is brought to 10,000 and to log(1 + x)")
        steps.append(LogNormalizer())
    network = ESTIMATORS[task](
        random_state=seed, max_epochs=epochs, verbose=int(sys.stdout.isatty())
    )
    model = fit_anndata(
        make_pipeline(*steps, network),
        inputs.table,
        inputs.target,
        groups=inputs.group,
        layer=inputs.layer,
    )
    last = last_step(model).set_params(verbose=0)
    score = getattr(last, "oof_score_", None)
    fitted = Model(model, [], inputs.target, task, score, layer=inputs.layer)
    write_model(fitted, path, force=force)
    print(f"{describe_score(fitted)}.")
    print(f"Written: {path}.")
    return fitted


def answers_of_cells(
    model: Model, path: Path, keep: tuple[str, ...], layer: str | None
) -> Iterator[pd.DataFrame]:
    """Yield the predictions for the cells of an AnnData file, a block at a time.

    Parameters
    ----------
    model : Model
        Of `train_on_cells`.
    path : Path
        A ``.h5ad`` file or zarr store.
    keep : tuple of str
        Columns of ``obs`` to copy.
    layer : str or None
        The layer with the matrix; None takes that of training.

    Yields
    ------
    DataFrame of shape (n_block, n_columns)
        Indexed by the names of the cells.

    Raises
    ------
    OSError, ValueError
        If the model is of a table, or the file, its genes or a column cannot be used.
    """
    if model.columns:
        raise ValueError(
            f"the model was trained on a table with a row a sample, and {path} is an "
            "AnnData file: train it on one"
        )
    with open_cells(path, Place(layer or model.layer), "query") as cells:
        for name in keep:
            if name not in cells.obs:
                raise unknown("--keep", name, cells.obs.columns)
        start = 0
        for answer in answers(model.estimator, cells):
            out = answer.rename(columns={"label": "prediction", "value": "prediction"})
            kept = cells.obs.iloc[start : start + len(out)]
            for place, name in enumerate(keep):
                out.insert(place, name, kept[name].to_numpy())
            start += len(out)
            yield out.rename_axis("cell")
