"""Whether a query has the genes of training, where no GeneAligner looks after it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.metadata_routing import get_routing_for_object

from sknn_bio.omics._cells import Cells
from sknn_bio.preprocessing import GeneAligner, GeneCoverage
from sknn_bio.preprocessing._coverage import mismatch
from sknn_bio.preprocessing._gene_names import few

NOTES = "anndata_"
_ADVICE = "put a GeneAligner first in the Pipeline, which finds genes by their names"


def takes(model: Any, method: str, name: str) -> bool:
    """Whether metadata of a name reaches some step of a model."""
    return name in get_routing_for_object(model).consumes(method, [name])


def check_genes(model: Any, answering: Any, cells: Cells) -> None:
    """Refuse a query whose genes are not those of training, in their order.

    Parameters
    ----------
    model : fitted estimator
        Of `fit_anndata`, or fitted on a DataFrame.
    answering : fitted estimator
        The one that predicts: the model, or the best of a search.
    cells : Cells
        The query.

    Raises
    ------
    ValueError
        With the first genes that differ.
    """
    if cells.genes is None:  # coordinates of obsm have no names to look at
        return
    known = getattr(model, NOTES, {}).get("genes")
    if known is None:
        known = getattr(answering, "feature_names_in_", None)
    if known is None:
        raise ValueError(
            "the model must know its genes, or a wrong order of the right number of "
            "them cannot be seen: fit it by fit_anndata or on a DataFrame, or "
            + _ADVICE
        )
    if len(known) == len(cells.genes) and (known == cells.genes).all():
        return
    raise ValueError(f"{_difference(known, cells.genes)}; {_ADVICE}")


def _difference(known: np.ndarray, query: np.ndarray) -> str:
    rule = f"the query must have the {len(known):,} genes of training in their order"
    lacking = known[~np.isin(known, query)]
    if len(lacking) == len(known):
        return f"{rule}, and has none; {mismatch(known, query)}"
    if len(lacking):
        return f"{rule}, and lacks {len(lacking):,} ({few(lacking)})"
    both = min(len(known), len(query))
    differ = known[:both] != query[:both]
    at = int(differ.argmax()) if differ.any() else both
    got = f"{query[at : at + 3].tolist()} in place of {known[at : at + 3].tolist()}"
    others = len(query) - len(known)
    more = f" and {others:,} others" if others else ""
    return f"{rule}, and has them{more} in another order: from gene {at + 1}, {got}"


def aligner_of(model: Any) -> GeneAligner | None:
    """Return the fitted GeneAligner of a model, however deep it stands."""
    if isinstance(model, GeneAligner):
        return model
    parts = [step for _, step in getattr(model, "steps", [])]
    for name in ("best_estimator_", "estimator_"):
        parts.append(getattr(model, name, None))
    found = (aligner_of(part) for part in parts if part is not None)
    return next((aligner for aligner in found if aligner is not None), None)


def coverage_of(model: Any, cells: Cells) -> GeneCoverage | None:
    """Return how the query's genes meet the model's; None for a matrix without."""
    aligner = aligner_of(model)
    if cells.genes is None:
        return None
    if aligner is not None and hasattr(aligner, "feature_names_in_"):
        return aligner.coverage(cells.genes)
    none = np.array([], dtype=object)
    n = len(cells.genes)
    return GeneCoverage(n, n, n_exact=n, n_mapped=0, missing=none, dropped=none)
