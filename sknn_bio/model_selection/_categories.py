"""Columns of categories, brought to the form that boosted trees take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

_MISSING = "missing"


def text_columns(X: Any) -> list[str]:
    """Return the names of the columns that do not hold numbers.

    Parameters
    ----------
    X : DataFrame of pandas or polars, array or sparse matrix
        Without names there are none.
    """
    if isinstance(X, pd.DataFrame):
        return [
            name
            for name, dtype in X.dtypes.items()
            if not pd.api.types.is_numeric_dtype(dtype)
        ]
    schema = getattr(X, "schema", None)
    if schema is None:
        return []
    return [
        name
        for name, dtype in schema.items()
        if not (dtype.is_numeric() or str(dtype) == "Boolean")
    ]


class CategoryColumns(TransformerMixin, BaseEstimator):
    """Give category columns one pandas dtype, the same in training and prediction.

    A category that is rare (past `max_categories`) or unknown is as good as missing.
    Other columns pass as they are.

    Parameters
    ----------
    columns : list of str
    max_categories : int, default=250
        Histogram boosting takes 255.
    as_text : bool, default=False
        Categories and gaps become text, as CatBoost wants them; none is rare then.
    plain_names : bool, default=False
        Columns are called f0, f1, ...: XGBoost refuses brackets in names, LightGBM
        commas and colons.
    """

    def __init__(
        self, columns, *, max_categories=250, as_text=False, plain_names=False
    ):
        self.columns = columns
        self.max_categories = max_categories
        self.as_text = as_text
        self.plain_names = plain_names

    def fit(self, X, y=None):
        """Learn the categories."""
        frame = _pandas(X)
        self.categories_ = {}
        for name in self.columns:
            counts = frame[name].astype(object).map(str, na_action="ignore")
            kept = counts.value_counts().index[: self.max_categories]
            self.categories_[name] = np.sort(kept.to_numpy(dtype=object))
        self.feature_names_in_ = np.asarray(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        return self

    def transform(self, X):
        """Return a DataFrame."""
        check_is_fitted(self)
        frame = _pandas(X).copy()
        for name in self.columns:
            values = frame[name].astype(object).map(str, na_action="ignore")
            if self.as_text:
                frame[name] = values.where(values.notna(), _MISSING).astype(object)
            else:
                known = values.where(values.isin(self.categories_[name]), None)
                frame[name] = pd.Categorical(known, self.categories_[name])
        return frame.set_axis(self.get_feature_names_out(), axis=1)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that come out."""
        check_is_fitted(self)
        if self.plain_names:
            return np.array([f"f{i}" for i in range(self.n_features_in_)], dtype=object)
        return self.feature_names_in_


def _pandas(X: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    return pd.DataFrame({name: X[name].to_list() for name in X.columns})
