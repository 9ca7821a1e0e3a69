"""From the results of single folds to the tables of a comparison."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from sknn_bio._compat import safe_split
from sknn_bio._version import __version__
from sknn_bio.model_selection._comparison import Comparison
from sknn_bio.model_selection._folds import Fold
from sknn_bio.model_selection._one_fit import FoldResult
from sknn_bio.model_selection._problem import Problem, summarize
from sknn_bio.model_selection._tune import plain_name
from sknn_bio.model_selection.statistics.answers import PROBA, Answers
from sknn_bio.model_selection.statistics.scoring import Scorers, apply_scorer

Done = dict[tuple[str, int, int], FoldResult]
_RESULTS = [
    "model",
    "repeat",
    "fold",
    "metric",
    "value",
    "fit_seconds",
    "predict_seconds",
    "error",
]
_PACKAGES = (
    "numpy",
    "pandas",
    "scikit-learn",
    "scipy",
    "torch",
    "skorch",
    "xgboost",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
)


def versions() -> dict[str, str]:
    """Return the versions of what decides the numbers."""
    out = {"python": python_version(), "sknn-bio": __version__}
    for package in _PACKAGES:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            continue
    return out


def gather(
    done: Done,
    names: list[str],
    problem: Problem,
    folds: list[Fold],
    scorers: Scorers,
    rope: Any,
    random_state: int | None,
    call: str,
) -> Comparison:
    """Return the comparison, without its subgroups and alarms."""
    classes = None if problem.classes is None else problem.classes.tolist()
    return Comparison(
        task=problem.task,
        models=names,
        metrics=list(scorers),
        scorers=scorers,
        classes=classes,
        pos_label=classes[1] if classes is not None and len(classes) == 2 else None,
        rope=rope,
        random_state=random_state or 0,
        results=_results_table(done, problem, folds, scorers, names),
        predictions=_predictions_table(done, problem, folds, names),
        folds=_folds_table(folds),
        thresholds=_thresholds_table(done),
        best_params=_best_params_table(done),
        histories=_histories_of(done),
        importances=_importances_table(done),
        data_summary={
            **summarize(problem),
            "n_folds": len(folds),
            "n_repeats": len({fold.repeat for fold in folds}),
        },
        versions=versions(),
        call=call,
    )


def _results_table(
    done: Done, problem: Problem, folds: list[Fold], scorers: Scorers, names: list[str]
) -> pd.DataFrame:
    """Return one row a model, repeat, fold and metric."""
    rows = []
    for name in names:
        for fold in folds:
            result = done[name, fold.repeat, fold.fold]
            for metric, scorer in scorers.items():
                value, error = _score(result, problem, fold, scorer)
                rows.append(
                    (
                        name,
                        fold.repeat,
                        fold.fold,
                        metric,
                        value,
                        result.fit_seconds,
                        result.predict_seconds,
                        error,
                    )
                )
    return pd.DataFrame(rows, columns=_RESULTS)


def _score(
    result: FoldResult, problem: Problem, fold: Fold, scorer: Any
) -> tuple[float, str]:
    if result.error:
        return np.nan, result.error
    assert result.label is not None
    scored = problem.scored
    score = result.score
    if result.proba is not None and problem.task == "binary":
        score = result.proba[:, 1]
    y = scored.y[fold.test]
    answers = Answers(y, result.label, result.proba, score, fold.test)
    X = None
    if not isinstance(scorer, str):
        X, _ = safe_split(BaseEstimator(), scored.X, scored.y, fold.test)
    try:
        return apply_scorer(scorer, answers, problem.classes, X), ""
    except Exception as found:
        words = " ".join(str(found).replace("ReplayClassifier", "the model").split())
        return np.nan, f"{type(found).__name__}: {words}"[:500]


def _predictions_table(
    done: Done, problem: Problem, folds: list[Fold], names: list[str]
) -> pd.DataFrame:
    """Return one row a model, repeat, fold and predicted row."""
    parts = []
    for name in names:
        for fold in folds:
            result = done[name, fold.repeat, fold.fold]
            if not result.error:
                parts.append(_predicted(name, result, problem, fold))
    return pd.concat(parts, ignore_index=True)


def _predicted(
    name: str, result: FoldResult, problem: Problem, fold: Fold
) -> pd.DataFrame:
    assert result.label is not None
    scored = problem.scored
    columns: dict[str, Any] = {
        "model": name,
        "repeat": fold.repeat,
        "fold": fold.fold,
        "row": fold.test,
        "y_true": problem.decode(scored.y[fold.test]),
        "y_pred": problem.decode(result.label),
    }
    if problem.classes is not None:
        for code, label in enumerate(problem.classes):
            proba = np.nan if result.proba is None else result.proba[:, code]
            columns[f"{PROBA}{label}"] = proba
    if result.score is not None:
        columns["score"] = result.score
    if scored.groups is not None:
        columns["group"] = scored.groups[fold.test]
    return pd.DataFrame(columns)


def _folds_table(folds: list[Fold]) -> pd.DataFrame:
    """Return one row a fold with its numbers of rows."""
    rows = [(f.repeat, f.fold, len(f.train), len(f.test)) for f in folds]
    return pd.DataFrame(rows, columns=["repeat", "fold", "n_train", "n_test"])


def _thresholds_table(done: Done) -> pd.DataFrame:
    """Return the threshold of each model and fold that has one."""
    rows = [(*key, result.threshold) for key, result in done.items()]
    table = pd.DataFrame(rows, columns=["model", "repeat", "fold", "threshold"])
    return table.dropna(subset="threshold", ignore_index=True)


def _best_params_table(done: Done) -> pd.DataFrame:
    """Return what each search chose, one row a parameter."""
    rows = [
        (*key, plain_name(parameter), value, result.inner_score)
        for key, result in done.items()
        for parameter, value in (result.best_params or {}).items()
    ]
    columns = ["model", "repeat", "fold", "parameter", "value", "inner_score"]
    return pd.DataFrame(rows, columns=columns)


def _histories_of(done: Done) -> dict[str, list[pd.DataFrame]]:
    """Return the learning curves of the networks, one a fit."""
    out: dict[str, list[pd.DataFrame]] = {}
    for (name, _, _), result in done.items():
        if result.history is not None:
            out.setdefault(name, []).append(result.history)
    return out


def _importances_table(done: Done) -> pd.DataFrame:
    """Return one row a network, repeat, fold and column."""
    names = ["model", "repeat", "fold", "feature", "importance"]
    parts = [
        result.importances.reset_index().assign(model=name, repeat=repeat, fold=fold)
        for (name, repeat, fold), result in done.items()
        if result.importances is not None
    ]
    if not parts:
        return pd.DataFrame(columns=names)
    return pd.concat(parts, ignore_index=True)[names]
