"""What a model says of cells, block by block."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import is_regressor

from sknn_bio.omics._cells import Cells, Place
from sknn_bio.omics._genes import NOTES, check_genes, takes
from sknn_bio.preprocessing import ExpressionScaleWarning
from sknn_bio.preprocessing._scale import scale_of

AS_FITTED = "as fitted"


def place_of(model: Any, layer: Any, use_raw: Any, obsm: Any) -> Place:
    """Return where the query's matrix stands: as in training, or as it is said."""
    given = {"layer": layer, "use_raw": use_raw, "obsm": obsm}
    said = {name: value for name, value in given.items() if value != AS_FITTED}
    if not said:
        notes = getattr(model, NOTES, {})
        said = {name: notes[name] for name in given if name in notes}
    return Place(**said)


def answers(model: Any, cells: Cells) -> Iterator[pd.DataFrame]:
    """Yield the predictions for the next cells, in memory of a block's size.

    Parameters
    ----------
    model : fitted estimator
    cells : Cells
        The query.

    Yields
    ------
    DataFrame of shape (n_block, n_columns)
        Indexed by the names of the cells: ``label``, ``probability`` of that label and
        its ``margin`` over the next one, and ``unknown`` where the model can say so; of
        a regressor ``value``.

    Raises
    ------
    ValueError
        If the genes are not those of training.
    """
    answering = _answering(model)
    names = cells.obs.index
    said: set[tuple[type, str]] = set()
    with config_context(enable_metadata_routing=True):
        aligns = takes(answering, "predict", "genes")
    if not aligns:
        check_genes(model, answering, cells)
    for start, block in cells.blocks():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            # Names were looked at; blocks have none.
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            if start == 0 and not aligns:
                _compare_scales(model, block)
            answer = _of_block(answering, block, {"genes": cells.genes})
        _warn_once(caught, said)
        answer.index = names[start : start + len(answer)]
        yield answer


def gathered(pieces: Iterator[pd.DataFrame], cells: Cells) -> pd.DataFrame:
    """Return the answers for all cells as one table.

    Its columns are made at once: what is kept of each block, between the blocks
    themselves, would leave holes in the memory that grow with the number of cells.
    """
    columns: dict[str, np.ndarray] = {}
    levels: dict[str, pd.Index] = {}
    start = 0
    for piece in pieces:
        stop = start + len(piece)
        for name, values in piece.items():
            if isinstance(values.dtype, pd.CategoricalDtype):
                levels[name], values = values.cat.categories, values.cat.codes
            if start == 0:
                columns[name] = np.empty(len(cells.obs), values.dtype)
            columns[name][start:stop] = values
        start = stop
    for name, own in levels.items():
        labels = pd.Categorical.from_codes(columns[name], own)
        columns[name] = labels.remove_unused_categories()
    return pd.DataFrame(columns, index=cells.obs.index)


def _answering(model: Any) -> Any:
    """Return what predicts: a search hands no metadata to its best estimator."""
    while hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    return model


def _of_block(model: Any, X: Any, metadata: dict[str, Any]) -> pd.DataFrame:
    def ask(method: str) -> np.ndarray:
        with config_context(enable_metadata_routing=True):
            used = {k: v for k, v in metadata.items() if takes(model, method, k)}
            return np.asarray(getattr(model, method)(X, **used))

    if is_regressor(model):
        value = ask("predict").astype(np.float32)
        if value.ndim == 2:
            raise ValueError(
                f"a regressor must have one target, got {value.shape[1]}: call its "
                "predict"
            )
        return pd.DataFrame({"value": value})
    classes = np.asarray(model.classes_)
    last = model[-1] if hasattr(model, "steps") else model
    rejects = hasattr(last, "unknown_label_")
    levels = [*classes.tolist(), *([last.unknown_label_] if rejects else [])]
    if not hasattr(model, "predict_proba"):
        codes = np.searchsorted(classes, ask("predict"))
        return pd.DataFrame({"label": _labels(codes, levels)})
    proba = ask("predict_proba")
    codes = proba.argmax(axis=1)  # what predict says, without a second pass
    if rejects:
        unknown = ask("predict") == last.unknown_label_
        codes[unknown] = len(classes)
    highest = np.sort(proba, axis=1)[:, -2:].astype(np.float32)
    out = pd.DataFrame(
        {
            "label": _labels(codes, levels),
            "probability": highest[:, -1],
            "margin": highest[:, -1] - highest[:, 0],
        }
    )
    if rejects:
        out["unknown"] = unknown
    return out


def _labels(codes: np.ndarray, levels: list[Any]) -> pd.Categorical:
    """Return labels as scanpy has them; pandas' own strings no .h5ad file takes yet."""
    words = isinstance(levels[0], str)
    index = pd.Index(levels, dtype=object if words else None)
    return pd.Categorical.from_codes(codes, index)


def _compare_scales(model: Any, block: Any) -> None:
    known, scale = getattr(model, NOTES, {}).get("scale"), scale_of(block)
    if known and scale and known != scale:
        warnings.warn(
            f"the reference looks like {known} and the query like {scale}; give both "
            f"as {known}",
            ExpressionScaleWarning,
            stacklevel=2,
        )


def _warn_once(caught: list, said: set[tuple[type, str]]) -> None:
    """Give each warning on, once for all blocks, whatever numbers it holds."""
    for warning in caught:
        words = re.sub(r"\d[\d.,e+-]*", "", str(warning.message))
        if (warning.category, words) not in said:
            said.add((warning.category, words))
            warnings.warn(warning.message, stacklevel=5)
