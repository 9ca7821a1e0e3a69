"""What a command works on: features, target and groups."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass
class Data:
    """What a command works on.

    Attributes
    ----------
    X : DataFrame of shape (n_samples, n_features)
        Numbers as float32, words as categories.
    y : Series of shape (n_samples,)
        Words, whole numbers or floats, under the name of the target.
    groups : Series of shape (n_samples,) or None
        Patients, donors, sites.
    notes : list of str
        What a user must know of the reading, a sentence each.
    subgroups : DataFrame of shape (n_samples, n_subgroups) or None
        Columns to give the scores by, features or not.
    """

    X: pd.DataFrame
    y: pd.Series
    groups: pd.Series | None = None
    notes: list[str] = field(default_factory=list)
    subgroups: pd.DataFrame | None = None


def as_target(words: pd.Series, decimal: str = ".") -> pd.Series:
    """Return a target as the numbers it spells, or as words.

    Parameters
    ----------
    words : Series of shape (n_samples,), object
        As written; None or NaN where missing.
    decimal : str, default="."
        The decimal point.

    Returns
    -------
    Series of shape (n_samples,)
        Whole numbers are int64 where none is missing.

    Raises
    ------
    ValueError
        If all are missing.
    """
    if words.isna().all():
        raise ValueError(f"the target {words.name!r} holds no value")
    spelt = words if decimal == "." else words.str.replace(decimal, ".", regex=False)
    numbers = pd.to_numeric(spelt, errors="coerce").astype(np.float64)
    if (numbers.isna() & words.notna()).any():
        return words.astype(object)
    return _whole(numbers)


def with_target(data: Data) -> Data:
    """Leave out the rows without a target.

    Parameters
    ----------
    data : Data
        Changed in place.

    Returns
    -------
    Data
        The same, rows numbered from 0.

    Raises
    ------
    ValueError
        If a row that stays has no group, or the target is the same in all.
    """
    there = data.y.notna().to_numpy()
    if not there.all():
        data.notes.append(
            f"left out, as {data.y.name!r} is missing: {int((~there).sum())} of "
            f"{len(there)} rows"
        )
        data.X, data.y = data.X[there], _whole(data.y[there])
        if data.groups is not None:
            data.groups = data.groups[there]
        if data.subgroups is not None:
            data.subgroups = data.subgroups[there]
    if data.groups is not None and data.groups.isna().any():
        raise ValueError(
            f"--group must be known in every row, got {int(data.groups.isna().sum())} "
            f"rows without {data.groups.name!r}"
        )
    if data.y.nunique() < 2:
        raise ValueError(
            f"the target {data.y.name!r} must have two values or more, got only "
            f"{str(data.y.iloc[0])!r}"
        )
    for part in (data.X, data.y, data.groups, data.subgroups):
        if part is not None:
            part.index = pd.RangeIndex(len(part))
    return data


def _whole(y: pd.Series) -> pd.Series:
    is_whole = y.dtype == np.float64 and bool((y == y.round()).all())
    return y.astype(np.int64) if is_whole else y


def as_words(column: pd.Categorical | None) -> np.ndarray:
    """Return the words of a column, NaN where missing.

    Parameters
    ----------
    column : Categorical
        Of `read_columns`.

    Returns
    -------
    ndarray of shape (n_samples,), object
    """
    return np.asarray(pd.Categorical(column).astype(object))
