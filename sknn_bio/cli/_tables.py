"""A table read in pieces into float32 and categories; nothing is held twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sknn_bio.cli._chunks import Source
from sknn_bio.cli._messages import listed

MANY_LEVELS = 100  # a text column with more of them is no feature
TRUTH = {"True": 1.0, "TRUE": 1.0, "true": 1.0}
TRUTH |= {"False": 0.0, "FALSE": 0.0, "false": 0.0}


@dataclass
class Columns:
    """The columns of a table, by kind.

    Attributes
    ----------
    numbers : DataFrame of shape (n_rows, n_numbers)
        One block of float32; true and false are 1 and 0.
    texts : dict of str to Categorical or None
        Columns of words. None: more levels than `MANY_LEVELS`, and not asked for.
    samples : dict of str to list of str
        The first words of each of them.
    """

    numbers: pd.DataFrame
    texts: dict[str, pd.Categorical | None]
    samples: dict[str, list[str]]


class _Words:
    """The words of one column, met piece by piece."""

    def __init__(self, n_rows: int, limit: int | None):
        self.codes = np.full(n_rows, -1, dtype=np.int32)
        self.levels: dict[str, int] = {}
        self.limit = limit

    def add(self, start: int, column: pd.Series) -> None:
        if self.limit is not None and len(self.levels) > self.limit:
            return
        codes, words = pd.factorize(column.astype(object), use_na_sentinel=True)
        known = np.array(
            [self.levels.setdefault(str(w).strip(), len(self.levels)) for w in words],
            dtype=np.int32,
        )
        if len(known):
            self.codes[start : start + len(codes)] = np.where(
                codes < 0, -1, known[codes]
            )

    def categorical(self) -> pd.Categorical | None:
        if self.limit is not None and len(self.levels) > self.limit:
            return None
        words = sorted(self.levels)
        rank = np.full(len(words) + 1, -1, dtype=np.int32)  # the last one is for -1
        for new, word in enumerate(words):
            rank[self.levels[word]] = new
        categories = pd.Index(words, dtype=object)
        return pd.Categorical.from_codes(rank[self.codes], categories)


def read_columns(
    source: Source, *, text: Collection[str] = (), leave_out: Collection[str] = ()
) -> Columns:
    """Read a table, one piece in memory at a time.

    Parameters
    ----------
    source : Source
        A table of `open_table`.
    text : collection of str, default=()
        Columns to be read as they are written, however many levels they have.
    leave_out : collection of str, default=()
        Columns not to be read.

    Returns
    -------
    Columns
        Numbers as float32, words as categories with sorted levels.

    Raises
    ------
    ValueError
        If a column is one of numbers, except for a few words.

    Notes
    -----
    Besides one piece (4 million cells, up to about 300 MB while it is parsed) memory
    holds the float32 table once. A column of numbers in which words turn up later is
    read a second time.
    """
    names = [name for name in source.names if name not in leave_out]
    words = {name: _Words(source.n_rows, None) for name in text}
    for name in source.categories.intersection(names) - set(text):
        words[name] = _Words(source.n_rows, MANY_LEVELS)
    block, order, late = _first_reading(source, names, words)
    if late:
        words |= {name: _Words(source.n_rows, None) for name in late}
        for piece in source.pieces(late, only=late):
            for name in late:
                words[name].add(int(piece.index[0]), piece[name])
    texts: dict[str, pd.Categorical | None] = {}
    truths: dict[str, np.ndarray] = {}
    for name in names:
        if name in text:
            texts[name] = words[name].categorical()
        elif name in words:
            levels = list(words[name].levels)
            _check_mostly_words(name, levels)
            column = words[name].categorical()
            if column is not None and levels and set(levels) <= set(TRUTH):
                truths[name] = _truth(column)
            else:
                texts[name] = None if len(levels) > MANY_LEVELS else column
    frame = pd.DataFrame(block, columns=order, copy=False)
    if late:
        frame = frame[[name for name in order if name]]
    if truths:
        frame = pd.concat([frame, pd.DataFrame(truths)], axis=1)
    samples = {name: list(words[name].levels)[:50] for name in texts}
    return Columns(frame, texts, samples)


def _first_reading(
    source: Source, names: list[str], words: dict[str, _Words]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Fill the words and a block of numbers; return what must be read again as words.

    The block has the columns that were no words in the first piece.
    """
    asked = list(words)
    block = np.empty((0, 0), dtype=np.float32)
    order: list[str] = []
    late: list[str] = []
    for piece in source.pieces(asked, only=names):
        start, stop = int(piece.index[0]), int(piece.index[-1]) + 1
        numeric = {name for name, kind in piece.dtypes.items() if _is_number(kind)}
        if start == 0:
            order = [n for n in names if n in numeric and n not in words]
            block = np.empty((source.n_rows, len(order)), dtype=np.float32)
            for name in set(names) - set(order) - set(words):
                words[name] = _Words(source.n_rows, MANY_LEVELS)
        for name in order:
            if name and name not in numeric:  # words among numbers
                late.append(name)
                order[order.index(name)] = ""  # its place in the block stays unused
        for name, known in words.items():
            if name in numeric and name not in asked and piece[name].notna().any():
                late += [name] * (name not in late)  # numbers among words
            known.add(start, piece[name])
        places = [place for place, name in enumerate(order) if name]
        with np.errstate(over="ignore"):  # becomes infinite, which a fit refuses
            if len(places) == piece.shape[1]:
                block[start:stop] = piece.to_numpy(np.float32)
            else:
                there = [name for name in order if name]
                block[start:stop, places] = piece[there].to_numpy(np.float32)
    return block, order, late


def _is_number(kind: object) -> bool:
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _truth(column: pd.Categorical) -> np.ndarray:
    values = [*(TRUTH[level] for level in column.categories), np.nan]
    return np.array(values, dtype=np.float32)[column.codes]


def _check_mostly_words(name: str, levels: list[str]) -> None:
    """Refuse numbers with a few words among them: as categories they would be lost."""
    numbers = pd.to_numeric(pd.Series(levels, dtype=object), errors="coerce").notna()
    others = [
        level for level, is_number in zip(levels, numbers, strict=True) if not is_number
    ]
    if others and numbers.sum() > max(20, 4 * len(others)):
        raise ValueError(
            f"the column {name!r} must hold numbers only, got also {listed(others)}; "
            f"empty these cells or leave the column out with --drop {name!r}"
        )
