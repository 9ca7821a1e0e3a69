"""The alarm about rows that stand on both sides of a fold."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_rows import HUGE, Rows

NEAR = 1e-3  # standard deviations of a column: what rounding takes away
MISSING = -1234.5  # a value of its own, far from all standard deviations
MOST_NEAR = 20_000  # rows among which copies that are not exact are looked for
MOST_CHECKED = 300  # sets of copies that are held against chance
MOST_CELLS = 20_000_000  # of the rows that they are held against
MOST_ALIKE = 50  # rows, or a tenth of all, that are taken for like a row
CHANCE = 0.01  # copies that chance would make
_DUPLICATES = (
    "Barz, B. & Denzler, J. (2020). Do we train on test data? Purging CIFAR of "
    "near-duplicates. Journal of Imaging 6, 41; Kapoor, S. & Narayanan, A. (2023). "
    "Leakage and the reproducibility crisis in machine-learning-based science. "
    "Patterns 4, 100804."
)


def duplicates(rows: Rows) -> list[Alarm]:
    """Copies of a row among the training and the test rows of one fold.

    Copies also happen by chance, in tables of a few coarse columns. A set of copies
    counts only where chance would hardly have made it.
    """
    table = _Standardised(rows)
    labels, exact = _copies(table)
    surprising = _surprising(table, labels)
    crossing: set[int] = set()
    for split in rows.splits:
        test = split.test[np.isin(labels[split.test], surprising)]
        crossing.update(test[np.isin(labels[test], labels[split.train])].tolist())
    if not crossing:
        return []
    found = np.array(sorted(crossing))
    n_tested = len(np.unique(np.concatenate([split.test for split in rows.splits])))
    share, n_exact = len(found) / n_tested, int(exact[found].sum())
    kinds = f"{n_exact} exactly"
    if n_exact < len(found):
        kinds += f", {len(found) - n_exact} after rounding"
    message = (
        f"{len(found)} of {n_tested} test rows ({share:.1%}) have a copy among the "
        f"training rows of their fold ({kinds}); in a table like this, chance makes "
        "next to none. Models remember such rows. Find out whether they are one "
        "patient or sample entered twice; drop the copies, or pass groups that keep "
        "them together."
    )
    evidence = {
        "n_rows": len(found),
        "share": share,
        "n_exact": n_exact,
        "n_sets": len(np.unique(labels[found])),
        "rows": (found - rows.n_train * rows.has_test)[:20].tolist(),
    }
    severity: Literal["warning", "error"] = "error" if share >= 0.01 else "warning"
    return [Alarm("duplicates", severity, message, evidence, _DUPLICATES)]


class _Standardised:
    """Rows in the standard deviations of their columns; missing is a value."""

    def __init__(self, rows: Rows):
        self.rows = rows
        self.n_rows, self.n_columns = rows.values.shape
        values = rows.values
        self.is_sparse = sparse.issparse(values)
        if self.is_sparse:
            values = values.astype(np.float64)
            mean = np.asarray(values.mean(axis=0)).ravel()
            spread = np.sqrt(np.asarray(values.power(2).mean(axis=0)).ravel() - mean**2)
            self.by_row = values.tocsr()
        else:
            columns = range(self.n_columns)
            moments = [_moments(rows.column(number)) for number in columns]
            mean, spread = np.reshape(moments, (-1, 2)).T
        scaled = rows.is_numeric & (spread > 0)
        self.mean = np.where(scaled, mean, 0.0)
        self.spread = np.where(scaled, spread, 1.0)
        self.tolerance = np.where(rows.is_numeric, NEAR, 0.5)

    def block(self, chosen: np.ndarray) -> np.ndarray:
        """Return rows, dense: (n_chosen, n_columns)."""
        if self.is_sparse:
            values = self.by_row[chosen].toarray()
        else:
            values = np.asarray(self.rows.values[chosen], dtype=np.float64)
        known = np.abs(values) < HUGE
        return np.where(known, (values - self.mean) / self.spread, MISSING)

    def at_once(self, most: int) -> int:
        """Return how many rows of a block fit into MOST_CELLS cells."""
        return min(max(MOST_CELLS // max(self.n_columns, 1), 100), most)


def _moments(column: np.ndarray) -> tuple[float, float]:
    known = column[np.isfinite(column)]
    return (known.mean(), known.std()) if len(known) else (0.0, 0.0)


def _copies(table: _Standardised) -> tuple[np.ndarray, np.ndarray]:
    """Label sets of copies, and say which rows have one that is exact.

    Rows that are alike lie side by side in a few random projections.
    """
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(table.n_columns, 4)) / np.sqrt(table.n_columns)
    step = table.at_once(10_000)
    marks = np.vstack(
        [
            table.block(np.arange(start, min(start + step, table.n_rows))) @ weights
            for start in range(0, table.n_rows, step)
        ]
    )
    # Sums of equal rows may differ in their last digits.
    rounded = pd.DataFrame(marks.round(8))
    labels = rounded.groupby(list(rounded), sort=False).ngroup().to_numpy()
    exact = np.bincount(labels)[labels] > 1

    firsts = table.rows.draw(np.unique(labels, return_index=True)[1], MOST_NEAR)
    gap, near = cKDTree(marks[firsts]).query(
        marks[firsts], k=2, distance_upper_bound=4 * NEAR
    )
    left = np.flatnonzero(np.isfinite(gap[:, 1]))
    pairs = np.column_stack([firsts[left], firsts[near[left, 1]]])
    alike = [
        (np.abs(table.block(pair[:1]) - table.block(pair[1:])) <= table.tolerance).all()
        for pair in pairs
    ]
    a, b = labels[pairs[np.array(alike, dtype=bool)]].T.reshape(2, -1)
    size = labels.max() + 1
    edges = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    return connected_components(edges, directed=False)[1][labels], exact


def _surprising(table: _Standardised, labels: np.ndarray) -> np.ndarray:
    """Return the labels of the sets of copies that chance does not explain."""
    rng = np.random.default_rng(table.rows.random_state)
    repeated = np.flatnonzero(np.bincount(labels) > 1)
    if len(repeated) > MOST_CHECKED:
        repeated = np.sort(rng.choice(repeated, MOST_CHECKED, replace=False))
    if not len(repeated):
        return repeated
    others = table.rows.draw(np.arange(table.n_rows), table.at_once(3_000))
    block = table.block(others)
    first = dict(zip(labels[::-1], range(table.n_rows - 1, -1, -1), strict=True))
    found = []
    for label in repeated:
        outside = labels[others] != label
        row = table.block(np.array([first[label]]))
        equal = np.abs(block[outside] - row) <= table.tolerance  # (others, columns)
        if _expected(equal, table.n_rows) < CHANCE:
            found.append(label)
    return np.array(found, dtype=int)


def _expected(equal: np.ndarray, n_rows: int) -> float:
    """Return how many copies chance would make in a table of rows like this one.

    Columns go together, and rows that are alike in some are alike in others. So the
    share of rows that match in a column is taken among the rows most like this one,
    as if columns were independent there; where none of them matches, among all.
    """
    alike = equal.sum(axis=1)
    if not len(equal):  # all rows are copies of one
        return np.inf
    if (equal.shape[1] - alike <= max(1, equal.shape[1] // 20)).any():
        return np.inf  # chance makes many rows that are nearly equal for one that is
    most = min(max(MOST_ALIKE, len(equal) // 10), len(equal))
    nearest = equal[np.argpartition(-alike, most - 1)[:most]]
    local, everywhere = nearest.sum(axis=0), equal.sum(axis=0)
    share = np.where(
        local > 0, (local + 1) / (most + 1), (everywhere + 1) / (len(equal) + 1)
    )
    return float(np.exp(np.log(n_rows) + np.log(most) + np.log(share).sum()))
