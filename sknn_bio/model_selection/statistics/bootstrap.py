"""Bootstrap intervals that resample patients, not rows.

What is resampled is the unit that is independent: the group where groups are given,
else the row [1]_. All models, metrics and folds see the same resamples, so that
differences are paired. Models are not fitted again: an interval is for the mean
performance, on new units of the same population, of the models that the folds
fitted [2]_.

Intervals are bias-corrected and accelerated [3]_, for metrics of small folds are biased
and near their bounds skewed, and wider than usual in two ways: normal quantiles become
those of t with ``sqrt(n / (n - 1))``, for few units [4]_; and, over folds, all is
``sqrt(1 + 2 n_test / n_train)`` times as wide, for folds share training rows: less than
the correction of the t-test, and enough by simulation, in which the intervals hold the
truth more often than 95 times in a hundred (``benchmarks/compare_statistics.py``).

References
----------
.. [1] Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Statist.
   Soc. B 69, 369-390.
.. [2] Bayle, P., Bayle, A., Janson, L. & Mackey, L. (2020). Cross-validation confidence
   intervals for test error. NeurIPS 33.
.. [3] Efron, B. (1987). Better bootstrap confidence intervals. J. Am. Statist. Assoc.
   82, 171-185.
.. [4] Hesterberg, T. C. (2015). What teachers should know about the bootstrap. The
   American Statistician 69, 371-386.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from sknn_bio.model_selection.statistics.answers import Answers
from sknn_bio.model_selection.statistics.metrics import Metric

_CELLS = 10_000_000  # of one chunk of weights: 80 MB
_TAIL = 0.025
_EQUAL = 1e-12


@dataclass(frozen=True)
class Units:
    """What is resampled.

    Attributes
    ----------
    of_row : ndarray of shape (n,)
        The unit of each row, from 0.
    n_effective : int
        The number that a metric's precision hangs on: units of the smallest class.
    """

    of_row: np.ndarray
    n_effective: int

    @classmethod
    def of(cls, y: np.ndarray, groups: np.ndarray | None, classes: bool) -> Units:
        """Return the units of rows with targets `y`; `classes` says what they are."""
        if groups is None:
            of_row = np.arange(len(y))
        else:
            of_row = np.unique(groups.astype(str), return_inverse=True)[1]
        codes = y if classes else np.zeros(len(y))
        n_effective = min(len(np.unique(of_row[codes == c])) for c in np.unique(codes))
        return cls(of_row, n_effective)

    @property
    def n_units(self) -> int:
        """Return the number of units."""
        return int(self.of_row.max()) + 1

    def resamples(self, n: int, seed: int) -> Iterator[np.ndarray]:
        """Yield chunks of weights of shape (b, n_rows), `n` in all."""
        rng = np.random.default_rng(seed)
        n_units = self.n_units
        size = max(1, min(n, _CELLS // len(self.of_row)))
        for start in range(0, n, size):
            b = min(size, n - start)
            drawn = rng.integers(n_units, size=(b, n_units))
            drawn += n_units * np.arange(b)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=b * n_units)
            yield counts.reshape(b, n_units)[:, self.of_row].astype(float)

    def all_but_one(self) -> np.ndarray | None:
        """Return weights that leave out a unit each, of shape (n_units, n_rows).

        None for large tables, whose intervals need no acceleration.
        """
        if self.n_units * len(self.of_row) > _CELLS:
            return None
        return (np.arange(self.n_units)[:, None] != self.of_row).astype(float)


@dataclass(frozen=True)
class Sampled:
    """A metric of one model and its resamples.

    Attributes
    ----------
    value : float
        The mean over folds.
    drawn : ndarray of shape (B,)
        The same for each resample; NaN where it is not defined.
    left_out : ndarray of shape (n_units,) or None
        The same without one unit.
    """

    value: float
    drawn: np.ndarray
    left_out: np.ndarray | None


def mean_over_folds(
    answers: Mapping[Any, Answers], metric: Metric, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return a metric's mean over folds for each row of weights.

    In a resample a fold counts as much as rows of it were drawn, so that a fold of one
    unit, such as a cohort, counts as often as the unit was drawn.

    Parameters
    ----------
    answers : dict
        Of each fold.
    metric : callable
        Answers and weights (B, n) → values (B,) or, for curves, (B, n_grid).
    weights : ndarray of shape (B, n_rows), default=None
        None weighs all rows alike; B is 1.

    Returns
    -------
    ndarray of shape (B,) or (B, n_grid)
        NaN where no fold has a value.
    """
    total: Any = 0.0
    count: Any = 0.0
    for part in answers.values():
        inside = np.ones((1, len(part.y))) if weights is None else weights[:, part.rows]
        values = metric(part, inside)
        share = inside.mean(1).reshape(-1, *[1] * (values.ndim - 1))
        share = np.where(np.isfinite(values), share, 0.0)
        total = total + share * np.where(share > 0, values, 0.0)
        count = count + share
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def interval(
    sampled: Sampled, n_effective: int, widening: float = 1.0
) -> tuple[float, float]:
    """Return the 95 % interval of a metric.

    Parameters
    ----------
    sampled : Sampled
    n_effective : int
        Number of independent units.
    widening : float, default=1.0
        Of the quantiles.

    Returns
    -------
    low, high : float
        NaN where the metric is not defined in half of the resamples. Where all
        resamples are perfect, `low` is what a proportion of 1 among `n_effective`
        would have (Clopper and Pearson 1934).
    """
    drawn = sampled.drawn[np.isfinite(sampled.drawn)]
    if len(drawn) < len(sampled.drawn) / 2 or len(drawn) == 0:
        return np.nan, np.nan
    if np.ptp(drawn) < _EQUAL:
        low = high = float(drawn[0])
        if abs(high - 1) < _EQUAL:
            low = (_TAIL) ** (1 / n_effective)
        return low, high
    below = np.mean(drawn < sampled.value) + np.mean(drawn == sampled.value) / 2
    bias = stats.norm.ppf(np.clip(below, 0.005, 0.995))
    pull = _acceleration(sampled.left_out)
    ends = bias + np.array([1, -1]) * expanded_quantile(n_effective, widening)
    levels = stats.norm.cdf(bias + ends / np.maximum(1 - pull * ends, 0.1))
    low, high = np.quantile(drawn, levels)
    # A heavily skewed metric can leave its own value out; an interval must not.
    return float(min(low, sampled.value)), float(max(high, sampled.value))


def _acceleration(left_out: np.ndarray | None) -> float:
    if left_out is None:
        return 0.0
    influence = np.nanmean(left_out) - left_out[np.isfinite(left_out)]
    spread = float(np.sum(influence**2))
    return float(np.sum(influence**3)) / (6 * spread**1.5) if spread > 0 else 0.0


def expanded_quantile(n_effective: int, widening: float = 1.0) -> float:
    """Return the lower normal quantile of an interval, widened for few units."""
    n = max(2, n_effective)
    return float(stats.t.ppf(_TAIL, n - 1) * np.sqrt(n / (n - 1)) * widening)


def tails(n_effective: int, widening: float = 1.0) -> tuple[float, float]:
    """Return the quantiles of an expanded percentile interval, for bands of curves."""
    tail = float(stats.norm.cdf(expanded_quantile(n_effective, widening)))
    return tail, 1 - tail
