"""A few columns of a table in any form, and the rank of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.ondisk import RowsOnDisk


def some_columns(table: Any, places: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """Return some columns of a table; of one on disk, no more than these at a time.

    Parameters
    ----------
    table : DataFrame, ndarray, sparse matrix or table on disk
        Of shape (n_rows, n_columns).
    places : sequence of int
        The columns.

    Returns
    -------
    DataFrame of shape (n_rows, len(places))
        Numbered from 0; numbers and categories as they are.
    """
    if isinstance(table, RowsOnDisk):
        blocks = [some_columns(block, places) for _, block in table.blocks()]
        return pd.concat(blocks, ignore_index=True)
    if hasattr(table, "iloc"):
        part = table.iloc[:, list(places)].reset_index(drop=True)
        return part.set_axis(range(len(places)), axis=1)
    if sparse.issparse(table):
        return pd.DataFrame(table.tocsc()[:, list(places)].toarray())
    return pd.DataFrame(np.asarray(table)[:, list(places)])


def levels_of(columns: pd.DataFrame) -> np.ndarray:
    """Return the rank of each value in its column, from 0 to 1.

    Parameters
    ----------
    columns : DataFrame of shape (n_rows, n_columns)

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        NaN for categories, and where a value is missing; 0.5 in a constant column.
    """
    return np.column_stack([_levels(columns[name]) for name in columns])


def _levels(column: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        return np.full(len(column), np.nan)
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    rank = pd.Series(numbers).rank().to_numpy()
    known = rank[~np.isnan(rank)]
    if not len(known) or known.min() == known.max():
        return np.where(np.isnan(rank), np.nan, 0.5)
    return (rank - known.min()) / (known.max() - known.min())


def categories_of(columns: pd.DataFrame) -> dict[int, np.ndarray]:
    """Return place → values as text of each category; "" for a missing one."""
    return {
        place: column.astype(object).where(column.notna(), "").astype(str).to_numpy()
        for place, (_, column) in enumerate(columns.items())
        if not pd.api.types.is_numeric_dtype(column.dtype)
    }
