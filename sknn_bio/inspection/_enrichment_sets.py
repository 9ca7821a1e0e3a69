"""Gene sets as they are given: a GMT file or a dict, and what of them can be tested."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd


def as_sets(gene_sets: Any) -> dict[str, list[str]]:
    """Return the genes of each set by its name.

    Parameters
    ----------
    gene_sets : path or mapping of str to iterable of str
        As `gene_set_enrichment` has it.

    Returns
    -------
    dict of str to list of str
    """
    if isinstance(gene_sets, str | PathLike):
        return read_gmt(Path(gene_sets))
    if not isinstance(gene_sets, Mapping):
        raise TypeError(
            "gene_sets must be the path of a GMT file or a dict of genes by set, got "
            f"{type(gene_sets).__name__}"
        )
    for name, genes in gene_sets.items():
        if isinstance(genes, str):
            raise TypeError(
                f"gene_sets must hold lists of genes, got the text {genes!r} of "
                f"{name!r}"
            )
    return {
        str(name): [str(each) for each in genes] for name, genes in gene_sets.items()
    }


def read_gmt(path: Path) -> dict[str, list[str]]:
    """Read a GMT file.

    Parameters
    ----------
    path : Path
        A line a set: its name, a description, and its genes, with tabs between.

    Returns
    -------
    dict of str to list of str
        The genes of each set, in the order of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line has no genes, a set stands twice, or the file holds none; with the
        number of the line.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such file of gene sets: {path}")
    sets: dict[str, list[str]] = {}
    seen: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a GMT file, got no text ({error})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        name, *rest = (word.strip() for word in line.split("\t"))
        genes = [word for word in rest[1:] if word]
        if not name or not genes:
            raise ValueError(
                f"{path}, line {number}: a set must have a name, a description and "
                f"genes with tabs between, got {line[:60]!r}"
            )
        if name in sets:
            raise ValueError(
                f"{path}, line {number}: the set {name!r} stands in line {seen[name]} "
                "already"
            )
        sets[name], seen[name] = genes, number
    if not sets:
        raise ValueError(f"{path} must hold gene sets, got an empty file")
    return sets


def sets_of_size(
    sets: dict[str, list[str]], genes: pd.Index, min_size: int, max_size: int
) -> dict[str, list[str]]:
    """Return the sets to test, with their genes that are in the ranking.

    Parameters
    ----------
    sets : dict of str to list of str
        The genes of each set.
    genes : Index
        The genes of the ranking.
    min_size, max_size : int
        Of the sets that are tested.

    Returns
    -------
    dict of str to list of str
        Sorted genes of each set.

    Raises
    ------
    ValueError
        If no gene is in common, or no set has the size.
    """
    known = set(genes)
    here = {name: sorted(known.intersection(members)) for name, members in sets.items()}
    if not any(here.values()):
        raise ValueError(_no_gene_in_common(sets, genes))
    tested = {
        name: members
        for name, members in here.items()
        if min_size <= len(members) <= max_size and len(members) < len(known)
    }
    if not tested:
        sizes = sorted(len(members) for members in here.values())
        raise ValueError(
            f"gene_sets must have a set with {min_size} to {max_size} of the "
            f"{len(known)} ranked genes (min_size, max_size), got {len(sets)} with "
            f"{sizes[0]} to {sizes[-1]}"
        )
    return tested


def _no_gene_in_common(sets: dict[str, list[str]], genes: pd.Index) -> str:
    members = list(dict.fromkeys(gene for each in sets.values() for gene in each))
    folded = {gene.casefold() for gene in members}
    hint = (
        "; they differ in letter case only"
        if any(gene.casefold() in folded for gene in genes)
        else ""
    )
    return (
        f"gene_sets must name genes of the ranking, got {members[:3]} where the "
        f"ranking has {list(genes[:3])}{hint}"
    )
