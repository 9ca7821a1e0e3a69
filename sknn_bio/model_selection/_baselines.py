"""The models that a network has to beat."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    OneHotEncoder,
    StandardScaler,
)

from sknn_bio._optional import require
from sknn_bio.model_selection._categories import CategoryColumns, text_columns
from sknn_bio.model_selection._folds import InnerFolds
from sknn_bio.model_selection._problem import read_problem

_EXTRA = "baselines"


def baselines(X, y, *, random_state=0) -> dict[str, Any]:
    """Return the models to compare with, for the task of a table.

    Parameters
    ----------
    X : DataFrame, array or sparse matrix of shape (n_samples, n_features)
        Columns that hold no numbers are categories.
    y : array-like of shape (n_samples,)
        Decides between classifiers and regressors, as in :func:`compare`.
    random_state : int or None, default=0

    Returns
    -------
    dict of str to estimator
        dummy; logistic or ridge; random_forest; hist_boosting (not for sparse tables);
        xgboost, lightgbm and catboost where installed. None is fitted.

    Warns
    -----
    UserWarning
        If some of XGBoost, LightGBM and CatBoost are not installed.

    See Also
    --------
    compare : Compare models on the same folds.

    Notes
    -----
    All are at their libraries' defaults, but for these: the penalty of logistic
    regression and ridge is chosen by five inner folds, grouped where groups are given;
    XGBoost, LightGBM and CatBoost run on one thread (``n_jobs`` of :func:`compare` runs
    several fits), silently, and write no files. Linear models see imputed (median, with
    an indicator), standardized and one-hot encoded columns. Trees take gaps as they
    are, boosters categories too. On 12,000 genes the defaults of CatBoost take minutes
    a fit: leave it out with ``del models["catboost"]``.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sknn_bio.model_selection import baselines
    >>> X, y = load_diabetes(return_X_y=True)
    >>> list(baselines(X, y))[:3]
    ['dummy', 'ridge', 'random_forest']
    """
    problem = read_problem(X, y)
    classify = problem.task != "regression"
    text = text_columns(problem.X)
    models: dict[str, Any] = {}
    models["dummy"] = DummyClassifier() if classify else DummyRegressor()
    models.update(_linear(problem.X, text, classify, random_state))
    forest = RandomForestClassifier if classify else RandomForestRegressor
    models["random_forest"] = _after(
        _encoder(problem.X, text) or _own_array(problem.X),
        forest(random_state=random_state),
    )
    if not sparse.issparse(problem.X):
        boosting = (
            HistGradientBoostingClassifier
            if classify
            else HistGradientBoostingRegressor
        )
        models["hist_boosting"] = _after(
            CategoryColumns(text) if text else None, boosting(random_state=random_state)
        )
    models.update(_boosters(problem.X, text, classify, random_state))
    return models


def _after(step: Any, model: Any) -> Pipeline:
    return make_pipeline(model) if step is None else make_pipeline(step, model)


def _encoder(X: Any, text: list[str]) -> Any:
    if not text:
        return None
    return make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), text),
        remainder="passthrough",
    )


def _own_array(X: Any) -> Any:
    """Copy a frame: pandas lends float32 memory read-only, and trees refuse that."""
    return FunctionTransformer(np.array) if isinstance(X, pd.DataFrame) else None


def _linear(X: Any, text: list[str], classify: bool, seed: int | None):
    if sparse.issparse(X):
        steps: Any = MaxAbsScaler()
    else:
        steps = make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
        )
    if text:
        numeric = [name for name in X.columns if name not in text]
        steps = make_column_transformer(
            (steps, numeric),
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), text),
        )
    folds = InnerFolds(stratified=classify, random_state=seed)
    if classify:
        name, model = "logistic", LogisticRegression(max_iter=1000)
        grid = {"C": np.logspace(-4, 2, 7).tolist()}
        score = "neg_log_loss"
    else:
        name, model = "ridge", Ridge()
        grid = {"alpha": np.logspace(-2, 6, 9).tolist()}
        score = "neg_mean_squared_error"
    search = GridSearchCV(model, grid, scoring=score, cv=folds)
    return {name: make_pipeline(steps, search)}


def _boosters(
    X: Any, text: list[str], classify: bool, seed: int | None
) -> dict[str, Any]:
    kind = "Classifier" if classify else "Regressor"
    settings: dict[str, dict[str, Any]] = {
        "xgboost": {
            "n_jobs": 1,
            "random_state": seed,
            "enable_categorical": bool(text),
        },
        "lightgbm": {"n_jobs": 1, "random_state": seed, "verbose": -1},
        "catboost": {
            "thread_count": 1,
            "random_state": seed,
            "verbose": 0,
            "allow_writing_files": False,
            "cat_features": tuple(text) or None,
        },
    }
    names = {"xgboost": "XGB", "lightgbm": "LGBM", "catboost": "CatBoost"}
    models, absent = {}, []
    for package, params in settings.items():
        try:
            module = require(package, extra=_EXTRA)
        except ImportError:
            absent.append(package)
            continue
        model = getattr(module, f"{names[package]}{kind}")(**params)
        step = None
        if hasattr(X, "columns"):
            catboost = package == "catboost"
            step = CategoryColumns(text, as_text=catboost, plain_names=not catboost)
        models[package] = _after(step, model)
    if absent:
        warnings.warn(
            f"left out of the baselines, because not installed: {', '.join(absent)}; "
            f'to have them: pip install "sknn-bio[{_EXTRA}]"',
            UserWarning,
            stacklevel=3,
        )
    return models
