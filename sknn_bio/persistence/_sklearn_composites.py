"""What is kept of scikit-learn's pipelines and column transformers; why others are not.

Their steps are parameters, and are kept as any estimator on the list is.
"""

from __future__ import annotations

from typing import Any

from sknn_bio.persistence._kinds import (
    BOOL,
    COUNT,
    Anything,
    Axes,
    Is,
    Many,
    Misfit,
    Plain,
    Table,
    labels,
    size,
    text,
)
from sknn_bio.persistence._specs import NEEDED, Estimator, Spec

_STEP = Estimator(("drop", "passthrough"))


def _pipeline_relations(pipeline: Any, axes: Axes) -> None:
    _check_pairs(pipeline.steps, "steps")


def _union_relations(union: Any, axes: Axes) -> None:
    _check_pairs(union.transformer_list, "transformer_list")


def _check_pairs(pairs: Any, where: str) -> None:
    for pair in pairs:
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise Misfit(f"{where} must be pairs of a name and a step, got {pair!r}")
        text().check(pair[0], {})
        if pair[1] is not None:
            _STEP.check(pair[1], {})


def _columns_relations(columns: Any, axes: Axes) -> None:
    if "transformers_" not in vars(columns):
        return
    for item in [*columns.transformers_, columns._remainder]:
        if not (isinstance(item, tuple) and len(item) == 3):
            raise Misfit("transformers_ must be triples of name, step and columns")
        text().check(item[0], {})
        _STEP.check(item[1], {})
        Plain().check(item[2], {})


_SLICES = Table(text(), Is((slice,)))
# As many processes as a file says, on whatever machine opens it.
JOBS = {"n_jobs": None}
SPECS = [
    Spec(
        "sklearn.pipeline.Pipeline",
        # A folder of pickles, which a later fit would write and read.
        never={"memory": None},
        relations=_pipeline_relations,
    ),
    Spec("sklearn.pipeline.FeatureUnion", never=JOBS, relations=_union_relations),
    Spec("sklearn.frozen.FrozenEstimator"),
    Spec(
        "sklearn.compose.ColumnTransformer",
        {
            "n_features_in_": size("D"),
            "transformers_": Many(Is((tuple,))),
            "_columns": Many(Plain()),
            "_remainder": Is((tuple,)),
            "_transformer_to_input_indices": Table(text(), Many(COUNT)),
            "output_indices_": _SLICES,
            "sparse_output_": BOOL,
        },
        {"feature_names_in_": labels("D")},
        never=JOBS,
        relations=_columns_relations,
    ),
    Spec(
        "sklearn.compose.make_column_selector",
        {"pattern": Plain(), "dtype_include": Anything(), "dtype_exclude": Anything()},
        is_part=True,
    ),
    Spec(
        "sklearn.preprocessing.FunctionTransformer",
        {},
        {"n_features_in_": size("D"), "feature_names_in_": labels("D")},
        outside={
            "func": NEEDED,
            "inverse_func": None,
            "feature_names_out": NEEDED,
        },
    ),
]

_HOLDS_ROWS = "it holds rows of the training table"
_SEARCH = "save its best_estimator_ instead"
ADVICE: dict[str, str] = {
    "CalibratedClassifierCV": "save the estimator it calibrates instead",
    "GridSearchCV": _SEARCH,
    "HalvingGridSearchCV": _SEARCH,
    "HalvingRandomSearchCV": _SEARCH,
    "IterativeImputer": "networks of this package take missing values as they are",
    "KNNImputer": f"{_HOLDS_ROWS}; SimpleImputer does not, and networks of this "
    "package take missing values as they are",
    "KNeighborsClassifier": _HOLDS_ROWS,
    "KNeighborsRegressor": _HOLDS_ROWS,
    "KernelPCA": f"{_HOLDS_ROWS}; PCA does not",
    "Nystroem": _HOLDS_ROWS,
    "PopulationSearchCV": _SEARCH,
    "RandomizedSearchCV": _SEARCH,
    "SVC": _HOLDS_ROWS,
    "TransformedTargetRegressor": "NeuralNetRegressor scales its target itself",
}
_OTHERWISE = (
    "put it before the pipeline that is saved, or into a FunctionTransformer whose "
    "function is supplied when it is read"
)


def advice_for(name: str) -> str:
    """Return what to do about a class that no file keeps."""
    return ADVICE.get(name, _OTHERWISE)
