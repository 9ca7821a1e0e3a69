"""The alarm about a step that was fitted before the table was split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.stats import poisson

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_rows import Rows

EXACT = 0.01  # standard errors; a sample is this close to a round number by luck only
MOST = 0.8  # share of the columns that a scaler leaves its mark on
FEWEST_FILLED = 5  # equal values in a column of unequal ones
LUCK = 0.01  # of finding so many of them at the mean or the median
_OUTSIDE = (
    "Kapoor, S. & Narayanan, A. (2023). Leakage and the reproducibility crisis in "
    "machine-learning-based science. Patterns 4, 100804; Ambroise, C. & McLachlan, "
    "G. J. (2002). Selection bias in gene extraction on the basis of microarray "
    "gene-expression data. PNAS 99, 6562-6566."
)
_ADVICE = (
    "It saw the test rows. Start from the table as it was measured, and put the step "
    "into the Pipeline, where it is fitted inside each fold."
)


def fitted_outside(rows: Rows) -> list[Alarm]:
    """Columns that bear the marks of a scaler or an imputer fitted on all rows."""
    everything = np.arange(len(rows.y))
    alarms = []
    scaled, where = _scaling(rows, everything), "over all rows"
    if rows.has_test:
        where = "over both cohorts together"
        parts = everything[: rows.n_train], everything[rows.n_train :]
        each = [_scaling(rows, part) for part in parts]
        if all(each):
            scaled, where = each[1], "within each cohort, the test cohort on itself"
    if scaled is not None:
        mark, share, n_columns = scaled
        message = (
            f"{share:.0%} of the {n_columns} columns with more than two values {mark} "
            f"{where}: they were scaled before the comparison. {_ADVICE}"
        )
        evidence = {"step": "scaler", "mark": mark, "share": share, "where": where}
        alarms.append(Alarm("fitted_outside", "warning", message, evidence, _OUTSIDE))
    filled = _filled(rows, everything)
    if filled:
        name, value, count, kind = filled[0]
        more = f", and {len(filled) - 1} more like it" * (len(filled) > 1)
        message = (
            f"The column {name!r} holds its own {kind}, {value:.6g}, in {count} rows, "
            f"while its other values hardly repeat{more}: it seems that missing values "
            f"were filled in before the comparison. {_ADVICE}"
        )
        evidence = {"step": "imputer", "columns": filled}
        alarms.append(Alarm("fitted_outside", "warning", message, evidence, _OUTSIDE))
    return alarms


def _columns(rows: Rows, chosen: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for number in np.flatnonzero(rows.is_numeric):
        column = rows.column(number, chosen)
        yield int(number), column[np.isfinite(column)]


def _scaling(rows: Rows, chosen: np.ndarray) -> tuple[str, float, int] | None:
    """Return the mark that a scaler left, on what share of how many columns."""
    means, spreads, ranges = [], [], []
    for _, column in _columns(rows, chosen):
        low, high = (column.min(), column.max()) if len(column) else (0.0, 0.0)
        if low == high or np.all((column == low) | (column == high)):
            continue
        spread = column.std()
        error = spread / np.sqrt(len(column))
        means.append(abs(column.mean()) < EXACT * error)
        spreads.append((spread, len(column)))
        # A measurement with a floor or a ceiling reaches it in more than one row.
        single = (column == low).sum() == 1 and (column == high).sum() == 1
        ranges.append(single and abs(low) < 1e-6 and abs(high - 1) < 1e-6)
    if not means:
        return None
    spread, size = np.array(spreads).T
    tolerance = EXACT / np.sqrt(2 * size)
    middle = np.median(spread)
    one = np.minimum(
        np.abs(spread - 1), np.abs(spread * np.sqrt(size / (size - 1)) - 1)
    )
    same = np.abs(spread / middle - 1) if len(spread) > 2 else np.full(len(spread), 1.0)
    standard = float(np.mean(means & (one < tolerance)))
    equal = float(np.mean(means & (same < tolerance)))
    ranged = float(np.mean(ranges))
    if standard >= MOST:
        return "have mean 0 and standard deviation 1", standard, len(means)
    if equal >= MOST:
        return "have mean 0 and the same standard deviation", equal, len(means)
    if ranged >= MOST:
        return "run from exactly 0 to exactly 1", ranged, len(means)
    return None


def _filled(rows: Rows, chosen: np.ndarray) -> list[tuple[str, float, int, str]]:
    """Name the columns in which one value is the mean or median, and repeats alone.

    Some columns have such a value by nature; it is taken for a filled one where it is
    the mean or the median in more of those columns than luck would have it.
    """
    means, medians = [], []
    luck_mean = luck_median = 0.0
    for number, column in _columns(rows, chosen):
        if len(column) < 2 * FEWEST_FILLED:
            continue
        values, counts = np.unique(column, return_counts=True)
        most = int(np.argmax(counts))
        value, count = float(values[most]), int(counts[most])
        others = np.delete(counts, most)
        inside = 0 < most < len(values) - 1
        # Nearly all other values are their row's own.
        alone = inside and others.mean() < 2 and count >= 5 * others.max()
        if not alone or count < FEWEST_FILLED:
            continue
        error = column.std() / np.sqrt(len(column))
        luck_mean += EXACT
        if abs(value - column.mean()) < 0.5 * EXACT * error:
            means.append((rows.names[number], value, count, "mean"))
        if value != 0:  # zero is a measurement that was below the limit
            luck_median += count / len(column)
            if value == np.median(column):
                medians.append((rows.names[number], value, count, "median"))
    found = []
    for hits, luck in ((means, luck_mean), (medians, luck_median)):
        if hits and poisson.sf(len(hits) - 1, luck) < LUCK:
            found += hits
    return found
