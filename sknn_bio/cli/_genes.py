"""Genes of a list and of two cohorts, brought together by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sknn_bio.cli._counts import CountsFile
from sknn_bio.cli._lines import open_text
from sknn_bio.cli._messages import listed

LOWEST_SHARE = 0.5  # of the genes; below it names are of two kinds


def read_genes(path: Path) -> list[str]:
    """Read a gene list: one name a line; what follows a tab or comma is ignored.

    Parameters
    ----------
    path : Path
        The list. Blank lines and lines that begin with # are no names.

    Returns
    -------
    list of str
        The names, each once.
    """
    with open_text(path) as text:
        words = [line.replace(",", "\t").partition("\t")[0] for line in text]
    names = [word.strip().strip('"') for word in words]
    genes = list(dict.fromkeys(n for n in names if n and not n.startswith("#")))
    if not genes:
        raise ValueError(f"{path} must hold one gene a line, got none")
    return genes


def shared_genes(
    wanted: Sequence[str] | None, files: Sequence[CountsFile]
) -> tuple[list[str], list[str]]:
    """Return the genes that all matrices have, and what was left out.

    Parameters
    ----------
    wanted : sequence of str or None
        The gene list; None takes the genes of the first matrix.
    files : sequence of CountsFile
        The matrices.

    Returns
    -------
    genes : list of str
        In the order of the list.
    notes : list of str
        A sentence for each matrix that lacks some, or names some twice.

    Raises
    ------
    ValueError
        If a matrix has fewer than half of them: names of two kinds, most likely.
    """
    notes = []
    genes = list(dict.fromkeys(files[0].genes)) if wanted is None else list(wanted)
    n_wanted = len(genes)
    for file in files:
        there = set(file.genes)
        lacking = [gene for gene in genes if gene not in there]
        if len(genes) - len(lacking) < LOWEST_SHARE * n_wanted:
            turned = len(set(genes) & set(file.cells)) > LOWEST_SHARE * n_wanted
            reason = (
                "its columns are the genes: write it with one line a gene"
                if turned
                else f"gene names of two kinds? The list has {listed(genes, 3)}, the "
                f"matrix {listed(file.genes, 3)}"
            )
            raise ValueError(
                f"{file.path} has {len(genes) - len(lacking)} of {n_wanted} genes; "
                f"{reason}"
            )
        if lacking:
            notes.append(
                f"left out, as {file.path.name} lacks them: {len(lacking)} of "
                f"{n_wanted} genes ({listed(lacking, 3)})"
            )
            genes = [gene for gene in genes if gene in there]
        twice = pd.Index(file.genes)
        twice = twice[twice.duplicated()].intersection(genes)
        if len(twice):
            notes.append(
                f"{file.path.name} has more than one line for {len(twice)} genes "
                f"({listed(twice, 3)}); the first one counts"
            )
    return genes, notes
