"""The smallest change of a patient's values that changes the answer of a model."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from sknn_bio.inspection._counterfactuals_columns import Columns
from sknn_bio.inspection._counterfactuals_goal import Goal, class_scores
from sknn_bio.inspection._counterfactuals_result import Counterfactuals
from sknn_bio.inspection._counterfactuals_search import Search

_ASKED = 2000  # reference rows that tell how the model comes to its answers
_WIDE = 64  # columns, beyond which not all are searched
_RELATED = 500  # columns of a wide table that are tried on each patient


def counterfactuals(
    model: Any,
    X: Any,
    *,
    reference: Any,
    target: Any = None,
    immutable: Iterable[Hashable] = (),
    bounds: Mapping[Hashable, Any] | None = None,
    max_changes: int = 4,
) -> Counterfactuals:
    """Find the smallest plausible change of each row that changes a model's answer.

    This is about the model, not about treatment: it tells what the model would answer
    to a patient with other values, not what would happen to the patient if a value
    were changed. A column may be a mere sign of what matters, and columns that move
    together in patients are moved apart here.

    Parameters
    ----------
    model : fitted classifier or regressor
        Of this library or any other, or a Pipeline; one target.
    X : DataFrame or ndarray of numbers of shape (n_samples, n_features)
        The patients, as the model takes them. Categories and missing values may be
        there; a missing value stays missing, and none becomes missing.
    reference : DataFrame or ndarray of shape (n_reference, n_features)
        Rows that show what is plausible, best the training rows. A number stays
        between the lowest and the highest of its column, a category among the levels
        there; a column of whole numbers stays whole.
    target : label, or (low, high), default=None
        The class wanted; None: any but the one that is predicted. For a regressor the
        range wanted, in the units of the target; one end may be None.
    immutable : iterable of column names, default=()
        Columns that never change, such as age and sex; places for an array.
    bounds : mapping of column names, default=None
        In place of what `reference` shows: ``(low, high)``, one of which may be None;
        or a list of levels of a category. ``"increase"`` and ``"decrease"`` keep to
        `reference`, and to one side of the patient's own value.
    max_changes : int, default=4
        The most columns of a row that change.

    Returns
    -------
    Counterfactuals
        The changed rows, whether the model was moved, and a table of the changes. Each
        change that is returned was put to ``model.predict``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If `model` is not fitted.
    TypeError
        If `X` or `reference` is neither a DataFrame nor a dense array of numbers.
    ValueError
        If columns, classes, bounds or `target` do not fit.

    See Also
    --------
    integrated_gradients : Which columns an answer comes from.

    Notes
    -----
    The distance is that of Wachter et al. [1]_: the sum of the changes, each divided by
    the median absolute deviation of its column in `reference` (its standard deviation
    where that is 0); a change of category counts 1 [2]_. The search goes through the
    columns with a beam, guided by log odds, and then takes back each change as far as
    it goes. It finds the smallest change of a linear model of numbers, and a small one
    of any other; that nothing was found does not prove that there is nothing. Of more
    than 64 columns that may change, 500 at most are tried on each patient, those that
    go most along with the model's answers to `reference`, and the 32 are searched that
    move the model most for their distance.

    Each value is plausible by itself; whether they go together is yours to judge.

    References
    ----------
    .. [1] Wachter, Mittelstadt & Russell, "Counterfactual explanations without opening
       the black box", Harvard Journal of Law & Technology 31, 841, 2018.
    .. [2] Mothilal, Sharma & Tan, "Explaining machine learning classifiers through
       diverse counterfactual explanations", FAT* 2020, 607-617.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknn_bio.inspection import counterfactuals
    >>> X = pd.DataFrame({"age": [40, 50, 60, 70], "marker": [1.0, 3.5, 2.0, 4.5]})
    >>> model = LogisticRegression().fit(X, ["well", "ill", "well", "ill"])
    >>> found = counterfactuals(model, X[:1], reference=X, immutable=["age"])
    >>> print(found)
    A change that makes the model say another class was found for 1 of 1 rows.
    Row 0: well; ill if marker were 3.11 instead of 1.
    """
    check_is_fitted(model)
    if not isinstance(max_changes, Integral) or max_changes < 1:
        raise ValueError(f"max_changes must be an int of at least 1, got {max_changes}")
    columns = Columns(X, reference)
    columns.restrict(immutable, bounds or {})
    before = np.asarray(model.predict(X))
    if before.ndim > 1:
        raise ValueError(f"model must have one target, got {before.shape[1]} of them")
    goal = Goal(model, target, before, columns.decode)
    rows = columns.seen(_ASKED)
    answers = np.asarray(model.predict(rows))
    if goal.is_classifier:
        scores = class_scores(model, rows)
        highest = goal.classes[scores.argmax(axis=1)]
        goal.asks_predict = not np.array_equal(highest, answers)
    else:
        scores = answers.reshape(-1, 1)
    if columns.n_free > _WIDE:
        columns.thin(scores, _RELATED)
    there = goal.reached(before)
    search = Search(columns, goal, max_changes)
    values, distance = search.run(np.flatnonzero(~there))
    unmoved = _unmoved(goal, columns, values, distance)
    if unmoved.any() and goal.is_classifier and not goal.asks_predict:
        goal.asks_predict = True
        again, far = search.run(np.flatnonzero(unmoved))
        values[unmoved], distance[unmoved] = again[unmoved], far[unmoved]
        unmoved = _unmoved(goal, columns, values, distance)
    # What `predict` does not confirm is not found, whatever the search believed.
    values[unmoved], distance[unmoved] = search.start[unmoved], np.inf
    found = there | np.isfinite(distance)
    changed = columns.write(values)
    is_changed = columns.differ(values, search.start)
    return Counterfactuals(
        X=changed,
        found=found,
        distance=np.where(there, 0.0, np.where(found, distance, np.nan)),
        n_changed=is_changed.sum(axis=1),
        before=before,
        after=np.where(found, np.asarray(model.predict(changed)), before),
        table=_table(columns, search.start, values),
        target=goal.target,
    )


def _unmoved(
    goal: Goal, columns: Columns, values: np.ndarray, distance: np.ndarray
) -> np.ndarray:
    """Return which found rows the model does not answer as wanted, asked once more."""
    answers = np.asarray(goal.model.predict(columns.write(values)))
    return np.isfinite(distance) & ~goal.reached(answers)


def _table(columns: Columns, start: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    rows = columns.X.index if isinstance(columns.X, pd.DataFrame) else range(len(start))
    lines = [
        (
            rows[row],
            columns.columns[place].name,
            columns.word(place, start[row, place]),
            columns.word(place, values[row, place]),
        )
        for row, place in zip(*np.nonzero(columns.differ(values, start)), strict=True)
    ]
    table = pd.DataFrame(lines, columns=["row", "column", "from", "to"])
    return table.astype({"from": object, "to": object})
