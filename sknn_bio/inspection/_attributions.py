"""Attributions as results: numbers with names, from which tables are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sknn_bio.inspection._shap_table import import_shap
from sknn_bio.ondisk import RowsOnDisk


@dataclass(frozen=True)
class Attributions:
    """What each column adds to each row's answer, beside a baseline.

    The attributions of a row sum to ``outputs - base_values``, up to
    ``completeness_error``.

    Parameters
    ----------
    values : ndarray of shape (n_samples, n_features), or for several outputs \
(n_samples, n_features, n_outputs)
        Attributions in the unit of the answer; of two classes, to the second.
    base_values, outputs : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The baseline's answer (the mean over the baselines where there are several),
        and the row's own.
    data : DataFrame, ndarray, sparse matrix or table on disk
        The rows as they were given, of shape (n_samples, n_features).
    feature_names : ndarray of str of shape (n_features,)
        The columns of `data`.
    output_names : ndarray of shape (n_outputs,) or None
        The classes that are explained; None for a regressor.
    completeness_error : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        By how much the sum misses ``outputs - base_values``, relative to it.
    member_importances : ndarray of shape (n_members, n_features)
        Mean absolute attribution of each member of the ensemble by itself; over rows,
        and over outputs where there are several.
    output : {"probability", "raw", "prediction"}, default="probability"
        What is explained.
    """

    values: np.ndarray
    base_values: np.ndarray
    outputs: np.ndarray
    data: Any
    feature_names: np.ndarray
    output_names: np.ndarray | None
    completeness_error: np.ndarray
    member_importances: np.ndarray
    output: str = "probability"

    def importances(self) -> pd.DataFrame:
        """Return how much each column counts, over all rows.

        Returns
        -------
        table : DataFrame of n_features rows
            ``feature``; ``importance``, the mean absolute attribution over rows (and
            outputs); ``mean``, the same with its sign (over several classes'
            probabilities it cancels: see :meth:`by_class`); ``std``, of the members'
            importances, 0 for one member; ``rank``, from 1. The first is the largest.
        """
        over = (0,) if self.values.ndim == 2 else (0, 2)
        members = self.member_importances
        spread = members.std(0, ddof=min(1, len(members) - 1))
        return _ranked(
            {
                "feature": self.feature_names,
                "importance": _mean_size(self.values, over),
                "mean": self.values.mean(over, dtype=np.float64),
                "std": spread,
            }
        )

    def by_class(self) -> pd.DataFrame:
        """Return how much each column counts for each output.

        Returns
        -------
        table : DataFrame of n_outputs * n_features rows
            ``output``, a class or the number of a target; ``feature``, ``importance``,
            ``mean`` and ``rank`` (within the output) as in :meth:`importances`.
        """
        values = self.values if self.values.ndim == 3 else self.values[:, :, None]
        names: Any = self.output_names
        parts = []
        for k, name in enumerate(range(values.shape[2]) if names is None else names):
            table = _ranked(
                {
                    "feature": self.feature_names,
                    "importance": _mean_size(values[:, :, k], (0,)),
                    "mean": values[:, :, k].mean(0, dtype=np.float64),
                }
            )
            table.insert(0, "output", name)
            parts.append(table)
        return pd.concat(parts, ignore_index=True)

    def to_shap(self) -> Any:
        """Return the attributions for shap's plots.

        Returns
        -------
        explanation : shap.Explanation
            With dense data, and categories as they were given.

        Raises
        ------
        ImportError
            If shap is not installed.
        """
        shap = import_shap()
        data = self.data
        if isinstance(data, RowsOnDisk):
            data = data.read(0, data.shape[0])
        data = data.toarray() if sparse.issparse(data) else data
        names = (
            None if self.output_names is None else [str(n) for n in self.output_names]
        )
        return shap.Explanation(
            self.values,
            base_values=self.base_values,
            data=np.asarray(data),
            feature_names=self.feature_names.tolist(),
            output_names=names if self.values.ndim == 3 else None,
        )


def _mean_size(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Return the mean of absolute values."""
    return np.abs(values).mean(axes, dtype=np.float64)


def _ranked(columns: dict[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(columns).sort_values(
        "importance", ascending=False, kind="stable", ignore_index=True
    )
    table["rank"] = np.arange(1, len(table) + 1)
    return table
