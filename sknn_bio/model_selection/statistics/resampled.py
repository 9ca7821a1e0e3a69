"""Tests of a difference between two models, for folds and for one test cohort.

Folds share most of their training rows, so that their differences are not independent
and the ordinary paired t-test finds differences where there are none. Nadeau and
Bengio [1]_ correct its variance; the Bayesian reading of the same statistic [2]_ says
how probable it is that the difference lies in a region of practical equivalence.

References
----------
.. [1] Nadeau, C. & Bengio, Y. (2003). Inference for the generalization error. Machine
   Learning 52, 239-281.
.. [2] Benavoli, A., Corani, G., Demšar, J. & Zaffalon, M. (2017). Time for a change: a
   tutorial for comparing multiple classifiers through Bayesian analysis. Journal of
   Machine Learning Research 18 (77), 1-36.
.. [3] Holm, S. (1979). A simple sequentially rejective multiple test procedure.
   Scandinavian Journal of Statistics 6, 65-70.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sknn_bio.model_selection.statistics.bootstrap import tails


@dataclass(frozen=True)
class Difference:
    """A difference between two models, with what can be said of it.

    Attributes
    ----------
    value, low, high : float
        The mean difference and its 95 % interval.
    p_value : float
        Of no difference, two-sided; not adjusted.
    p_better, p_rope, p_worse : float
        Probabilities that the difference is above, inside and below the region of
        practical equivalence.
    method : str
    """

    value: float
    low: float
    high: float
    p_value: float
    p_better: float
    p_rope: float
    p_worse: float
    method: str


def corrected_t_test(differences: np.ndarray, ratio: float, rope: float) -> Difference:
    """Test differences over folds with the corrected resampled t-test.

    Parameters
    ----------
    differences : ndarray of shape (J,)
        One a fold, of all repeats; at least 2.
    ratio : float
        Test rows over training rows of a fold. The variance of the mean is
        ``(1 / J + ratio)`` times that of the differences.
    rope : float
        Half the width of the region of practical equivalence.

    Returns
    -------
    Difference

    Examples
    --------
    >>> import numpy as np
    >>> test = corrected_t_test(np.array([0.02, 0.03, 0.01, 0.02]), 1 / 3, 0.01)
    >>> round(test.p_value, 3)
    0.049
    """
    n = len(differences)
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    scale = spread * np.sqrt(1 / n + ratio)
    method = "corrected resampled t-test"
    if scale <= 1e-12 * max(1.0, abs(mean)):
        return _certain(mean, rope, method)
    posterior = stats.t(n - 1, mean, scale)
    low, high = posterior.interval(0.95)
    return Difference(
        mean,
        float(low),
        float(high),
        float(2 * stats.t.sf(abs(mean) / scale, n - 1)),
        float(posterior.sf(rope)),
        float(posterior.cdf(rope) - posterior.cdf(-rope)),
        float(posterior.cdf(-rope)),
        method,
    )


def normal_test(value: float, error: float, rope: float, method: str) -> Difference:
    """Test a difference whose standard error is known."""
    if error <= 1e-12:
        return _certain(value, rope, method)
    posterior = stats.norm(value, error)
    low, high = posterior.interval(0.95)
    return Difference(
        value,
        float(low),
        float(high),
        float(2 * stats.norm.sf(abs(value) / error)),
        float(posterior.sf(rope)),
        float(posterior.cdf(rope) - posterior.cdf(-rope)),
        float(posterior.cdf(-rope)),
        method,
    )


def bootstrap_test(
    value: float, replicates: np.ndarray, n_effective: int, rope: float
) -> Difference:
    """Test a difference by its bootstrap replicates, the same resamples for both.

    The p-value is the smallest level whose expanded percentile interval excludes 0.
    """
    method = "paired bootstrap"
    defined = replicates[np.isfinite(replicates)]
    if len(defined) < len(replicates) / 2 or len(defined) == 0:
        return unknown(value, method)
    if np.ptp(defined) <= 1e-12:
        return _certain(value, rope, method)
    low, high = np.quantile(defined, tails(n_effective))
    below = (np.sum(defined < 0) + np.sum(defined == 0) / 2 + 1) / (len(defined) + 2)
    z = stats.norm.isf(min(below, 1 - below))  # expanded, as the interval is
    n = max(2, n_effective)
    p_value = 2 * stats.t.sf(z * np.sqrt((n - 1) / n), n - 1)
    return Difference(
        value,
        float(low),
        float(high),
        float(min(1.0, p_value)),
        float(np.mean(defined > rope)),
        float(np.mean(np.abs(defined) <= rope)),
        float(np.mean(defined < -rope)),
        method,
    )


def unknown(value: float = np.nan, method: str = "none") -> Difference:
    """Return a difference of which nothing can be said."""
    nan = np.nan
    return Difference(value, nan, nan, nan, nan, nan, nan, method)


def _certain(value: float, rope: float, method: str) -> Difference:
    """Return the difference of models that differ alike everywhere, or nowhere."""
    equal = abs(value) <= 1e-12
    value = 0.0 if equal else value
    inside = abs(value) <= rope
    return Difference(
        value,
        value,
        value,
        float(equal),
        float(value > 0 and not inside),
        float(inside),
        float(value < 0 and not inside),
        method,
    )


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number; NaN stays, and does not count.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(factors * p_values[order]))
    return adjusted
