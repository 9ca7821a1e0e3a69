"""Alarms about the folds: groups on both sides, and classes that run out."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import binom

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_rows import Rows

FEWEST = 2  # of a class in a test fold; a score of one row says nothing
# A column is taken for an identifier of patients where at least so many of its values
# repeat, on so many of the rows, and the target is one within nearly each of them.
MIN_VALUES, MIN_ROWS, MIN_CONSTANT = 10, 0.5, 0.98

_LEAKAGE = (
    "Kapoor, S. & Narayanan, A. (2023). Leakage and the reproducibility crisis in "
    "machine-learning-based science. Patterns 4, 100804."
)
_SUBJECTS = (
    "Saeb, S. et al. (2017). The need to approximate the use-case in clinical machine "
    "learning. GigaScience 6, gix019."
)
_FEW = (
    "Forman, G. & Scholz, M. (2010). Apples-to-apples in cross-validation studies: "
    "pitfalls in classifier performance measurement. SIGKDD Explorations 12, 49-57."
)


def groups_cross_folds(rows: Rows) -> list[Alarm]:
    """Groups that stand on both sides of a fold, or a column that tells patients."""
    return _given(rows) if rows.groups is not None else _hidden(rows)


def _given(rows: Rows) -> list[Alarm]:
    assert rows.groups is not None
    crossing: set[int] = set()
    shared_rows = [0]
    for split in rows.splits:
        both = np.intersect1d(rows.groups[split.train], rows.groups[split.test])
        crossing.update(both.tolist())
        shared_rows.append(int(np.isin(rows.groups[split.test], both).sum()))
    if not crossing:
        return []
    total = len(rows.group_names)
    if rows.has_test:
        severity: Literal["warning", "error"] = "warning"
        message = (
            f"{len(crossing)} of {total} groups have rows in both cohorts. If each "
            "cohort numbers its patients from 1, give them names of their own; if they "
            "are the same patients, models can recognise them, and their rows must go "
            "from one of the cohorts."
        )
    else:
        severity = "error"
        message = (
            f"{len(crossing)} of {total} groups have rows in the training and in the "
            f"test rows of the same fold (up to {max(shared_rows)} test rows of a "
            "fold), so models can recognise a group instead of learning the target. "
            "Use a splitter that keeps groups together, such as StratifiedGroupKFold."
        )
    examples = [str(rows.group_names[code]) for code in sorted(crossing)[:5]]
    evidence = {
        "n_groups": total,
        "n_crossing": len(crossing),
        "examples": examples,
        "most_test_rows_in_a_fold": max(shared_rows),
    }
    return [Alarm("groups_cross_folds", severity, message, evidence, _SUBJECTS)]


def _hidden(rows: Rows) -> list[Alarm]:
    if sparse.issparse(rows.values):  # of counts; names of patients are not among them
        return []
    train = slice(0, rows.n_train)
    target = pd.factorize(rows.y[train])[0]
    found = []
    for number in range(len(rows.names)):
        column = rows.column(number, train)
        evidence = _as_identifier(column, target, bool(rows.is_numeric[number]))
        if evidence is None:
            continue
        shared = _share_seen(rows, rows.column(number))
        if shared > 0:
            found.append({"feature": rows.names[number], **evidence, "seen": shared})
    if not found:
        return []
    worst = max(found, key=lambda item: item["n_values"])
    message = (
        f"The column {worst['feature']!r} looks like the identifier of a patient, "
        f"donor or sample: {worst['n_values']} of its values occur more than once, "
        f"and in {worst['n_constant']} of them all rows have the same target (by "
        f"chance about {worst['expected']:.0f} would). {worst['seen']:.0%} of the test "
        "rows share their value with a training row of the same fold. Pass the column "
        "as groups and take it out of the features."
    )
    evidence = {"columns": found}
    return [Alarm("groups_cross_folds", "error", message, evidence, _LEAKAGE)]


def _as_identifier(
    column: np.ndarray, target: np.ndarray, numeric: bool
) -> dict | None:
    """Return the evidence that a column names patients, or None."""
    known = np.isfinite(column)
    column, target = column[known], target[known]
    if numeric and np.any(column != np.round(column)):
        return None
    values, codes, sizes = np.unique(column, return_inverse=True, return_counts=True)
    repeated = sizes >= 2
    n_values = int(repeated.sum())
    if n_values < MIN_VALUES or sizes[repeated].sum() < MIN_ROWS * len(column):
        return None
    first = np.full(len(values), -1)
    first[codes[::-1]] = target[::-1]
    differs = np.bincount(codes, weights=target != first[codes]) > 0
    n_constant = int((repeated & ~differs).sum())
    if n_constant < MIN_CONSTANT * n_values:
        return None
    share = np.bincount(target) / len(target)
    chance = np.mean([np.sum(share**size) for size in sizes[repeated]])
    if binom.sf(n_constant - 1, n_values, chance) > 1e-6:
        return None
    if numeric:
        # A measurement that predicts well is constant within a value too, but then its
        # neighbouring values agree; those of identifiers do not.
        changes = np.mean(first[1:] != first[:-1])
        if changes < 0.25 * (1 - np.sum(share**2)):
            return None
    return {
        "n_values": n_values,
        "n_constant": n_constant,
        "expected": float(chance * n_values),
    }


def _share_seen(rows: Rows, column: np.ndarray) -> float:
    seen = [np.isin(column[s.test], column[s.train]).mean() for s in rows.splits]
    return float(np.mean(seen)) if seen else 0.0


def few_positives(rows: Rows) -> list[Alarm]:
    """Fewer rows of a class than folds, or next to none in a test fold."""
    if rows.classes is None or not rows.splits:
        return []
    n_classes = len(rows.classes)
    sizes = np.bincount(rows.y, minlength=n_classes)
    rarest = int(np.argmin(sizes))
    n_folds = len({split.fold for split in rows.splits})
    tests = np.array(
        [np.bincount(rows.y[s.test], minlength=n_classes) for s in rows.splits]
    )
    trains = np.array(
        [np.bincount(rows.y[s.train], minlength=n_classes) for s in rows.splits]
    )
    thin = int((tests.min(axis=1) < FEWEST).sum())
    untrained = int((trains.min(axis=1) == 0).sum())
    if not thin and not untrained:
        return []
    name = rows.classes[rarest]
    evidence = {
        "rarest_class": name,
        "n_rarest": int(sizes[rarest]),
        "n_folds": n_folds,
        "fewest_in_a_test_fold": int(tests.min()),
        "n_thin_folds": thin,
        "n_folds_without_a_class_in_training": untrained,
    }
    absent = int((tests.min(axis=1) == 0).sum())
    hopeless = bool(sizes[rarest] < n_folds or untrained or absent)
    message = (
        f"The class {str(name)!r} has {sizes[rarest]} of {len(rows.y)} rows for "
        f"{n_folds} fold{'s' * (n_folds > 1)}. "
        f"In {thin} of {len(rows.splits)} test sets a class has fewer than "
        f"{FEWEST} rows ({absent} lack one altogether)"
    )
    if untrained:
        message += f", and {untrained} models never saw one of the classes"
    message += (
        ". Scores of such folds are close to chance or cannot be computed. Use fewer "
        "folds, stratify them, repeat them, or collect more rows of this class."
    )
    severity: Literal["warning", "error"] = "error" if hopeless else "warning"
    return [Alarm("few_positives", severity, message, evidence, _FEW)]
