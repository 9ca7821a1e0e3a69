"""How much of a reference a query covers, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sknn_bio.preprocessing._gene_names import few, kind_of


@dataclass(frozen=True)
class GeneCoverage:
    """How the genes of a query meet those of a reference.

    Attributes
    ----------
    n_reference, n_query : int
        Genes on both sides.
    n_exact : int
        Genes of the reference found by their own name.
    n_mapped : int
        Genes found without a version or through the table of aliases.
    missing : ndarray of str
        Genes of the reference that the query lacks.
    dropped : ndarray of str
        Names of the query that are not used.
    """

    n_reference: int
    n_query: int
    n_exact: int
    n_mapped: int
    missing: np.ndarray
    dropped: np.ndarray

    @property
    def share(self) -> float:
        """Share of the reference's genes that the query has."""
        return (self.n_exact + self.n_mapped) / self.n_reference

    def __str__(self) -> str:
        """Four lines, for a terminal."""
        found = self.n_exact + self.n_mapped
        return "\n".join(
            [
                f"found    {found:,} of {self.n_reference:,} ({self.share:.1%})",
                f"  by name {self.n_exact:,}, by version or alias {self.n_mapped:,}",
                f"missing  {_counted(self.missing)}",
                f"dropped  {_counted(self.dropped)}",
            ]
        )


def _counted(names: np.ndarray) -> str:
    return f"{len(names):,} ({few(names)})" if len(names) else "0"


def mismatch(reference: np.ndarray, query: np.ndarray) -> str:
    """Say why two lists of genes have so little in common.

    Parameters
    ----------
    reference, query : ndarray of str

    Returns
    -------
    reason : str
    """
    kinds = kind_of(query), kind_of(reference)
    shown = (
        f"query uses {kinds[0]} ({few(query)}), "
        f"reference uses {kinds[1]} ({few(reference)})"
    )
    if kinds[0] != kinds[1]:
        return f"{shown}; give a table of names as `aliases`"
    fold = {name.casefold() for name in query}
    alike = np.mean([name.casefold() in fold for name in reference])
    same = np.isin(reference, query).mean()
    if alike > same + 0.2:
        return (
            f"{shown}; {alike:.0%} agree where case is ignored: two species, or names "
            "in other case; give a table of names as `aliases`"
        )
    return shown
