"""The rows that are explained, as a trained network takes them, and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._chunks import open_table
from sknn_bio.cli._cohorts import read_cells
from sknn_bio.cli._columns import shape_like
from sknn_bio.cli._model_file import Model
from sknn_bio.cli._reading import check_columns, strange_words
from sknn_bio.omics._cells import Place, open_cells
from sknn_bio.ondisk import is_on_disk


@dataclass
class Rows:
    """Rows to explain.

    Attributes
    ----------
    X : DataFrame of shape (n_rows, n_features)
        As the model takes them; its index is the number of the row, or the cell.
    target : Series of shape (n_rows,) or None
        What stands in the column of the target; None where there is none.
    n_there : int
        Rows of the table, of which these are some.
    notes : list of str
        What a user must know of the reading, a sentence each.
    """

    X: pd.DataFrame
    target: pd.Series | None
    n_there: int
    notes: list[str] = field(default_factory=list)


def read_rows(
    model: Model,
    table: Path | None,
    counts: Path | None,
    *,
    layer: str | None,
    most: int,
    seed: int,
) -> Rows:
    """Read rows to explain; at random, where there are more than wanted.

    Parameters
    ----------
    model : Model
        Tells the columns.
    table, counts : Path or None
        One of them: a table or AnnData file, or genes × cells.
    layer : str or None
        The layer of an AnnData file. None takes that of training.
    most : int
        How many rows to draw.
    seed : int
        Decides which.

    Returns
    -------
    Rows

    Raises
    ------
    OSError, ValueError
        If the file or a column cannot be used.
    """
    if table is None:
        assert counts is not None
        genes = [column.name for column in model.columns]
        X = read_cells(counts, genes, log_normalized=model.log_normalized)
        return Rows(X.iloc[_drawn(len(X), most, seed)], None, len(X))
    if is_anndata(table):
        return _of_cells(model, table, layer, most, seed)
    return _of_table(model, table, most, seed)


def _drawn(n_rows: int, most: int, seed: int) -> np.ndarray:
    if n_rows <= most:
        return np.arange(n_rows)
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(n_rows, most, replace=False))


def _of_table(model: Model, table: Path, most: int, seed: int) -> Rows:
    source = open_table(table)
    wanted = [column.name for column in model.columns]
    check_columns(source, wanted)
    has_target = model.target in source.names
    exact = [model.target] if has_target else []
    words = [column.name for column in model.columns if column.kind == "category"]
    drawn = _drawn(source.n_rows, most, seed)
    frames, targets, strange = [], [], set()
    for piece in source.pieces([*words, *exact], only={*wanted, *exact}):
        piece = piece[piece.index.isin(drawn)]
        X, new = shape_like(piece, model.columns)
        frames.append(X)
        targets.append(piece[exact])
        strange |= new
    X = pd.concat(frames)
    X.index = pd.Index(drawn + 1, name="row")
    target = None
    if has_target:
        target = pd.concat(targets)[model.target].set_axis(X.index)
        if source.layout is not None and model.task == "regression":
            target = target.str.replace(source.layout.decimal, ".", regex=False)
    notes = [strange_words(strange)] if strange else []
    return Rows(X, target, source.n_rows, notes)


def _of_cells(
    model: Model, path: Path, layer: str | None, most: int, seed: int
) -> Rows:
    if model.columns:
        raise ValueError(
            f"the model was trained on a table with a row a sample, and {path} is an "
            "AnnData file: train it on one"
        )
    with open_cells(path, Place(layer or model.layer), "query") as cells:
        drawn = _drawn(len(cells.obs), most, seed)
        block = cells.X.take(drawn) if is_on_disk(cells.X) else cells.X[drawn]
        matrix = block.toarray() if sparse.issparse(block) else np.asarray(block)
        X = pd.DataFrame(
            matrix.astype(np.float32, copy=False),
            columns=cells.genes,
            index=pd.Index(cells.obs.index[drawn].astype(str), name="cell"),
        )
        target = None
        if model.target in cells.obs:
            target = cells.obs[model.target].iloc[drawn].set_axis(X.index)
        return Rows(X, target, len(cells.obs))


def answers_of(model: Model, rows: Rows) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the rows whose answer is known, and the answers as the model has them.

    Parameters
    ----------
    model : Model
        Whose classes they are.
    rows : Rows
        With their target.

    Returns
    -------
    known : ndarray of bool of shape (n_rows,)
    y : ndarray of shape (n_known,)
        None in place of both, where the target is not there, or fewer than two rows or
        two different answers are known.
    """
    if rows.target is None:
        return None
    if model.task == "regression":
        numbers = pd.to_numeric(rows.target, errors="coerce").to_numpy(np.float64)
        known = np.isfinite(numbers)
        y = numbers[known]
    else:
        labels = {str(label): label for label in model.estimator.classes_}
        words = rows.target.astype(object).map(
            lambda word: labels.get(str(word).strip(), np.nan)
        )
        known = words.notna().to_numpy()
        y = np.array(words[known].tolist(), dtype=model.estimator.classes_.dtype)
    return (known, y) if len(np.unique(y)) > 1 else None
