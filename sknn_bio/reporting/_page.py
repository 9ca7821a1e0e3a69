"""One self-contained page with everything that a comparison found."""

from __future__ import annotations

import json
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison
from sknn_bio.model_selection._checkpoint import write_whole
from sknn_bio.reporting import _page_curves as curves
from sknn_bio.reporting import _page_figures as figures
from sknn_bio.reporting import _page_tables as tables
from sknn_bio.reporting._page_importances import importances
from sknn_bio.reporting._parts import Section, plural
from sknn_bio.reporting._style import words

ALARMS = {
    "inverted": "Scores rank the wrong way round",
    "groups_cross_folds": "A group stands on both sides of a fold",
    "duplicates": "Copies of a row on both sides of a fold",
    "single_feature": "One feature gives the target away",
    "fitted_outside": "The table was preprocessed before it was split",
    "few_positives": "Too few rows of a class",
    "cohort_shift": "Training and test cohort differ",
}
_FITTED = (
    "Every model is fitted on the same training rows, with all its preprocessing and "
    "searches, and asked about the same test rows."
)
_INTERVALS = (
    "Intervals of scores resample patients (rows, where no groups are given); they are "
    "for the fitted models on new patients of the same population."
)
_FOLDS = (
    "Differences over folds: corrected resampled t-test (Nadeau & Bengio 2003, Machine "
    "Learning 52, 239-281), adjusted after Holm (1979, Scandinavian Journal of "
    "Statistics 6, 65-70); probabilities of practical equivalence after Benavoli et "
    "al. (2017, JMLR 18, 77)."
)
_COHORT = (
    "Differences in one test cohort: DeLong et al. (1988, Biometrics 44, 837-845) for "
    "areas under the ROC curve of ungrouped rows, else the paired bootstrap; adjusted "
    "after Holm (1979, Scandinavian Journal of Statistics 6, 65-70)."
)
_BRIER = (
    "Brier score in parts: Murphy (1973, Journal of Applied Meteorology 12, 595-600)."
)
_BENEFIT = (
    "Decision curves: Vickers & Elkin (2006, Medical Decision Making 26, 565-574)."
)
_GRADIENTS = (
    "Attributions: integrated gradients (Sundararajan et al. 2017, ICML), from the "
    "middle of each member's training rows to the row, averaged over the members."
)
_ALARMS = (
    "Alarms: Kapoor & Narayanan (2023, Patterns 4, 100804). They find some leaks; none "
    "proves that there is none."
)


def write_report(
    comparison: Comparison, path: str | PathLike[str], *, force: bool = False
) -> Path:
    """Write a comparison as one HTML page that opens anywhere, also without a network.

    Parameters
    ----------
    comparison : Comparison
        What `compare` returned.
    path : path
        The file to write; it is there whole or not at all.
    force : bool, default=False
        Whether to replace a file that is there.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    FileExistsError
        If the file is there and `force` is False.
    FileNotFoundError
        If its folder is not there.
    ImportError
        If jinja2 or matplotlib, which the page is made with, is not installed.

    Examples
    --------
    >>> from sknn_bio.reporting import write_report
    >>> write_report(comparison, "report.html")  # doctest: +SKIP
    """
    path = Path(path)
    if path.exists() and not force:
        raise FileExistsError(f"path must be a new file (or force=True), got {path}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder of path must exist, got {path.parent}")
    write_whole(path, render(comparison).encode())
    return path


def environment() -> Any:
    """Return what renders the templates of this room; jinja2 must be installed."""
    jinja2 = require("jinja2", extra="report")
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sknn_bio.reporting"),
        autoescape=True,  # names of columns and models may hold anything
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def render(comparison: Comparison) -> str:
    """Return the page as text."""
    template = environment().get_template("compare.html.j2")
    matplotlib = require("matplotlib", extra="report")
    # Figures shrink with the screen, their letters too.
    with matplotlib.rc_context({"font.size": 12.5}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        sections = [part for part in _sections(comparison) if not part.is_empty]
    errors = sum(alarm.severity == "error" for alarm in comparison.alarms)
    return template.render(
        verdict=comparison.verdict(),
        subtitle=_subtitle(comparison),
        alarms=[
            {
                "title": ALARMS.get(alarm.name, words(alarm.name)),
                "alarm": alarm,
                "evidence": json.dumps(
                    alarm.evidence, indent=1, default=str, ensure_ascii=False
                ),
            }
            for alarm in comparison.alarms
        ],
        n_errors=errors,
        checks=list(ALARMS.values()),
        sections=sections,
    )


def _subtitle(comparison: Comparison) -> str:
    d = comparison.data_summary
    parts = [
        f"{plural(d['n_samples'], 'row')} × {plural(d['n_features'], 'feature')}",
    ]
    if comparison.task == "regression":
        parts.append("regression")
    elif comparison.task == "binary":
        parts.append(f"positive class {comparison.pos_label}")
    else:
        parts.append(f"{len(comparison.classes or [])} classes")
    if d["n_test"] is not None:
        parts.append(f"a test cohort of {plural(d['n_test'], 'row')}")
    else:
        parts.append(plural(d["n_folds"], "fold"))
    return " · ".join(parts)


def _sections(comparison: Comparison) -> list[Section]:
    metric = words(comparison.metrics[0])
    method = comparison.differences()
    rates, matrices, rule = tables.confusion(comparison)
    used = sorted(set(method["method"]) - {"none"}) if "method" in method else []
    return [
        Section(
            "scores",
            "Scores",
            [
                f"The primary metric is {metric}. In all metrics higher is better; a "
                "minus before the name marks a loss that was turned round."
            ],
            figures.scores(comparison),
            [tables.scores(comparison)],
        ),
        Section(
            "differences",
            "Paired differences",
            [f"Test: {'; '.join(used)}."] if used else [],
            figures.differences(comparison),
            tables.differences(comparison),
        ),
        Section(
            "curves",
            "Ranking: ROC and precision-recall curves",
            figures=curves.curves(comparison),
        ),
        Section(
            "calibration",
            "Calibration and net benefit",
            figures=curves.reliability(comparison) + curves.net_benefit(comparison),
            tables=tables.calibration(comparison),
        ),
        Section(
            "confusion",
            "Right and wrong calls",
            [f"The threshold is chosen inside each fold: {rule}."] if rates else [],
            tables=rates or matrices,
            details=matrices if rates else [],
            details_title="Confusion matrices",
        ),
        Section(
            "predictions",
            "Predictions",
            figures=figures.predicted(comparison),
        ),
        importances(comparison),
        Section(
            "subgroups",
            "Subgroups",
            figures=figures.subgroups(comparison),
            tables=tables.subgroups(comparison),
        ),
        Section(
            "time",
            "Time and learning",
            figures=figures.time(comparison) + figures.learning(comparison),
        ),
        Section("tuned", "Tuned parameters", tables=tables.tuned(comparison)),
        Section("failures", "Failures", tables=tables.failures(comparison)),
        Section("data", "Data", tables=[tables.data(comparison)]),
        Section(
            "reproduce",
            "The call that makes it again",
            ["X, y and other data are yours to load; everything else is here."],
            tables=[tables.versions(comparison)],
            code=comparison.call,
        ),
        Section("methods", "How it was done", items=_methods(comparison)),
    ]


def _methods(comparison: Comparison) -> list[str]:
    has_cohort = comparison.data_summary["n_test"] is not None
    notes = [_FITTED, _INTERVALS, _COHORT if has_cohort else _FOLDS]
    if comparison.task != "regression":
        notes.append(_BRIER)
    if comparison.task == "binary":
        notes.append(_BENEFIT)
    if len(comparison.importances):
        notes.append(_GRADIENTS)
    return [*notes, _ALARMS]
