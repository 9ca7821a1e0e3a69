"""What ``accuracy.py`` measured, over folds, over tables, and over kinds of tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import prediction_file
from _peers import CONTENDERS

OURS, REFERENCE = "ours", "XGBoost"
FLOOR = 1e-3
N_BINS = 15
N_RESAMPLES = 2_000


@dataclass(frozen=True)
class Summary:
    """Tables × models: what is complete, and comparisons over the tables.

    Attributes
    ----------
    rows : DataFrame
        The ledger: one row a fit.
    index : DataFrame
        Task, kind and size of each table.
    calibration : DataFrame
        Expected calibration error, columns ``table``, ``model`` and ``ece``.
    """

    rows: pd.DataFrame
    index: pd.DataFrame
    calibration: pd.DataFrame

    @cached_property
    def models(self) -> list[str]:
        """The models that were measured, in the order of the contenders."""
        return [m for m in CONTENDERS if m in set(self.rows["model"])]

    @cached_property
    def field(self) -> list[str]:
        """The models that are ranked: those that take tables of every size."""
        return [m for m in self.models if np.isinf(CONTENDERS[m].max_rows)]

    def mean(self, column: str, how: str = "mean") -> pd.DataFrame:
        """Return tables × models: over folds, NaN where a fold is missing."""
        folds = self.rows.groupby("table")["fold"].max() + 1
        done = self.rows[self.rows["status"] == "ok"]
        grouped = done.groupby(["table", "model"])[column]
        values = grouped.agg(how)[grouped.size() == _spread(grouped.size(), folds)]
        known = [t for t in self.index.index if t in folds.index]
        return values.unstack().reindex(index=known, columns=self.models)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """1 − AUC or 1 − R², not below 0.001."""
        return (1 - self.mean("score")).clip(lower=FLOOR)

    @cached_property
    def ece(self) -> pd.DataFrame:
        """Expected calibration error of each table and model."""
        wide = self.calibration.pivot(index="table", columns="model", values="ece")
        return wide.reindex(index=self.errors.index, columns=self.models)

    def ranks(self, values: pd.DataFrame, models: list[str]) -> pd.DataFrame:
        """Rank these models (1 is the lowest) on the tables that all have finished."""
        return values[models].dropna().rank(axis=1)

    def by_kind(self) -> pd.DataFrame:
        """Return the mean rank of each model for each kind of table."""
        ranks = self.ranks(self.errors, self.field)
        kinds = self.index["kind"].reindex(ranks.index)
        table = ranks.groupby(kinds).mean()
        table.insert(0, "tables", kinds.value_counts())
        return table.rename_axis("kind").reset_index()

    def pairs(self, a: str, b: str, of: str = "errors") -> pd.DataFrame:
        """Return what two models have on the tables that both have finished."""
        if not {a, b} <= set(self.models):
            return pd.DataFrame(columns=["a", "b"], dtype=float)
        values = self.errors if of == "errors" else self.mean(of)
        return values[[a, b]].dropna().set_axis(["a", "b"], axis=1)

    def time_ratio(self, a: str, b: str) -> float:
        """Return the ratio of median fit times, on the tables both have finished."""
        seconds = self.mean("fit_cpu")[[a, b]].dropna()
        return float(seconds[a].median() / seconds[b].median())


def win_rate(pairs: pd.DataFrame) -> float:
    """How often `a` has the lower error; a tie counts half."""
    difference = pairs["b"] - pairs["a"]
    return float(np.mean((np.sign(difference) + 1) / 2))


def error_ratio(pairs: pd.DataFrame) -> float:
    """Geometric mean of `a`'s errors (or losses) relative to `b`'s."""
    return float(np.exp(np.mean(np.log(pairs["a"] / pairs["b"]))))


def interval(pairs: pd.DataFrame, statistic: Callable) -> tuple[float, float]:
    """Return the 95 % percentile interval of a bootstrap over tables."""
    rng = np.random.default_rng(0)
    n = len(pairs)
    draws = [statistic(pairs.iloc[rng.integers(0, n, n)]) for _ in range(N_RESAMPLES)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def calibrate(rows: pd.DataFrame, predictions: Path, path: Path) -> pd.DataFrame:
    """Bring the table of calibration errors up to date with the kept predictions.

    The error needs many rows, so it is that of the out-of-fold predictions of the
    whole table. It is kept in a file, because the predictions are not.
    """
    known = {}
    if path.exists():
        known = pd.read_csv(path).set_index(["table", "model"])["ece"].to_dict()
    n_folds = rows.groupby("table")["fold"].max() + 1
    done = rows[(rows["status"] == "ok") & rows["accuracy"].notna()]
    for (table, model), folds in done.groupby(["table", "model"])["fold"]:
        files = [predictions / prediction_file(table, f, model) for f in folds]
        if len(files) == n_folds[table] and all(f.exists() for f in files):
            parts = [np.load(f) for f in files]
            y = np.concatenate([p["y_test"] for p in parts])
            probability = np.concatenate([p["prediction"] for p in parts])
            known[table, model] = calibration_error(y, probability)
    frame = pd.DataFrame(
        [(*key, round(value, 6)) for key, value in sorted(known.items())],
        columns=["table", "model", "ece"],
    )
    frame.to_csv(path, index=False)
    return frame


def calibration_error(y: np.ndarray, probability: np.ndarray) -> float:
    """Return the expected calibration error over bins of equal mass.

    Of the positive class where there are two, of the most probable class otherwise
    [1]_.

    References
    ----------
    .. [1] Guo, C., Pleiss, G., Sun, Y. & Weinberger, K. Q. (2017). On calibration of
       modern neural networks. ICML.
    """
    if probability.shape[1] == 2:
        claimed, true = probability[:, 1], y == 1
    else:
        claimed, true = probability.max(1), y == probability.argmax(1)
    bins = np.array_split(np.argsort(claimed, kind="stable"), N_BINS)
    gaps = [abs(claimed[b].mean() - true[b].mean()) * len(b) for b in bins if len(b)]
    return float(sum(gaps) / len(y))


def _spread(sizes: pd.Series, folds: pd.Series) -> np.ndarray:
    """Return the number of folds beside each (table, model)."""
    return folds.reindex(sizes.index.get_level_values("table")).to_numpy()
