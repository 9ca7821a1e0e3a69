"""The rows on which an ONNX model is checked, and what its inputs are.

One matrix ``X`` where all columns are numbers; one input a column where some hold words
or categories, or where a ColumnTransformer chooses columns by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer

from sknn_bio._optional import require
from sknn_bio.data import as_frame
from sknn_bio.persistence._errors import ModelFileError

_GENERATED = 64
MATRIX = "X"


def generated_rows(model: Any) -> Any:
    """Return rows like those that a network was fitted on, drawn from its own scaling.

    Parameters
    ----------
    model : estimator
        A fitted network of this package.

    Returns
    -------
    rows : ndarray or DataFrame of shape (64, n_features)
        A data frame where the network has categories.
    """
    columns = model.population_.scaling.columns
    drawn = np.random.default_rng(0)
    numbers = np.zeros((_GENERATED, model.n_features_in_))
    numeric = slice(None) if columns.is_plain else columns.numeric
    scaler = columns.scaler
    spread = np.where(np.isfinite(scaler.scale), scaler.scale, 0.0)
    shape = (_GENERATED, len(spread))
    numbers[:, numeric] = scaler.center + spread * drawn.normal(size=shape)
    gaps = np.zeros(numbers.shape, bool)
    gaps[:, columns.told] = drawn.random((_GENERATED, len(columns.told))) < 0.2
    levels = model.categories_.levels
    names = getattr(model, "feature_names_in_", np.arange(model.n_features_in_))
    if not levels:
        numbers[gaps] = np.nan
        # A model that was fitted with names would warn of rows without.
        named = hasattr(model, "feature_names_in_")
        return pd.DataFrame(numbers, columns=names) if named else numbers
    table = {}
    for j, name in enumerate(names):
        values: Any = numbers[:, j]
        if j in levels:
            chosen = drawn.integers(0, max(len(levels[j]), 1), _GENERATED)
            values = np.array([*levels[j], None], dtype=object)[chosen]
        table[name] = pd.Series(values).where(~gaps[:, j])
    return pd.DataFrame(table)


def checked_rows(X: Any) -> Any:
    """Return rows as an array of float32 or float64, or as a data frame.

    Raises
    ------
    ModelFileError
        If there are no rows, or no table.
    """
    frame = as_frame(X)
    if frame is None:
        X = X.toarray() if sparse.issparse(X) else np.asarray(X)
        if X.dtype.kind in "biuf":
            X = X.astype(np.float32 if X.dtype == np.float32 else np.float64)
    rows = X if frame is None else frame
    if rows.ndim != 2 or not len(rows):
        raise ModelFileError(f"X must be a table with rows, got shape {rows.shape}")
    return rows


def inputs_of(model: Any, rows: Any) -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """Return the inputs of an ONNX model, and rows as it takes them.

    Parameters
    ----------
    model : estimator
    rows : ndarray or DataFrame of shape (n, D)

    Returns
    -------
    types : list of (str, type)
        Names and types of the inputs, as skl2onnx takes them.
    feed : dict of str to ndarray
        As onnxruntime takes them.
    """
    if isinstance(rows, pd.DataFrame) and _needs_columns(model, rows):
        names = [str(name) for name in rows.columns]
        feed = {name: _column(rows.iloc[:, j])[:, None] for j, name in enumerate(names)}
        if len(feed) != len(names):
            raise ModelFileError("names of columns must differ: each is an input")
        return [(name, _type(values)) for name, values in feed.items()], feed
    if isinstance(rows, pd.DataFrame):
        single = all(kind == np.float32 for kind in rows.dtypes)
        kind = np.float32 if single else np.float64
        values = rows.to_numpy(dtype=kind, na_value=np.nan)
    elif rows.dtype.kind == "f":
        values = rows
    else:
        raise ModelFileError(
            "X must hold numbers, or be a data frame with typed columns"
        )
    return [(MATRIX, _type(values))], {MATRIX: np.ascontiguousarray(values)}


def parts_of(model: Any) -> Iterator[Any]:
    """Yield a model and the estimators in it."""
    yield model
    for value in model.get_params(deep=True).values():
        if isinstance(value, BaseEstimator):
            yield value


def _needs_columns(model: Any, frame: pd.DataFrame) -> bool:
    numbers = all(
        pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)
        for kind in frame.dtypes
    )
    by_name = any(isinstance(part, ColumnTransformer) for part in parts_of(model))
    return not numbers or by_name


def _column(column: pd.Series) -> np.ndarray:
    """Return numbers with NaN, or words with "" where they are missing."""
    values = column.astype(object)
    present = values[column.notna()]
    words = [isinstance(value, str) for value in present]
    if words and all(words):
        return values.where(column.notna(), "").to_numpy(dtype=object)
    if any(words):
        raise ModelFileError(
            f"column {column.name!r} must hold words only or numbers only for ONNX"
        )
    kind = np.float32 if column.dtype == np.float32 else np.float64
    return pd.to_numeric(values).to_numpy(dtype=kind, na_value=np.nan)


def _type(values: np.ndarray) -> Any:
    types = require("skl2onnx.common.data_types", extra="export")
    kinds = {"f4": types.FloatTensorType, "f8": types.DoubleTensorType}
    kind = kinds.get(values.dtype.str[1:], types.StringTensorType)
    return kind([None, values.shape[1]])
