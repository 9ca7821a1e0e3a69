"""The smallest change of a row that passes a border: a beam search over columns.

All patients are searched at once, so that the model is asked about many thousand rows
in a call. Distances are sums of changes in units of each column's median absolute
deviation (Wachter et al. 2018, Harvard Journal of Law & Technology 31, 841); a change
of category counts 1 (Mothilal et al. 2020, FAT* 607).
"""

from __future__ import annotations

import numpy as np

from sknn_bio.inspection._counterfactuals_columns import Columns
from sknn_bio.inspection._counterfactuals_goal import Goal
from sknn_bio.inspection._counterfactuals_trim import Rows, trim

_WIDTH = 4  # unfinished rows that are kept of a patient
_TRIMMED = 3  # finished rows of an unfinished one that are trimmed
_SCREENED = 32  # columns of a patient that are searched in a wide table
_WIDE = 64  # columns, beyond which a table is screened
_WRITTEN = 2**23  # values of rows that are written out at once


class Search:
    """The search over the rows of some patients.

    Parameters
    ----------
    columns : Columns
        What may change, and to what.
    goal : Goal
        What the model should answer.
    max_changes : int
        The most columns that change.
    """

    def __init__(self, columns: Columns, goal: Goal, max_changes: int) -> None:
        self.columns, self.goal, self.max_changes = columns, goal, max_changes
        self.start = columns.encode()
        sizes = [len(column.values) for column in columns.columns]
        self.column = np.repeat(np.arange(len(sizes)), sizes)
        self.value = np.concatenate([column.values for column in columns.columns])
        self.direction = np.array([column.direction for column in columns.columns])
        self.fixed = columns.missing()

    def distance(self, rows: np.ndarray, patients: np.ndarray) -> np.ndarray:
        """Return how far rows are from those of their patients.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
        patients : ndarray of int of shape (n_rows,)

        Returns
        -------
        ndarray of shape (n_rows,)
        """
        return self._steps(rows, self.start[patients]).sum(axis=1)

    def run(self, patients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Search for some patients.

        Parameters
        ----------
        patients : ndarray of int of shape (n_patients,)

        Returns
        -------
        values : ndarray of shape (n_samples, n_features)
            Their changed rows; as they were where none was found, or not searched.
        distance : ndarray of shape (n_samples,)
            Infinite where none was found.
        """
        best = self.start.copy()
        distance = np.full(len(best), np.inf)
        rows = self.start[patients]
        open_rows = Rows(patients, rows, self.goal.margins(rows, patients))
        allowed = self._screen(open_rows)
        for _ in range(self.max_changes):
            if not len(open_rows.patient):
                break
            owner, choice, margin = self._expand(open_rows, allowed)
            finished = self._finished(open_rows, owner, choice, margin)
            far = self.distance(finished.values, finished.patient)
            for i in np.argsort(-far, kind="stable"):  # the nearest comes last
                patient = finished.patient[i]
                if far[i] < distance[patient]:
                    best[patient], distance[patient] = finished.values[i], far[i]
            open_rows = self._kept(open_rows, owner, choice, margin, distance)
        return best, distance

    def _steps(self, rows: np.ndarray, start: np.ndarray) -> np.ndarray:
        steps = np.abs(np.nan_to_num(rows - start)) / self.columns.scales
        return np.where(self.columns.is_category, steps > 0, steps)

    def _screen(self, rows: Rows) -> np.ndarray:
        """Return which columns of each patient are searched, (n_samples, n_features).

        A wide table is asked once with each column at its lowest and its highest
        value; the columns that bring most for their distance are searched.
        """
        free = np.bincount(self.column, minlength=self.start.shape[1]) > 0
        allowed = np.tile(free, (len(self.start), 1))
        if free.sum() <= _WIDE:
            return allowed
        first = np.r_[True, self.column[1:] != self.column[:-1]]
        ends = np.flatnonzero(first | np.r_[first[1:], True])
        for place, patient in enumerate(rows.patient):
            here = Rows(
                *(part[[place]] for part in (rows.patient, rows.values, rows.margin))
            )
            owner, choice, margin = self._expand(here, allowed, ends)
            gain = (margin - here.margin) / self._cost(here, owner, choice)
            most = np.full(self.start.shape[1], -np.inf)
            np.maximum.at(most, self.column[choice], gain)
            allowed[patient, np.argsort(most)[:-_SCREENED]] = False
        return allowed

    def _expand(
        self, rows: Rows, allowed: np.ndarray, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ask about every change of one more column.

        Returns
        -------
        owner, choice : ndarray of int of shape (n_changes,)
            Which row, and the place of the new value in ``self.value``.
        margin : ndarray of shape (n_changes,)
        """
        among = np.arange(len(self.value)) if among is None else among
        column, value = self.column[among], self.value[among]
        now, start = rows.values[:, column], self.start[rows.patient][:, column]
        can = allowed[rows.patient][:, column] & ~self.fixed[rows.patient][:, column]
        can &= (now == start) & (value != start)
        can &= (value - start) * self.direction[column] >= 0
        owner, place = np.nonzero(can)
        choice = among[place]
        margin = np.empty(len(owner))
        size = _WRITTEN // rows.values.shape[1] + 1
        for i in range(0, len(owner), size):
            part = slice(i, i + size)
            margin[part] = self.goal.margins(
                self._changed(rows, owner[part], choice[part]),
                rows.patient[owner[part]],
            )
        return owner, choice, margin

    def _changed(self, rows: Rows, owner: np.ndarray, choice: np.ndarray) -> np.ndarray:
        out = rows.values[owner]
        out[np.arange(len(owner)), self.column[choice]] = self.value[choice]
        return out

    def _cost(self, rows: Rows, owner: np.ndarray, choice: np.ndarray) -> np.ndarray:
        """Return how far each change goes."""
        column = self.column[choice]
        start = self.start[rows.patient[owner], column]
        step = np.abs(self.value[choice] - start) / self.columns.scales[column]
        return np.where(self.columns.is_category[column], 1.0, step)

    def _finished(
        self, rows: Rows, owner: np.ndarray, choice: np.ndarray, margin: np.ndarray
    ) -> Rows:
        """Return the nearest rows beyond the border, trimmed."""
        there = np.flatnonzero(margin >= 0)
        cost = self._cost(rows, owner[there], choice[there])
        # Where the border stands on the way there; a category has no way.
        short = -rows.margin[owner[there]]
        share = short / np.maximum(short + margin[there], np.finfo(np.float64).tiny)
        is_category = self.columns.is_category[self.column[choice[there]]]
        cost = np.where(is_category, cost, cost * share)
        there = self._one_a_column(
            there[np.lexsort((cost, owner[there]))], owner, choice
        )
        there = there[_ranks(owner[there]) < _TRIMMED]
        changed = self._changed(rows, owner[there], choice[there])
        found = Rows(rows.patient[owner[there]], changed, margin[there])
        found = trim(found, self.start, self.columns, self.goal)
        kept = self.goal.kept(found.values)
        return Rows(found.patient[kept], found.values[kept], found.margin[kept])

    def _kept(
        self,
        rows: Rows,
        owner: np.ndarray,
        choice: np.ndarray,
        margin: np.ndarray,
        distance: np.ndarray,
    ) -> Rows:
        """Return the rows to go on with: those with the shortest way in all.

        What is left of it is guessed from the steepest of the other columns. For a
        linear model this is the order in which the shortest way changes the columns.
        """
        gain, cost = margin - rows.margin[owner], self._cost(rows, owner, choice)
        short = np.flatnonzero((margin < 0) & (gain > 0))
        short = short[np.lexsort((-gain[short], owner[short]))]
        short = self._one_a_column(short, owner, choice)
        steepest = self._steepest_other(owner, choice, gain / cost, short)
        patient = rows.patient[owner[short]]
        way = self.distance(rows.values, rows.patient)[owner[short]] + cost[short]
        with np.errstate(divide="ignore"):
            whole = way - margin[short] / np.maximum(steepest, 0)
        near = way < distance[patient]
        short, patient, whole = short[near], patient[near], whole[near]
        order = np.lexsort((whole, patient))
        short, patient = short[order], patient[order]
        values = self._changed(rows, owner[short], choice[short])
        # The same changes in another order are the same row.
        _, first = np.unique(
            np.column_stack([patient, np.nan_to_num(values)]), axis=0, return_index=True
        )
        first = np.sort(first)
        first = first[_ranks(patient[first]) < _WIDTH]
        return Rows(patient[first], values[first], margin[short[first]])

    def _one_a_column(
        self, order: np.ndarray, owner: np.ndarray, choice: np.ndarray
    ) -> np.ndarray:
        """Return the first change of each column of each row."""
        key = owner[order] * self.start.shape[1] + self.column[choice[order]]
        return order[np.sort(np.unique(key, return_index=True)[1])]

    def _steepest_other(
        self, owner: np.ndarray, choice: np.ndarray, slope: np.ndarray, of: np.ndarray
    ) -> np.ndarray:
        """Return the steepest slope among the other columns of the same row."""
        n_rows = int(owner.max(initial=-1)) + 1
        slopes = np.full((n_rows, self.start.shape[1]), -np.inf)
        np.maximum.at(slopes, (owner, self.column[choice]), slope)
        steepest = slopes.argmax(axis=1)
        first = slopes[np.arange(n_rows), steepest]
        slopes[np.arange(n_rows), steepest] = -np.inf
        second, row = slopes.max(axis=1, initial=-np.inf), owner[of]
        is_own = steepest[row] == self.column[choice[of]]
        return np.where(is_own, second[row], first[row])


def _ranks(groups: np.ndarray) -> np.ndarray:
    """Return the place of each element within its run of equal ones."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]][: len(groups)])
    return np.arange(len(groups)) - np.repeat(
        starts, np.diff(np.r_[starts, len(groups)])
    )
