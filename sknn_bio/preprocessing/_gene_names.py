"""What genes are called: kinds of names, versions, aliases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

_VERSIONED = re.compile(r"(ENS[A-Z]*[GT]\d{6,})\.\d+")
_ENSEMBL = re.compile(r"(ENS[A-Z]*[GT])\d{6,}(\.\d+)?(_PAR_Y)?")
_KINDS = [
    ("Entrez ids", re.compile(r"\d+(\.0)?")),
    ("RefSeq ids", re.compile(r"[NX][MRP]_\d+(\.\d+)?")),
    ("probe ids", re.compile(r"\w+_at")),
]


def unversioned(name: str) -> str:
    """Return an Ensembl id without its version, any other name as it is.

    >>> unversioned("ENSG00000141510.18"), unversioned("RP11-34P13.7")
    ('ENSG00000141510', 'RP11-34P13.7')
    """
    match = _VERSIONED.fullmatch(name)
    return match.group(1) if match else name


def kind_of(names: Iterable[str]) -> str:
    """Say what most of the names are, such as ``"Ensembl ids"`` or ``"symbols"``."""
    kinds = Counter(map(_kind_of_one, names))
    kind, count = kinds.most_common(1)[0]
    return kind if count > kinds.total() / 2 else "names of several kinds"


def _kind_of_one(name: str) -> str:
    if match := _ENSEMBL.fullmatch(name):
        series = match.group(1)
        return "Ensembl ids" if series == "ENSG" else f"Ensembl ids ({series}...)"
    return next((k for k, rule in _KINDS if rule.fullmatch(name)), "symbols")


def few(names: Iterable[str]) -> str:
    """Return the first three names, for a message."""
    names = list(names)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def names_of(X: Any) -> list[str] | None:
    """Return the column names of a table, or None where they are no strings."""
    columns = getattr(X, "columns", None)
    if columns is None or not len(columns):
        return None
    names = list(columns)
    return names if all(isinstance(name, str) for name in names) else None


def checked_names(genes: Any, n_columns: int, who: str) -> np.ndarray:
    """Return gene names as an array, one for each column and each once.

    Raises
    ------
    ValueError
        If there are more or fewer than columns, or one occurs twice.
    """
    names = np.array([str(name) for name in genes], dtype=object)
    if len(names) != n_columns:
        raise ValueError(
            f"the {who} must have one gene name a column, got {len(names):,} names for "
            f"{n_columns:,} columns"
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"genes must be unique; the {who} has {len(twice):,} more than once "
            f"({few(twice)}): drop or sum them first"
        )
    return names


def read_aliases(aliases: Any) -> dict[str, str]:
    """Return a table of names as a dict from each name to its gene.

    Parameters
    ----------
    aliases : mapping, Series, DataFrame or None
        Name to gene; or one row a gene, with its name in the first column and other
        names of it in the others.

    Returns
    -------
    genes : dict
        Without versions. The names of genes are their own; a name that two rows claim
        is nobody's, and is left out.
    """
    if aliases is None:
        return {}
    if isinstance(aliases, pd.DataFrame):
        rows = aliases.itertuples(index=False, name=None)
        pairs = [(name, row[0]) for row in rows for name in row[1:]]
    elif isinstance(aliases, pd.Series | Mapping):
        pairs = list(aliases.items())
    else:
        raise TypeError(
            "aliases must be a dict, a Series or a DataFrame, got "
            f"{type(aliases).__name__}"
        )
    known = [(n, g) for n, g in pairs if not (pd.isna(n) or pd.isna(g))]
    clean = {(unversioned(str(n)), unversioned(str(g))) for n, g in known}
    genes = {gene for _, gene in clean}
    claims = Counter(name for name, _ in clean)
    return {n: g for n, g in sorted(clean) if claims[n] == 1 and n not in genes}


class GeneIndex:
    """Finds the genes of a reference among other names.

    Parameters
    ----------
    names : ndarray of str
        The reference's genes, each once.
    aliases : dict
        From :func:`read_aliases`.

    Raises
    ------
    ValueError
        If two names of the reference are versions of one Ensembl id.
    """

    def __init__(self, names: np.ndarray, aliases: dict[str, str]):
        self.aliases = aliases
        bare = Counter(unversioned(name) for name in names)
        if versions := [name for name, count in bare.items() if count > 1]:
            raise ValueError(
                f"genes must be unique; the reference has several versions of "
                f"{len(versions):,} Ensembl ids ({few(versions)})"
            )
        self.by_name = {name: place for place, name in enumerate(names)}
        genes = [self.gene(name) for name in names]
        claims = Counter(genes)
        # Two ids of one symbol stay two genes: each is found by its own name only.
        self.by_gene = {g: i for i, g in enumerate(genes) if claims[g] == 1}
        self.by_gene |= {unversioned(name): i for i, name in enumerate(names)}

    def gene(self, name: str) -> str:
        """Return what the table calls a name, without its version."""
        bare = unversioned(name)
        return self.aliases.get(bare, bare)

    def find(self, query: np.ndarray) -> tuple[np.ndarray, int]:
        """Return the query's column for each gene, -1 where there is none.

        The name as it is comes first, then without its version, then through the table.

        Returns
        -------
        columns : ndarray of int of shape (n_reference,)
        n_exact : int
            Genes that were found by the name as it is.

        Raises
        ------
        ValueError
            If two columns of the query are one gene of the reference, neither of them
            by its own name.
        """
        columns = np.full(len(self.by_name), -1)
        rest = []
        for column, name in enumerate(query):
            if name in self.by_name:
                columns[self.by_name[name]] = column
            else:
                rest.append((column, name))
        exact = columns >= 0
        clashes = []
        for column, name in rest:
            place = self.by_gene.get(unversioned(name))
            place = self.by_gene.get(self.gene(name)) if place is None else place
            if place is None or exact[place]:
                continue
            if columns[place] >= 0:
                clashes.append(f"{query[columns[place]]} and {name}")
            columns[place] = column
        if clashes:
            raise ValueError(
                f"genes must be unique; {len(clashes):,} of the query are twice there "
                f"under two names ({few(clashes)}): drop one of each"
            )
        return columns, int(exact.sum())


def no_names(who: str) -> str:
    """Say what must be given where a table has no names."""
    return (
        f"the {who} must have gene names: without them a wrong order of the right "
        "number of columns cannot be seen. Give a DataFrame, or genes=[...]; or, where "
        "the columns are in the reference's order for certain, set "
        "assume_reference_order=True"
    )
