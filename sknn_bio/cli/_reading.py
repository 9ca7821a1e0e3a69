"""From a file to features, target and groups, and what was left out on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sknn_bio.cli._chunks import Source, open_table
from sknn_bio.cli._columns import Column, choose_features, shape_like
from sknn_bio.cli._data import Data, as_target, as_words, with_target
from sknn_bio.cli._messages import listed, unknown
from sknn_bio.cli._tables import read_columns


def read_data(
    path: Path,
    *,
    target: str,
    group: str | None = None,
    drop: Sequence[str] = (),
    subgroups: Sequence[str] = (),
) -> Data:
    """Read a table to learn from.

    Parameters
    ----------
    path : Path
        CSV or TSV, gzipped or not, or Parquet.
    target : str
        The column to predict.
    group : str, default=None
        The column that says which rows belong together.
    drop : sequence of str, default=()
        Columns that are no features.
    subgroups : sequence of str, default=()
        Columns to give the scores by; they may be dropped as features.

    Returns
    -------
    Data
        Rows without a target are left out.

    Raises
    ------
    OSError, ValueError
        If the file, a column or the target cannot be used.
    """
    source = open_table(path)
    _check_names(source, target, group, drop, subgroups)
    aside = {name for name in (target, group) if name is not None}
    aside |= {name for name in subgroups if name in drop}
    unread = [name for name in drop if name not in aside]
    columns = read_columns(source, text=aside, leave_out=unread)
    words = pd.DataFrame(
        {name: as_words(columns.texts.pop(name)) for name in aside}, dtype=object
    )
    y = as_target(words[target], _decimal(source))
    X, notes = choose_features(source, columns)
    levels = {name: _level(name, X, words) for name in subgroups}
    data = Data(
        X,
        y,
        None if group is None else words[group],
        notes,
        pd.DataFrame(levels) if levels else None,
    )
    return with_target(data)


def read_data_like(
    path: Path,
    columns: list[Column],
    *,
    target: str,
    is_label: bool,
    group: str | None = None,
    subgroups: Sequence[str] = (),
) -> Data:
    """Read a table with the features of another one, such as a test cohort.

    Parameters
    ----------
    path : Path
        CSV or TSV, gzipped or not, or Parquet.
    columns : list of Column
        The features; the table may hold others, and in another order.
    target : str
        The column to predict.
    is_label : bool
        Whether the other table's target holds words, numbers among them.
    group : str, default=None
        The column that says which rows belong together, if the table has it.
    subgroups : sequence of str, default=()
        Columns to give the scores by.

    Returns
    -------
    Data
        Rows without a target are left out.

    Raises
    ------
    OSError, ValueError
        If the file or a column cannot be used.
    """
    source = open_table(path)
    check_columns(source, [*(c.name for c in columns), target, *subgroups])
    exact = [target] + ([group] if group in source.names and group else [])
    features = {column.name for column in columns}
    exact += [name for name in subgroups if name not in {*features, *exact}]
    words = [column.name for column in columns if column.kind == "category"]
    frames, ends, strange = [], [], set()
    for piece in source.pieces([*words, *exact], only=features | {*exact}):
        X, new = shape_like(piece, columns)
        frames.append(X)
        ends.append(piece[exact].apply(lambda column: column.str.strip()))
        strange |= new
    X, rest = pd.concat(frames), pd.concat(ends)
    y = rest[target] if is_label else as_target(rest[target], _decimal(source))
    levels = {name: _level(name, X, rest) for name in subgroups}
    data = Data(
        X,
        y,
        rest[group] if group in rest else None,
        [strange_words(strange)] if strange else [],
        pd.DataFrame(levels) if levels else None,
    )
    return with_target(data)


def check_columns(source: Source, wanted: Sequence[str]) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    ValueError
        With the columns that are missing, and a near name for the first.
    """
    missing = [name for name in wanted if name not in source.names]
    if not missing:
        return
    hint = str(unknown("", missing[0], source.names)).partition("; ")[2]
    raise ValueError(
        f"{source.path} must have the columns the model was trained on, and lacks "
        f"{len(missing)} of {len(wanted)}: {listed(missing)}{hint and '; ' + hint}"
    )


def strange_words(strange: set[str]) -> str:
    """Return what to say of words that a model never met.

    Parameters
    ----------
    strange : set of str
        Of `shape_like`.

    Returns
    -------
    str
        A sentence.
    """
    return (
        "taken as missing, as the model was not trained on these words: "
        f"{listed(sorted(strange))}"
    )


def _check_names(
    source: Source,
    target: str,
    group: str | None,
    drop: Sequence[str],
    subgroups: Sequence[str],
) -> None:
    given = [("--target", target), *(("--drop", name) for name in drop)]
    given += [("--group", group)] if group is not None else []
    given += [("--subgroups", name) for name in subgroups]
    for option, name in given:
        if name not in source.names:
            raise unknown(option, name, source.names)
    for option, name in given[1:]:
        if name == target:
            raise ValueError(f"{option} must not be the target, got {name!r}")
    if group in drop:
        raise ValueError(f"--drop must not be the group, got {group!r}")


def _level(name: str, X: pd.DataFrame, words: pd.DataFrame) -> pd.Series:
    if name in X:
        return X[name]
    if name not in words:
        raise ValueError(
            f"--subgroups must have few levels, got {name!r}, which is left out of the "
            "features"
        )
    return words[name] if words[name].isna().all() else as_target(words[name])


def _decimal(source: Source) -> str:
    return "." if source.layout is None else source.layout.decimal
