"""The contenders of ``accuracy.py``, each at its defaults and with what it needs.

Ours takes the raw frame. Boosted trees take missing values as they are, and categories
as each of them wants. The forest, the linear models and scikit-learn's network get
medians and one-hot columns, the last two also standardised ones. RealMLP and TabM get
medians and categorical columns, as they document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import sknn_bio


def raw(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as it is."""
    return frame


def native(frame: pd.DataFrame):
    """Categories as pandas' dtype; a bare matrix where there are none."""
    if not _categories(frame):
        return frame.to_numpy(dtype=np.float32)
    # LightGBM accepts no JSON characters in names.
    return frame.set_axis([f"f{i}" for i in range(frame.shape[1])], axis=1)


def strings(frame: pd.DataFrame):
    """Categories as strings, a missing one among them; else a bare matrix."""
    names = _categories(frame)
    if not names:
        return frame.to_numpy(dtype=np.float32)
    texts = {n: frame[n].astype(object).fillna("missing").astype(str) for n in names}
    numbers = {n: frame[n].astype(np.float32) for n in frame.columns.difference(names)}
    return pd.DataFrame({n: {**texts, **numbers}[n] for n in frame.columns})


def _categories(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes(exclude="number").columns)


def _medians(*, scale: bool, categories) -> object:
    """Medians (and unit variance) for numbers, and something for categories."""
    numbers = SimpleImputer(strategy="median", keep_empty_features=True)
    numbers = make_pipeline(numbers, StandardScaler()) if scale else numbers
    return make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (categories, make_column_selector(dtype_exclude="number")),
        verbose_feature_names_out=False,
    )


def _prepared(X, *, scale: bool) -> object:
    """The first step of a pipeline: no column transformer where all are numbers."""
    if isinstance(X, np.ndarray):
        numbers = SimpleImputer(strategy="median", keep_empty_features=True)
        return make_pipeline(numbers, *([StandardScaler()] if scale else []))
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=3, sparse_output=False
    )
    return _medians(scale=scale, categories=one_hot)


def ours(task, X, y):
    kinds = {
        "binary": sknn_bio.NeuralNetBinaryClassifier,
        "multiclass": sknn_bio.NeuralNetClassifier,
        "regression": sknn_bio.NeuralNetRegressor,
    }
    # A training fold may have lost all but two of the classes.
    task = task if task != "multiclass" or y.max() > 1 else "binary"
    return kinds[task](random_state=0)


def linear(task, X, y):
    if task == "regression":
        model = RidgeCV(alphas=np.logspace(-2, 5, 15))
    else:
        n_folds = int(np.clip(np.bincount(y).min(), 2, 5))
        model = LogisticRegressionCV(
            Cs=np.logspace(-4, 2, 10),
            l1_ratios=(0,),
            use_legacy_attributes=False,
            cv=StratifiedKFold(n_folds, shuffle=True, random_state=0),
            scoring="neg_log_loss",
            max_iter=1_000,
        )
    return make_pipeline(_prepared(X, scale=True), model)


def forest(task, X, y):
    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return make_pipeline(_prepared(X, scale=False), kind(n_jobs=1, random_state=0))


def sklearn_mlp(task, X, y):
    kind = MLPRegressor if task == "regression" else MLPClassifier
    return make_pipeline(_prepared(X, scale=True), kind(random_state=0))


def xgboost(task, X, y):
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBRegressor if task == "regression" else XGBClassifier
    return kind(n_jobs=1, random_state=0, enable_categorical=True)


def lightgbm(task, X, y):
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMRegressor if task == "regression" else LGBMClassifier
    return kind(n_jobs=1, random_state=0, verbose=-1)


def catboost(task, X, y):
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostRegressor if task == "regression" else CatBoostClassifier
    return kind(
        thread_count=1,
        random_state=0,
        verbose=0,
        allow_writing_files=False,
        cat_features=[] if isinstance(X, np.ndarray) else _categories(X),
    )


def _pytabkit(name: str, **params) -> Callable:
    def build(task, X, y):
        import pytabkit

        kind = "Regressor" if task == "regression" else "Classifier"
        settings = {"device": "cpu", "n_threads": 1, "random_state": 0, **params}
        model = getattr(pytabkit, f"{name}_{kind}")(**settings)
        if isinstance(X, np.ndarray):
            return make_pipeline(_prepared(X, scale=False), model)
        medians = _medians(scale=False, categories="passthrough")
        return make_pipeline(medians.set_output(transform="pandas"), model)

    return build


@dataclass(frozen=True)
class Contender:
    """A model: how it takes a table, how it is made, where it comes from, and when.

    `stage` orders the work: what is cheap first, so that a partial run is of use.
    """

    name: str
    prepare: Callable
    build: Callable
    package: str
    stage: int = 0
    network: bool = False
    max_rows: float = np.inf

    @property
    def version(self) -> str:
        """The version of the package that makes it, "" where it is not installed."""
        if self.package == "sknn-bio":
            return sknn_bio.__version__
        for package in self.package.split("|"):
            try:
                return version(package)
            except PackageNotFoundError:
                continue
        return ""


CONTENDERS = {
    c.name: c
    for c in (
        Contender("ours", raw, ours, "sknn-bio", network=True),
        Contender("XGBoost", native, xgboost, "xgboost-cpu|xgboost"),
        Contender("random forest", strings, forest, "scikit-learn"),
        Contender("LightGBM", native, lightgbm, "lightgbm"),
        Contender("linear", strings, linear, "scikit-learn"),
        Contender("CatBoost", strings, catboost, "catboost", 1),
        Contender("sklearn MLP", strings, sklearn_mlp, "scikit-learn", network=True),
        Contender("RealMLP-TD", strings, _pytabkit("RealMLP_TD"), "pytabkit", 1, True),
        Contender("TabM-D", strings, _pytabkit("TabM_D"), "pytabkit", 2, True),
        Contender(
            "RealMLP-TD cv8",
            strings,
            _pytabkit("RealMLP_TD", n_cv=8),
            "pytabkit",
            3,
            True,
            max_rows=1_000,
        ),
    )
}
