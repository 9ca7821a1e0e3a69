"""Which model is better on a table, and can it be believed."""

from __future__ import annotations

import inspect
from typing import Any

from sknn_bio.model_selection._alarms import find_alarms
from sknn_bio.model_selection._comparison import Comparison
from sknn_bio.model_selection._folds import make_folds
from sknn_bio.model_selection._gather import gather
from sknn_bio.model_selection._metadata import in_codes
from sknn_bio.model_selection._problem import name_models, read_problem
from sknn_bio.model_selection._run import fit_all, open_checkpoint, report_failures
from sknn_bio.model_selection._source import Named, call_source
from sknn_bio.model_selection._subgroups import read_subgroups, subgroups_table
from sknn_bio.model_selection._tune import with_searches
from sknn_bio.model_selection.statistics.scoring import (
    read_scoring,
    search_scorer,
)


def compare(
    models,
    X,
    y,
    *,
    cv=5,
    groups=None,
    scoring=None,
    tune=None,
    n_repeats=1,
    n_jobs=None,
    subgroups=None,
    pos_label=None,
    sample_weight=None,
    checkpoint=None,
    random_state=0,
    test=None,
    rope=0.01,
    verbose=0,
) -> Comparison:
    """Compare models on the same folds of one table, honestly.

    Everything is fitted inside the folds: preprocessing in a Pipeline, searches of
    `tune`, the threshold of a confusion matrix (for two classes; a model that keeps no
    out-of-fold predictions is fitted once more for it, on three quarters of the rows).
    Folds are stratified by class, and no group stands on both sides.

    Parameters
    ----------
    models : dict of str to estimator, or list of estimators
        Any scikit-learn estimators, networks and :func:`baselines` among them; a list
        is named by its classes.
    X : DataFrame, array or sparse matrix of shape (n_samples, n_features)
        Goes to the models as it is.
    y : array-like of shape (n_samples,)
        Labels of any kind, or numbers. Two values make a binary task, floats of more
        values and many whole numbers a regression; where all models are classifiers,
        or all regressors, they decide.
    cv : int, splitter or "cohort", default=5
        Number of folds; or a splitter of scikit-learn; or leave one group out at a
        time (``LeaveOneGroupOut``).
    groups : array-like of shape (n_samples,), default=None
        Patient, donor or site of each row. Kept apart in outer and inner folds,
        resampled as wholes, and passed on to models whose ``fit`` takes `groups`. The
        name of a Series ("patient") is used in words.
    scoring : str, callable, or list or dict of them, default=None
        Metrics, the first of which is the primary one: names of scikit-learn's scorers,
        or scorers. None takes a set for the task.
    tune : dict of str to dict, default=None
        Model name → its search space: parameters with lists of values or
        distributions. The search is nested in each fold, on five inner folds, and
        maximizes the primary metric: `PopulationSearchCV` for networks,
        ``GridSearchCV`` or ``RandomizedSearchCV`` (20 draws) for others.
    n_repeats : int, default=1
        How often the table is cut anew.
    n_jobs : int, default=None
        Fits that run at a time, by joblib.
    subgroups : list of str, or DataFrame with n_samples rows, default=None
        Columns of `X` by whose levels every metric is given as well; numbers are cut in
        thirds. With `test`, of the test cohort.
    pos_label : label, default=None
        The positive class of two; None takes the last in sorted order.
    sample_weight : array-like of shape (n_samples,), default=None
        For models whose ``fit`` takes it; metrics are not weighted.
    checkpoint : path, default=None
        A folder for finished folds. The same call on the same folder goes on where a
        killed one stopped.
    random_state : int or None, default=0
        Decides the folds, the resamples, and the seed, another one in each fold, of
        every model whose ``random_state`` is None.
    test : tuple (X, y) or (X, y, groups), default=None
        A cohort of its own: models are fitted on all of `X` and tested on it.
    rope : float or dict of str to float, default=0.01
        Half the width of the region of practical equivalence, in units of the metric;
        where a metric is in the target's units, in standard deviations of the target.
        A dict gives it by metric, in the metric's own units.
    verbose : int, default=0
        1 shows a bar with the time left.

    Returns
    -------
    Comparison
        Numbers, tests, curves and alarms.

    Raises
    ------
    ValueError
        If lengths differ, y has missing values, a name is unknown, no model could be
        fitted at all, or `checkpoint` is of another comparison.

    Warns
    -----
    UserWarning
        If a model failed in some fold: its values there are NaN.

    See Also
    --------
    baselines : Models to compare with.

    Notes
    -----
    Labels reach the models as 0, 1, ... in the order of ``classes``, the positive one
    last; a ``class_weight`` by label is translated.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sknn_bio.model_selection import compare
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> result = compare({"bayes": GaussianNB(), "dummy": DummyClassifier()}, X, y)
    >>> result.differences().loc[0, "verdict"]
    'bayes is better than dummy by 0.489'
    """
    named = name_models(models)
    problem = read_problem(X, y, groups, sample_weight, test, pos_label, named.values())
    _check_numbers(n_repeats, random_state, checkpoint)
    scorers = read_scoring(scoring, problem.task)
    levels = read_subgroups(subgroups, problem)
    folds = make_folds(problem, cv, n_repeats, random_state)
    ready = with_searches(
        in_codes(named, problem.classes),
        tune,
        search_scorer(next(iter(scorers.values())), problem.classes),
        problem.task != "regression",
        random_state,
    )
    store = open_checkpoint(checkpoint, ready, problem, folds)
    done = fit_all(ready, problem, folds, store, n_jobs, verbose)
    report_failures(done, list(named))
    call = _call(
        compare,
        named,
        X,
        y,
        cv=cv,
        groups=None if groups is None else Named("groups"),
        scoring=scoring,
        tune=tune,
        n_repeats=n_repeats,
        subgroups=Named("subgroups") if hasattr(subgroups, "shape") else subgroups,
        pos_label=pos_label,
        sample_weight=None if sample_weight is None else Named("sample_weight"),
        random_state=random_state,
        test=None if test is None else Named("test"),
        rope=rope,
    )
    comparison = gather(
        done, list(named), problem, folds, scorers, rope, random_state, call
    )
    comparison.subgroups = subgroups_table(comparison, levels)
    comparison.alarms = find_alarms(
        X=X,
        y=problem.decode(problem.y),
        groups=problem.groups,
        splits=[(f.repeat, f.fold, f.train, f.test) for f in folds],
        task=problem.task,
        predictions=comparison.predictions,
        test=test,
        pos_label=comparison.pos_label,
        random_state=random_state or 0,
    )
    return comparison


def _call(function: Any, models: dict[str, Any], X: Any, y: Any, **options: Any) -> str:
    parameters = inspect.signature(function).parameters
    defaults = {name: parameters[name].default for name in options}
    return call_source(models, X, y, options, defaults)


def _check_numbers(n_repeats: Any, random_state: Any, checkpoint: Any) -> None:
    if not isinstance(n_repeats, int) or n_repeats < 1:
        raise ValueError(f"n_repeats must be an int >= 1, got {n_repeats!r}")
    if not (random_state is None or (isinstance(random_state, int))):
        raise ValueError(f"random_state must be an int or None, got {random_state!r}")
    if checkpoint is not None and random_state is None:
        raise ValueError(
            "checkpoint needs an int as random_state, got None: the folds would be "
            "others each time"
        )
