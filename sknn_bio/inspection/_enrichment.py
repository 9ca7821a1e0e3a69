"""Which gene sets the important genes belong to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from sknn_bio._optional import require
from sknn_bio.inspection._attributions import Attributions
from sknn_bio.inspection._enrichment_sets import as_sets, sets_of_size

_TIE = 1e-9  # of the range of scores: what decides between equal ones


def gene_set_enrichment(
    importances: Attributions | pd.DataFrame | pd.Series,
    gene_sets: str | PathLike[str] | Mapping[str, Iterable[str]],
    *,
    min_size: int = 15,
    max_size: int = 500,
    n_permutations: int = 1000,
    random_state: Any = None,
) -> pd.DataFrame:
    """Ask whether the genes of a set stand higher in a ranking than others.

    Preranked gene set enrichment analysis [1]_, as gseapy computes it.

    Parameters
    ----------
    importances : Attributions, DataFrame or Series
        One score a gene. Of :class:`Attributions`, the mean absolute attribution; a
        DataFrame has the columns ``feature`` and ``importance``, as the tables of this
        room do; a Series has genes as its index. At least 2 genes, each once.
    gene_sets : path or mapping of str to iterable of str
        A GMT file (name, description and genes of a set on a line, tabs between), or
        the genes of each set by its name. Letter case counts.
    min_size, max_size : int, default=15, 500
        Sets with fewer or more genes in the ranking are left out.
    n_permutations : int, default=1000
        Random sets that each set is held against.
    random_state : int, RandomState instance or None, default=None
        Decides the random sets and the order of genes with equal scores.

    Returns
    -------
    DataFrame
        A row a set, the surest first: ``gene_set``; ``size``, its genes in the ranking;
        ``score``, the normalized enrichment score; ``p``, at least
        ``1 / (n_permutations + 1)``; ``fdr``, the false discovery rate over all sets
        tested, 0 where no random set came near; ``leading_edge``, the genes that make
        the score, commas between.

    Raises
    ------
    FileNotFoundError
        If there is no such GMT file.
    ImportError
        If gseapy is not installed.
    TypeError, ValueError
        If the scores, the file or a set cannot be used, or none is left to test.

    See Also
    --------
    integrated_gradients : Scores to begin with.

    Notes
    -----
    Where no score is negative, as with mean absolute attributions, permutation
    importances or frequencies, the test is one-sided: a high `score` tells that the
    model listens to the set more than to other genes, not in which direction. Signed
    scores are ranked from the highest to the lowest, and a negative `score` means the
    low end. The mean of signed attributions is no direction of a gene: against a mean
    baseline, patients above and below it cancel.

    Genes are permuted, not patients, so that sets of genes that move together are found
    more often than `p` says. The network shares its attention among such genes as it
    pleases, and a set that is not found may still matter.

    References
    ----------
    .. [1] Subramanian et al., "Gene set enrichment analysis", PNAS 102, 15545, 2005.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn_bio.inspection import gene_set_enrichment
    >>> scores = pd.Series({f"gene{i}": 1 / (1 + i) for i in range(200)})
    >>> sets = {"first": scores.index[:20], "mixed": scores.index[::10]}
    >>> found = gene_set_enrichment(scores, sets, n_permutations=200, random_state=0)
    >>> found["gene_set"].tolist()
    ['first', 'mixed']
    """
    for name, value in (("min_size", min_size), ("n_permutations", n_permutations)):
        if not (isinstance(value, int) and value >= 1):
            raise ValueError(f"{name} must be an int of at least 1, got {value!r}")
    if max_size < min_size:
        raise ValueError(f"max_size must be at least min_size, got {max_size}")
    scores = _scores(importances)
    gseapy = require("gseapy", extra="explain")
    sets = sets_of_size(as_sets(gene_sets), scores.index, min_size, max_size)
    rng = check_random_state(random_state)
    jitter = _TIE * np.ptp(scores.to_numpy()) * rng.uniform(size=len(scores))
    # gseapy changes the letter case of names as it sees fit; of these it cannot.
    names = [f"G{place}" for place in range(len(scores))]
    place = dict(zip(scores.index, names, strict=True))
    with warnings.catch_warnings():
        # Its use of pandas is its own affair.
        warnings.filterwarnings("ignore", module="gseapy")
        found = gseapy.prerank(
            pd.Series(scores.to_numpy() + jitter, index=names, name="score"),
            {name: [place[gene] for gene in genes] for name, genes in sets.items()},
            min_size=1,
            max_size=len(scores),
            permutation_num=n_permutations,
            threads=1,
            seed=int(rng.randint(2**31 - 1)),
            outdir=None,
            no_plot=True,
        ).res2d
    gene = dict(zip(names, scores.index, strict=True))
    table = pd.DataFrame(
        {
            "gene_set": found["Term"].astype(str),
            "size": [len(sets[name]) for name in found["Term"]],
            "score": found["NES"].astype(float),
            # Phipson & Smyth 2010: no permutation test finds a p of 0.
            "p": found["NOM p-val"].astype(float).clip(lower=1 / (n_permutations + 1)),
            "fdr": found["FDR q-val"].astype(float),
            "leading_edge": [
                ", ".join(gene[each] for each in edge.split(";") if each)
                for edge in found["Lead_genes"]
            ],
        }
    )
    size = table["score"].abs().rename("size")
    order = pd.concat([table[["fdr", "p"]], -size, table["gene_set"]], axis=1)
    return table.loc[order.sort_values(list(order)).index].reset_index(drop=True)


def _scores(importances: Any) -> pd.Series:
    """Return a finite score a gene, indexed by its name."""
    if isinstance(importances, Attributions):
        importances = importances.importances()
    if isinstance(importances, pd.DataFrame):
        lacking = [n for n in ("feature", "importance") if n not in importances]
        if lacking:
            raise ValueError(
                "importances must have the columns 'feature' and 'importance', lacks "
                f"{lacking[0]!r}"
            )
        importances = importances.set_index("feature")["importance"]
    if not isinstance(importances, pd.Series):
        raise TypeError(
            "importances must be Attributions, a DataFrame or a Series of scores by "
            f"gene, got {type(importances).__name__}"
        )
    scores = importances.astype(np.float64).set_axis(importances.index.astype(str))
    if scores.index.has_duplicates:
        twice = scores.index[scores.index.duplicated()][0]
        raise ValueError(f"importances must name each gene once, got {twice!r} twice")
    if not np.isfinite(scores).all():
        bad = scores.index[~np.isfinite(scores)][0]
        raise ValueError(f"importances must be finite, got {scores[bad]} of {bad!r}")
    if scores.nunique() < 2:
        raise ValueError(
            f"importances must rank the genes, got {len(scores)} of the same score"
        )
    return scores
