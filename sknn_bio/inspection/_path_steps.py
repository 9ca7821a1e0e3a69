"""Follow the steps of a fitted Pipeline: which column goes where, and the baselines."""

from __future__ import annotations

import copy
import re
import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    TruncatedSVD,
)
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection

from sknn_bio.inspection._path_routes import (
    ByColumn,
    Linear,
    Route,
    chained,
    side_by_side,
)
from sknn_bio.preprocessing import GeneAligner
from sknn_bio.preprocessing._gene_names import GeneIndex, checked_names, names_of

_LINEAR = (
    PCA,
    IncrementalPCA,
    TruncatedSVD,
    FastICA,
    FactorAnalysis,
    GaussianRandomProjection,
    SparseRandomProjection,
)
_PROBED = 512  # unit rows that are sent through a linear step at a time
# Private-use characters: no name of a level or a gene holds them.
_TOKEN = re.compile("\ue000(\\d+)\ue001")


class Followed(NamedTuple):
    """A table that went through a step.

    Attributes
    ----------
    route : Route
    X : table or None
        What came out; None where it was not asked for.
    baselines : table or None
        The same of the baselines, with NaN for columns at the centre of what the
        network was trained on; None: all columns are.
    """

    route: Route
    X: Any
    baselines: Any


def follow(
    name: str, step: Any, X: Any, baselines: Any, transforms: bool = True
) -> Followed:
    """Send a table and its baselines through a fitted step.

    Parameters
    ----------
    name : str
        For errors.
    step : fitted transformer or "passthrough"
    X : table of shape (n_samples, n_in)
    baselines : table of shape (n_baselines, n_in), or None
    transforms : bool, default=True
        Whether the step's answer for `X` is needed.

    Raises
    ------
    ValueError
        If no route leads back through the step.
    """
    n_in = X.shape[1]
    if isinstance(step, FrozenEstimator):
        return follow(name, step.estimator, X, baselines, transforms)
    if step is None or isinstance(step, str):  # "passthrough"
        return Followed(ByColumn(n_in, np.arange(n_in)), X, baselines)
    if isinstance(step, Pipeline):
        return follow_steps(step.steps, X, baselines, transforms)
    route: Route
    centers = None
    if isinstance(step, (ColumnTransformer, FeatureUnion)):
        route, centers = _follow_blocks(step, X, baselines)
    elif isinstance(step, _LINEAR):
        route = linear = _linear(step, X, baselines)
        baselines = _like(linear.baselines, X)
    else:
        source = _sources(step, X)
        if source is None:
            raise ValueError(
                f"attributions find no way back through the step {name!r} "
                f"({type(step).__name__}): its columns are not each made of one, "
                "or it does not say of which by get_feature_names_out; use "
                "permutation_importances or shap_values, which ask the whole Pipeline"
            )
        route = ByColumn(n_in, source)
    out = step.transform(X) if transforms else None
    if baselines is not None:
        return Followed(route, out, _send(name, step, baselines))
    return Followed(route, out, None if centers is None else _like(centers, out))


def follow_steps(
    steps: list[tuple[str, Any]], X: Any, baselines: Any, transforms: bool = True
) -> Followed:
    """Send a table and its baselines through several steps; the last may be spared."""
    n_in, routes = X.shape[1], []
    for i, (name, step) in enumerate(steps):
        needed = transforms or i + 1 < len(steps)
        route, X, baselines = follow(name, step, X, baselines, needed)
        routes.append(route)
    return Followed(chained(n_in, routes), X, baselines)


def _send(name: str, step: Any, baselines: Any) -> Any:
    """Return the baselines behind a step; what it warns of, it says of the rows too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return step.transform(baselines)
        except ValueError as error:
            raise ValueError(
                f"the baseline does not pass the step {name!r}: {error}; give rows of "
                "the table as baseline"
            ) from error


def _follow_blocks(step: Any, X: Any, baselines: Any) -> tuple[Route, Any]:
    """Return the route through steps side by side, and their own centres if any."""
    blocks, centers, n_out = [], [], 0
    for name, inner, columns in _blocks_of(step, X):
        part = follow(
            name, inner, _take(X, columns), _take(baselines, columns), transforms=False
        )
        width = part.route.n_out
        place = slice(n_out, n_out + width)
        if isinstance(step, ColumnTransformer):
            place = step.output_indices_[name]
        blocks.append((columns, part.route, place))
        centers.append(part.baselines)
        n_out += width
    route = side_by_side(X.shape[1], n_out, blocks)
    if baselines is not None or all(own is None for own in centers):
        return route, None
    row = np.full((1, n_out), np.nan)
    for (_, _, place), own in zip(blocks, centers, strict=True):
        if own is not None:
            row[:, place] = _dense(own)
    return route, row


def _blocks_of(step: Any, X: Any) -> list[tuple[str, Any, np.ndarray]]:
    """Return the name, the transformer and the columns of each block."""
    everything = np.arange(X.shape[1])
    if isinstance(step, FeatureUnion):
        blocks = [(name, inner, everything) for name, inner in step.transformer_list]
    else:
        names = getattr(X, "columns", getattr(step, "feature_names_in_", everything))
        blocks = [
            (name, inner, _positions(columns, pd.Index(names)))
            for name, inner, columns in step.transformers_
        ]
    return [
        b
        for b in blocks
        if len(b[2]) and not (isinstance(b[1], str) and b[1] == "drop")
    ]


def _positions(columns: Any, names: pd.Index) -> np.ndarray:
    """Return the positions of columns that are given as scikit-learn allows."""
    everything = np.arange(len(names))
    if isinstance(columns, slice):
        is_label = isinstance(columns.start, str) or isinstance(columns.stop, str)
        own = names.slice_indexer(columns.start, columns.stop) if is_label else columns
        return everything[own]
    chosen = np.atleast_1d(np.asarray(columns if np.isscalar(columns) else [*columns]))
    if chosen.size == 0:
        return everything[:0]
    if chosen.dtype.kind in "biu":
        return everything[chosen]
    return names.get_indexer(chosen)


def _linear(step: Any, X: Any, baselines: Any) -> Linear:
    """Return the matrix of a linear step, by what it makes of unit rows."""
    n_in = X.shape[1]
    center = getattr(step, "mean_", None)
    center = np.zeros(n_in) if center is None else center
    rows = center[None]
    if baselines is not None:
        rows = _dense(baselines).astype(np.float64)
        rows = np.where(np.isnan(rows), center, rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unit rows have no names
        zero = _dense(step.transform(np.zeros((1, n_in))))
        parts = []
        for start in range(0, n_in, _PROBED):
            units = np.eye(min(_PROBED, n_in - start), n_in, start)
            parts.append(_dense(step.transform(units)) - zero)
    own = X.tocsr() if sparse.issparse(X) else np.asarray(X)
    return Linear(np.concatenate(parts), own, rows)


def _sources(step: Any, X: Any) -> np.ndarray | None:
    """Return the column that each output column stems from, by the names it gets."""
    n_in = X.shape[1]
    if isinstance(step, GeneAligner):
        return _aligned(step, X)
    if isinstance(step, FunctionTransformer) and _is_elementwise(step.func):
        return np.arange(n_in)
    if not hasattr(step, "get_feature_names_out"):
        return None
    probe = copy.copy(step)
    probe.__dict__.pop("feature_names_in_", None)
    if hasattr(probe, "feature_name_combiner"):
        probe.feature_name_combiner = "concat"
    tokens = np.array([f"\ue000{j}\ue001" for j in range(n_in)], dtype=object)
    try:
        names = probe.get_feature_names_out(tokens)
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        return None
    found = [set(_TOKEN.findall(str(name))) for name in names]
    if any(len(own) != 1 for own in found):
        return None
    return np.array([int(own.pop()) for own in found], np.int64)


def _is_elementwise(function: Any) -> bool:
    return function is None or (isinstance(function, np.ufunc) and function.nin == 1)


def _aligned(step: GeneAligner, X: Any) -> np.ndarray | None:
    """Return where a query has the genes of the reference; all of them, or None."""
    names = names_of(X)
    if names is None or not hasattr(step, "feature_names_in_"):
        return np.arange(X.shape[1])
    query = checked_names(names, X.shape[1], "query")
    return GeneIndex(step.feature_names_in_, step.aliases_).find(query)[0]


def _take(X: Any, columns: np.ndarray) -> Any:
    if X is None:
        return None
    return X.iloc[:, columns] if hasattr(X, "iloc") else X[:, columns]


def _dense(X: Any) -> np.ndarray:
    return X.toarray() if sparse.issparse(X) else np.asarray(X)


def _like(rows: np.ndarray, X: Any) -> Any:
    """Return rows as a table of the kind of another one."""
    return pd.DataFrame(rows, columns=X.columns) if hasattr(X, "iloc") else rows
