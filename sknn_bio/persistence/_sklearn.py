"""What is kept of scikit-learn's transformers, and of linear models.

Letters of axes: D features in, K components, kept features or classes, Q quantiles.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.feature_selection import f_classif

from sknn_bio.persistence._kinds import (
    BOOL,
    COUNT,
    REAL,
    Array,
    Axes,
    DType,
    Either,
    Kind,
    Many,
    Misfit,
    Number,
    Optional,
    Plain,
    Table,
    counts,
    floats,
    labels,
    places,
    size,
    text,
)
from sknn_bio.persistence._specs import Estimator, Part, Spec

DIM: dict[str, Kind] = {"n_features_in_": size("D")}
NAMED: dict[str, Kind] = {"feature_names_in_": labels("D")}
_WEIGHTS = floats("D")
_SEEN = Either(Number(low=0), Array("fiu", ("D",), low=0))
_PER_LEVEL = Many(Optional(counts("_")), "D")


def _encoder_relations(encoder: Any, axes: Axes) -> None:
    for own in vars(encoder).get("categories_", ()):
        if len(pd.unique(own)) < len(own):
            raise Misfit("categories_ must differ from each other")


def _sk(name: str, state: dict[str, Kind], **more: Kind) -> Spec:
    relations = _encoder_relations if "categories_" in state else None
    told = {**DIM, **state}
    return Spec(f"sklearn.{name}", told, {**NAMED, **more}, relations=relations)


def _maybe(*names: str) -> dict[str, Kind]:
    return {name: Optional(_WEIGHTS) for name in names}


_SCALERS = [
    _sk(
        "preprocessing.StandardScaler",
        {"n_samples_seen_": _SEEN, **_maybe("mean_", "var_", "scale_")},
    ),
    _sk(
        "preprocessing.MinMaxScaler",
        {
            "n_samples_seen_": COUNT,
            **dict.fromkeys(
                ("scale_", "min_", "data_min_", "data_max_", "data_range_"), _WEIGHTS
            ),
        },
    ),
    _sk(
        "preprocessing.MaxAbsScaler",
        {"n_samples_seen_": COUNT, "max_abs_": _WEIGHTS, "scale_": _WEIGHTS},
    ),
    _sk("preprocessing.RobustScaler", _maybe("center_", "scale_")),
    _sk("preprocessing.Normalizer", {}),
    _sk("preprocessing.Binarizer", {}),
    _sk(
        "preprocessing.PowerTransformer",
        {"lambdas_": _WEIGHTS},
        _scaler=Part("sklearn.preprocessing.StandardScaler", {"D": "D"}),
    ),
    _sk(
        "preprocessing.QuantileTransformer",
        {
            "n_quantiles_": size("Q"),
            "quantiles_": floats("Q", "D"),
            "references_": floats("Q"),
        },
    ),
]
_IMPUTERS = [
    _sk(
        "impute.SimpleImputer",
        {"statistics_": Array("fiuObU", ("D",)), "_fit_dtype": DType()},
        _fill_dtype=DType(),
        indicator_=Optional(Part("sklearn.impute.MissingIndicator")),
    ),
    Spec(
        "sklearn.impute.MissingIndicator",
        {
            "_n_features": size("D"),
            "features_": places("K", "D"),
            "_precomputed": BOOL,
        },
        {**DIM, **NAMED},
    ),
]
_CATEGORIES: dict[str, Kind] = {
    "categories_": Many(labels("_"), "D"),
    "_infrequent_enabled": BOOL,
}
_INFREQUENT: dict[str, Kind] = {
    "_infrequent_indices": _PER_LEVEL,
    "_default_to_infrequent_mappings": _PER_LEVEL,
}
_ENCODERS = [
    _sk(
        "preprocessing.OneHotEncoder",
        {
            **_CATEGORIES,
            "drop_idx_": Optional(Array("O", ("D",))),
            "_drop_idx_after_grouping": Optional(Array("O", ("D",))),
            "_n_features_outs": Many(COUNT, "D"),
        },
        **_INFREQUENT,
    ),
    _sk(
        "preprocessing.OrdinalEncoder",
        {**_CATEGORIES, "_missing_indices": Table(COUNT, COUNT)},
        **_INFREQUENT,
    ),
]
_SCORES = {"scores_": _WEIGHTS, "pvalues_": Optional(_WEIGHTS)}
_SELECTORS = [
    _sk("feature_selection.VarianceThreshold", {"variances_": _WEIGHTS}),
    *(
        Spec(
            f"sklearn.feature_selection.{name}",
            {**DIM, **_SCORES},
            NAMED,
            # The scores are in the file: the function serves a later fit only.
            outside={"score_func": f_classif},
        )
        for name in (
            "SelectFdr", "SelectFpr", "SelectFwe", "SelectKBest", "SelectPercentile",
        )
    ),
    Spec(
        "sklearn.feature_selection.SelectFromModel",
        {"estimator_": Estimator()},
        {**NAMED, "max_features_": COUNT},
    ),
]  # fmt: skip
_COMPONENTS: dict[str, Kind] = {
    "components_": floats("K", "D"),
    "explained_variance_": floats("K"),
    "explained_variance_ratio_": floats("K"),
    "singular_values_": floats("K"),
}
_DECOMPOSITIONS = [
    _sk(
        "decomposition.PCA",
        {
            **_COMPONENTS,
            "mean_": _WEIGHTS,
            "n_components_": size("K"),
            "n_samples_": COUNT,
            "noise_variance_": REAL,
            "_fit_svd_solver": text(),
        },
    ),
    _sk("decomposition.TruncatedSVD", _COMPONENTS),
]
_LINEAR = [
    _sk(
        "linear_model.LogisticRegression",
        {
            "classes_": labels("G"),
            "coef_": floats("K", "D"),
            "intercept_": floats("K"),
            "n_iter_": counts("_"),
        },
    ),
    *(
        _sk(
            f"linear_model.{name}",
            {
                "coef_": Either(floats("D"), floats("K", "D")),
                "intercept_": Either(REAL, floats("K")),
            },
            **dict.fromkeys(
                (
                    "rank_", "singular_", "n_iter_", "solver_", "dual_gap_", "l1_ratio",
                    "alpha_",
                ),
                Plain(),
            ),
        )
        for name in ("ElasticNet", "Lasso", "LinearRegression", "Ridge")
    ),
]  # fmt: skip
SPECS = [
    *_SCALERS,
    *_IMPUTERS,
    *_ENCODERS,
    *_SELECTORS,
    *_DECOMPOSITIONS,
    *_LINEAR,
]
