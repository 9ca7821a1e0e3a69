"""The tables that ``sknn-bio explain`` writes beside its page."""

from __future__ import annotations

import pandas as pd

from sknn_bio.inspection import Attributions
from sknn_bio.reporting._explanation_page import Explanation

PAGE, IMPORTANCES, CLASSES = "explanation.html", "importances.csv", "by_class.csv"
PERMUTATION, SETS, EACH = "permutation.csv", "gene_sets.csv", "attributions.csv.gz"


def tables_of(
    explanation: Explanation, index: pd.Index, names: list[str]
) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files.

    Parameters
    ----------
    explanation : Explanation
        What was found.
    index : Index of length n_rows
        The rows that are explained.
    names : list of str
        Files to write; the attributions of each row are made where they are among them.

    Returns
    -------
    dict of str to DataFrame
    """
    found = explanation.attributions
    tables = {IMPORTANCES: found.importances(), CLASSES: found.by_class()}
    if explanation.permutation is not None:
        tables[PERMUTATION] = explanation.permutation.table
    if explanation.gene_sets is not None:
        tables[SETS] = explanation.gene_sets
    if EACH in names:
        tables[EACH] = _of_each(found, index)
    return tables


def _of_each(found: Attributions, index: pd.Index) -> pd.DataFrame:
    """Return a line a row, or a line a row and class."""
    names = list(found.feature_names)
    if found.values.ndim == 2:
        out = pd.DataFrame(found.values, columns=names, index=index)
        out.insert(0, "answer", found.outputs)
        out.insert(1, "baseline", found.base_values)
        return out
    assert found.output_names is not None
    parts = []
    for k, label in enumerate(found.output_names):
        part = pd.DataFrame(found.values[:, :, k], columns=names, index=index)
        part.insert(0, "class", label)
        part.insert(1, "answer", found.outputs[:, k])
        part.insert(2, "baseline", found.base_values[:, k])
        parts.append(part)
    return pd.concat(parts).sort_index(kind="stable")
