"""Which columns of a table are permuted together, and what they are called."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata


def make_groups(
    X: Any, names: np.ndarray, feature_groups: Any, correlation: float
) -> dict[str, np.ndarray]:
    """Return the positions of the columns of each group, by the group's name.

    Parameters
    ----------
    X : DataFrame, ndarray or sparse matrix of shape (n_samples, n_features)
    names : ndarray of shape (n_features,)
    feature_groups : None, "correlated" or mapping of name to columns
        Columns by name or position.
    correlation : float
        For "correlated": the smallest mean absolute rank correlation in a group.

    Raises
    ------
    ValueError
        If a column is not there, or a group is empty.
    """
    if feature_groups is None:
        return {str(name): np.array([j]) for j, name in enumerate(names)}
    if isinstance(feature_groups, str) and feature_groups == "correlated":
        return _correlated(X, names, correlation)
    if not isinstance(feature_groups, Mapping):
        raise ValueError(
            "feature_groups must be None, 'correlated' or a dict of name to columns, "
            f"got {feature_groups!r}"
        )
    if not feature_groups:
        raise ValueError("feature_groups must hold a group, got an empty dict")
    places = {str(name): j for j, name in enumerate(names)}
    return {
        str(group): _positions(str(group), columns, places)
        for group, columns in feature_groups.items()
    }


def _positions(group: str, columns: Any, places: dict[str, int]) -> np.ndarray:
    if isinstance(columns, str):
        columns = [columns]
    found = []
    for column in columns:
        if isinstance(column, (int, np.integer)) and not isinstance(column, bool):
            if not -len(places) <= column < len(places):
                raise ValueError(
                    f"columns must be below {len(places)}, got {column} in the feature "
                    f"group {group!r}"
                )
            found.append(int(column) % len(places))
        elif str(column) in places:
            found.append(places[str(column)])
        else:
            near = difflib.get_close_matches(str(column), places, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(
                f"feature groups must hold columns of the table, got {column!r} in "
                f"{group!r}{hint}"
            )
    if not found:
        raise ValueError(f"feature groups must hold columns, got none in {group!r}")
    return np.unique(found)


def _correlated(X: Any, names: np.ndarray, correlation: float) -> dict:
    if not 0 < correlation <= 1:
        raise ValueError(f"correlation must be in (0, 1], got {correlation!r}")
    numbers, ranks = _standard_ranks(X)
    label = np.arange(len(names))
    if len(numbers) > 1:
        alike = np.abs(ranks.T @ ranks)
        # Rounding may leave a distance just below 0, or two that should be one.
        distance = np.clip(1 - (alike + alike.T) / 2, 0, 1)
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(distance, checks=False), "average")
        cut = fcluster(tree, 1 - correlation + 1e-9, "distance")
        label[numbers] = len(names) + cut
    groups = {}
    for _, columns in pd.Series(label).groupby(label, sort=False):
        group = columns.index.to_numpy()
        if len(group) == 1:
            groups[str(names[group[0]])] = group
            continue
        at = np.searchsorted(numbers, group)
        middle = group[alike[np.ix_(at, at)].sum(0).argmax()]
        groups[f"{names[middle]} (+{len(group) - 1})"] = group
    return groups


def _standard_ranks(X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns that are numbers, and their ranks with length 1.

    The product of two columns of ranks is their rank correlation. What is missing has
    the mean rank.
    """
    numbers = np.arange(X.shape[1])
    if isinstance(X, pd.DataFrame):
        kinds = [
            pd.api.types.is_numeric_dtype(t) and not isinstance(t, pd.CategoricalDtype)
            for t in X.dtypes
        ]
        numbers = np.flatnonzero(kinds)
        X = X.iloc[:, numbers].to_numpy(dtype=float, na_value=np.nan)
    if sparse.issparse(X):
        columns = [rankdata(X[:, [j]].toarray()[:, 0]) for j in range(X.shape[1])]
        ranks = np.column_stack(columns).astype(np.float32)
    else:
        ranks = pd.DataFrame(np.asarray(X, float)).rank().to_numpy(np.float32)
    ranks = ranks - pd.DataFrame(ranks).mean().to_numpy()  # of what is there
    np.nan_to_num(ranks, copy=False)
    length = np.linalg.norm(ranks, axis=0)
    ranks /= np.where(length > 0, length, 1)
    return numbers, ranks
