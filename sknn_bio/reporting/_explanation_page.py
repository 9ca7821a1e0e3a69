"""One self-contained page with what a fitted network looks at."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio._optional import require
from sknn_bio.inspection import Attributions, PermutationImportances
from sknn_bio.reporting import _explanation_parts as parts
from sknn_bio.reporting._page import environment
from sknn_bio.reporting._parts import Section, Table, listed, number, plural
from sknn_bio.reporting._style import words

_GRADIENTS = (
    "Attributions: integrated gradients (Sundararajan et al. 2017, ICML), from the "
    "middle of each member's training rows to the row, averaged over the members. They "
    "tell what the model does with a row, not what causes the outcome."
)
_SPREAD = (
    "Members differ by their seeds and by the fold that they leave out, but share most "
    "of their rows: they agree too readily. That other patients would give the same "
    "order is shown by refits only (sknn_bio.inspection.stability_selection)."
)
_PERMUTATION = (
    "Permutation importances: Breiman (2001, Machine Learning 45, 5-32). Columns that "
    "say the same stand in for each other, and neither seems to matter alone."
)
_SETS = (
    "Gene sets: preranked enrichment (Subramanian et al. 2005, PNAS 102, 15545) of "
    "mean absolute attributions, so that a high score tells that the network listens "
    "to a set, not in which direction. Genes are permuted, not patients: sets of genes "
    "that move together are found more often than p says."
)


@dataclass
class Explanation:
    """What a page tells of a fitted network.

    Attributes
    ----------
    attributions : Attributions
        Of the rows that are explained.
    target : str
        The column that is predicted.
    task : {"binary", "multiclass", "regression"}
    n_there : int
        Rows of the table, of which those are some.
    model : fitted estimator
        A network, or what ends with one.
    score : float or None
        Out of fold.
    versions : dict of str to str
    call : str
        The command that makes the page again.
    known : ndarray of bool of shape (n_samples,) or None
        Rows whose answer is known.
    y : ndarray of shape (n_known,) or None
        Those answers.
    permutation : PermutationImportances or None
    gene_sets : DataFrame or None
        Of `gene_set_enrichment`.
    """

    attributions: Attributions
    target: str
    task: str
    n_there: int
    model: Any
    score: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    call: str = ""
    known: np.ndarray | None = None
    y: np.ndarray | None = None
    permutation: PermutationImportances | None = None
    gene_sets: pd.DataFrame | None = None

    def sentence(self) -> str:
        """Return in a sentence what the answers come from."""
        table = self.attributions.importances()
        share = table["importance"].cumsum() / (table["importance"].sum() or 1.0)
        half = int((share < 0.5).sum()) + 1
        top = listed(table["feature"].head(3).tolist())
        return (
            f"What the network says of {self.target} comes most from {top}; half of "
            f"all attribution is on {half:,} of {plural(len(table), 'column')}."
        )


def render_explanation(explanation: Explanation) -> str:
    """Return the page as text.

    Parameters
    ----------
    explanation : Explanation

    Returns
    -------
    str
        HTML that needs no other file.

    Raises
    ------
    ImportError
        If jinja2 or matplotlib is not installed.
    """
    template = environment().get_template("explanation.html.j2")
    matplotlib = require("matplotlib", extra="report")
    # Figures shrink with the screen, their letters too.
    with matplotlib.rc_context({"font.size": 12.5}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        sections = [part for part in _sections(explanation) if not part.is_empty]
    return template.render(
        subtitle=_subtitle(explanation),
        sentence=explanation.sentence(),
        sections=sections,
    )


def _subtitle(explanation: Explanation) -> str:
    n_rows, n_columns = explanation.attributions.values.shape[:2]
    rows = plural(n_rows, "row")
    if n_rows < explanation.n_there:
        rows = f"{n_rows:,} of {plural(explanation.n_there, 'row')}, drawn at random"
    bits = [f"{explanation.target}: {rows} × {plural(n_columns, 'column')}"]
    if explanation.task == "binary":
        assert explanation.attributions.output_names is not None
        bits.append(f"positive class {explanation.attributions.output_names[-1]}")
    if explanation.score is not None and np.isfinite(explanation.score):
        name = "R²" if explanation.task == "regression" else "ROC AUC"
        bits.append(f"out-of-fold {name} {explanation.score:.3f}")
    return " · ".join(bits)


def _sections(explanation: Explanation) -> list[Section]:
    found, permutation = explanation.attributions, explanation.permutation
    return [
        Section(
            "columns",
            "Which columns speak",
            [
                f"An attribution is how far a column moves {_unit(explanation)}, "
                "beside a baseline in the middle of the training rows; the importance "
                "of a column is its mean size over the rows."
            ],
            parts.attributions(found),
            [parts.importances(found)],
        ),
        Section(
            "classes",
            "Class by class",
            figures=parts.heatmap(found, explanation.known, explanation.y),
            tables=parts.classes(found),
        ),
        Section(
            "permutation",
            "What the score loses",
            []
            if permutation is None
            else [
                f"{words(permutation.scoring)} on these rows: "
                f"{number(permutation.scores.mean())}. A column matters by how far the "
                "score falls when its values are dealt out anew among the rows; the "
                f"{plural(len(permutation.table), 'column')} with the largest "
                "attributions were tried. Where the network was trained on these rows, "
                "what it has learnt by heart counts as well."
            ],
            parts.permutation(permutation),
            [] if permutation is None else [parts.losses(permutation)],
        ),
        Section(
            "sets",
            "Gene sets",
            [] if explanation.gene_sets is None else [_sets(explanation.gene_sets)],
            tables=parts.gene_sets(explanation.gene_sets),
        ),
        Section("network", "The network", figures=parts.network(explanation.model)),
        Section(
            "reproduce",
            "The command that makes it again",
            tables=[_versions(explanation)],
            code=explanation.call,
        ),
        Section("methods", "How it was done", items=_methods(explanation)),
    ]


def _unit(explanation: Explanation) -> str:
    output, names = (
        explanation.attributions.output,
        explanation.attributions.output_names,
    )
    if explanation.task == "regression":
        return f"the prediction of {explanation.target}, in its unit"
    what = "probability" if output == "probability" else "raw output"
    if explanation.task == "binary" and names is not None:
        return f"the {what} of {names[-1]}"
    return f"the {what} of a class"


def _sets(table: pd.DataFrame) -> str:
    n_found = int((table["fdr"] < 0.05).sum())
    return (
        f"{plural(len(table), 'set')} tested; {n_found or 'none'} with a false "
        "discovery rate below 0.05."
    )


def _versions(explanation: Explanation) -> Table:
    rows = [[name, version] for name, version in explanation.versions.items()]
    return Table("Versions", ["Package", "Version"], rows)


def _methods(explanation: Explanation) -> list[str]:
    found = explanation.attributions
    worst = float(np.max(found.completeness_error))
    notes = [
        _GRADIENTS,
        f"Completeness: the attributions of a row sum to its answer less the "
        f"baseline's; they miss it by {worst:.2%} at most.",
    ]
    if len(found.member_importances) > 1:
        notes.append(_SPREAD)
    if explanation.permutation is not None:
        notes.append(_PERMUTATION)
    if explanation.gene_sets is not None:
        notes.append(_SETS)
    return notes
