"""A table by name, wherever it is to be had; else one that scikit-learn bundles."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Literal

from sklearn.datasets import fetch_openml

from sknn_bio.datasets._tables import Table, Task, load_table

TIMEOUT = 10.0  # seconds; a firewall that swallows packets would hold us for minutes


@dataclass(frozen=True)
class _Source:
    """Where OpenML has a table, and how to know that it is the one."""

    task: Task
    openml: dict[str, Any]
    n_rows: int
    leaks: tuple[str, ...] = ()  # columns known only once the target is


_SOURCES = {
    # The follow-up time is how long a patient was watched: it ends with the death.
    "heart_failure": _Source(
        "binary",
        {"name": "heart_failure_clinical_records", "target_column": "DEATH_EVENT"},
        299,
        ("time",),
    ),
    "ionosphere": _Source("binary", {"data_id": 59}, 351),
    "winequality_red": _Source("regression", {"data_id": 40691}, 1599),
}


def find_table(
    name: Literal["heart_failure", "ionosphere", "winequality_red"],
    *,
    fallback: Callable[[], Table],
) -> Table:
    """Return a table from SKNN_BIO_DATA, else from OpenML, else a bundled one.

    Nothing is raised where the folder is not set and the network is not there, so that
    an example runs anywhere; a warning says which table came instead.

    Parameters
    ----------
    name : {"heart_failure", "ionosphere", "winequality_red"}
        The table to look for.
    fallback : callable
        Returns the table to use instead, such as `load_breast_cancer_table`.

    Returns
    -------
    Table
        Its ``name`` is `name` only where that table was found.

    Warns
    -----
    UserWarning
        If the table was not found.

    See Also
    --------
    load_table : Read a table of the folder, or raise.

    Examples
    --------
    >>> from sknn_bio.datasets import find_table, load_breast_cancer_table
    >>> table = find_table(
    ...     "ionosphere", fallback=load_breast_cancer_table
    ... )  # doctest: +SKIP
    """
    if name not in _SOURCES:
        raise ValueError(f"name must be one of {sorted(_SOURCES)}, got {name!r}")
    try:
        return load_table(name)
    except (FileNotFoundError, ImportError, ValueError) as error:
        reason = error
    table = _from_openml(name, _SOURCES[name])
    if table is not None:
        return table
    table = fallback()
    warnings.warn(
        f"{table.name}, which scikit-learn bundles, stands in for {name}: OpenML did "
        f"not have it, and {reason}",
        UserWarning,
        stacklevel=2,
    )
    return table


def _from_openml(name: str, source: _Source) -> Table | None:
    try:
        with _time_limit(TIMEOUT), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of retries: the caller warns once
            bunch = fetch_openml(**source.openml, as_frame=True, n_retries=1)
    except (OSError, HTTPException, LookupError, ValueError, ImportError):
        return None
    if bunch.target is None or len(bunch.data) != source.n_rows:
        return None
    data = bunch.data.drop(columns=list(source.leaks), errors="ignore")
    if source.task == "regression":
        target = bunch.target.astype("float64")
    else:
        target = bunch.target.astype(str)
    return Table(name, data, target, None, source.task)


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
