"""Which columns of a table are features, and what kind each is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknn_bio.cli._chunks import Source
from sknn_bio.cli._lines import ROW_NAMES
from sknn_bio.cli._messages import listed
from sknn_bio.cli._tables import MANY_LEVELS, TRUTH, Columns

# 2024-03-01, 01.03.2024, 3/1/24, each perhaps with a time behind it.
_DATE = re.compile(
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})\b"
)
_ID_NAME = re.compile(
    r"(^|[\s_.-])(id|ids|identifier|barcode|mrn|uuid)$"
    r"|^(patient|subject|participant|donor|sample|mouse|animal)"
    r"[\s_.-]?(id|no|nr|number|name|code)?$"
)
_FEW_VALUES = 10


@dataclass(frozen=True)
class Column:
    """One feature, as a model file remembers it.

    Attributes
    ----------
    name : str
        Its name.
    kind : {"number", "category"}
        What it holds.
    levels : tuple of str, default=()
        The words of a category, sorted.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()


def choose_features(source: Source, columns: Columns) -> tuple[pd.DataFrame, list[str]]:
    """Return the features of a table, and what was left out and why.

    Parameters
    ----------
    source : Source
        The table.
    columns : Columns
        Its columns without target, group and those dropped; changed in place.

    Returns
    -------
    X : DataFrame of shape (n_rows, n_features)
        Numbers as float32, words as categories.
    notes : list of str
        A sentence for each reason to leave columns out.

    Raises
    ------
    ValueError
        If a column holds dates, or no feature is left.
    """
    notes: list[str] = []
    numbers, texts = columns.numbers, columns.texts
    _check_dates(source, columns)
    out = _without_heading(numbers, texts, notes)
    empty = [n for n in numbers.columns[numbers.isna().all()] if n not in out]
    if empty:
        notes.append(f"left out, as they hold no value: {listed(empty)}")
    out |= set(empty)
    free = [n for n, words in texts.items() if n not in out and _is_free(words)]
    if free:
        notes.append(
            f"left out, as names or free text (over {MANY_LEVELS} different words, or "
            f"one in every second row): {listed(free)}"
        )
    out |= set(free)
    ids = [n for n in [*numbers, *texts] if n not in out and _is_id(n, columns)]
    if ids:
        shared = any(_repeats(name, columns) for name in ids)
        hint = "; if rows of one patient share one, give --group" if shared else ""
        notes.append(f"left out, as identifiers: {listed(ids)}{hint}")
    out |= set(ids)
    kept = [name for name in numbers if name not in out]
    X = numbers if len(kept) == numbers.shape[1] else numbers[kept]
    words = {name: column for name, column in texts.items() if name not in out}
    if words:
        X = pd.concat([X, pd.DataFrame(words, index=X.index)], axis=1)
    if X.shape[1] == 0:
        raise ValueError(f"{source.path} must have a column to learn from, got none")
    return X, notes


def describe(X: pd.DataFrame) -> list[Column]:
    """Return what a model file must remember of the features.

    Parameters
    ----------
    X : DataFrame
        The features.

    Returns
    -------
    list of Column
        One a feature.
    """
    return [
        Column(str(name), "category", tuple(dtype.categories))
        if isinstance(dtype, pd.CategoricalDtype)
        else Column(str(name), "number")
        for name, dtype in X.dtypes.items()
    ]


def shape_like(
    piece: pd.DataFrame, columns: list[Column]
) -> tuple[pd.DataFrame, set[str]]:
    """Return rows with the features of a model, and words that it never met.

    Parameters
    ----------
    piece : DataFrame
        Rows whose categories were read as they are written.
    columns : list of Column
        The features of the model.

    Returns
    -------
    X : DataFrame
        Its columns are `columns`; words that the model never met are missing values.
    strange : set of str
        Those words, each with its column.

    Raises
    ------
    ValueError
        If a word stands where the model had numbers.
    """
    numbers = [column.name for column in columns if column.kind == "number"]
    block = _as_block(piece[numbers])
    strange: set[str] = set()
    parts = [pd.DataFrame(block, columns=numbers, index=piece.index, copy=False)]
    for column in columns:
        if column.kind == "category":
            given = piece[column.name]
            words = given.where(given.isna(), given.astype(str).str.strip())
            new = words.dropna()[~words.dropna().isin(column.levels)].unique()
            strange |= {f"{column.name}: {word}" for word in new}
            known = words.where(words.isin(column.levels), np.nan)
            dtype = pd.CategoricalDtype(pd.Index(column.levels, dtype=object))
            parts.append(known.astype(object).astype(dtype).to_frame())
    X = pd.concat(parts, axis=1) if len(parts) > 1 else parts[0]
    wanted = [column.name for column in columns]
    return (X if list(X.columns) == wanted else X[wanted]), strange


def _as_block(piece: pd.DataFrame) -> np.ndarray:
    with np.errstate(over="ignore"):  # becomes infinite, which a prediction refuses
        if all(map(pd.api.types.is_numeric_dtype, piece.dtypes)):
            return piece.to_numpy(np.float32)
        return np.column_stack([_as_numbers(column) for _, column in piece.items()])


def _as_numbers(column: pd.Series) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(column.dtype):
        words = column.astype(object)
        numbers = pd.to_numeric(words.replace(TRUTH), errors="coerce")
        wrong = words[numbers.isna() & words.notna()]
        if len(wrong):
            raise ValueError(
                f"the column {column.name!r} must hold numbers, as the model was "
                f"trained on them, got {wrong.iloc[0]!r} in row {wrong.index[0] + 1}"
            )
        column = numbers
    return column.to_numpy(np.float32)


def _check_dates(source: Source, columns: Columns) -> None:
    dates = [
        name
        for name, words in columns.samples.items()
        if name in source.dates or (words and all(map(_DATE.match, words)))
    ]
    if dates:
        raise ValueError(
            f"the column {dates[0]!r} holds dates; turn it into a number (days since "
            f"a first visit, say), or leave it out with --drop {dates[0]!r}"
        )


def _without_heading(
    numbers: pd.DataFrame, texts: dict[str, pd.Categorical | None], notes: list[str]
) -> set[str]:
    """Return the column of row names, if there is one."""
    if ROW_NAMES not in numbers and ROW_NAMES not in texts:
        return set()
    notes.append("left out, as row names: the first column, which has no heading")
    return {ROW_NAMES}


def _is_free(words: pd.Categorical | None) -> bool:
    if words is None or len(words.categories) > MANY_LEVELS:
        return True
    there = int((words.codes >= 0).sum())
    return len(words.categories) > max(2, there / 2)


def _is_id(name: str, columns: Columns) -> bool:
    """Whether a column is named as an identifier is, or numbers the rows."""
    named = bool(_ID_NAME.search(name.strip().lower()))
    if name in columns.texts:
        words = columns.texts[name]
        return named and words is not None and len(words.categories) > _FEW_VALUES
    values = columns.numbers[name].to_numpy()
    if not named and (np.diff(values[:3]) != 1).any():
        return False
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        return False
    if named:
        return len(np.unique(values)) > _FEW_VALUES
    return len(values) > _FEW_VALUES and bool((np.diff(values) == 1).all())


def _repeats(name: str, columns: Columns) -> bool:
    words = columns.texts.get(name)
    values = columns.numbers[name] if words is None else pd.Series(words.codes)
    return bool(values.duplicated().any())
