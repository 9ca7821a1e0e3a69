"""How many false selections are expected of stability selection, at most.

The bounds are those of Shah and Samworth [1]_ for complementary pairs of half-samples.
They hold for any way of choosing `n_select` of `n_features` in a half. What they bound
is the expected number of selected features that a half selects less often than chance
would, with probability at most ``n_select / n_features``.

References
----------
.. [1] Shah, R. D. & Samworth, R. J. (2013). Variable selection with error control:
   another look at stability selection. Journal of the Royal Statistical Society B 75,
   55-80.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq, minimize_scalar

_SMALLEST, _LARGEST = 1e-6, 1e7  # of the offset of a tail; where it is flat


def pairs_bound(n_select: int, n_features: int, n_pairs: int) -> np.ndarray:
    """Return the bound on false selections for each number of halves that select.

    Parameters
    ----------
    n_select : int
        Features selected in each half.
    n_features : int
        Features to select from.
    n_pairs : int
        Complementary pairs of halves.

    Returns
    -------
    bound : ndarray of shape (2 * n_pairs + 1,)
        ``bound[k]``: for selecting what at least k halves have selected. It is the
        tighter of two: that both halves of a pair select, with a distribution over
        pairs that is concave to the power -1/2, and that one half selects, with one
        concave to the power -1/4 (equation 8 of the paper).
    """
    share = n_select / n_features
    halves = tail_bound(share, 2 * n_pairs, -0.25)
    both = tail_bound(share**2, n_pairs, -0.5)
    bound = halves.copy()
    # Selected by k of 2B halves: by both halves of at least k - B pairs.
    bound[n_pairs:] = np.minimum(bound[n_pairs:], both)
    return n_features * np.minimum.accumulate(bound)


@cache
def _tails(mean: float, n: int, power: float) -> tuple[float, ...]:
    exponent, places = 1 / power, np.arange(n + 1)
    total = mean * n
    best = np.ones(n + 1)
    if total <= 0:
        return tuple(np.where(places > 0, 0.0, 1.0))
    best[1:] = 0.0
    first = int(np.ceil(2 * total)) + 1
    if first >= n:
        return (1.0,) * (n + 1)
    best[:first] = 1.0

    def mean_of(a: float, k: int) -> float:
        f = (1 + places[: k + 1] / a) ** exponent
        return f @ places[: k + 1] / f.sum() - total

    def offset(k: int) -> float:
        if mean_of(_LARGEST, k) <= 0:
            return _LARGEST
        if mean_of(_SMALLEST, k) >= 0:
            return _SMALLEST
        return brentq(mean_of, _SMALLEST, _LARGEST, args=(k,), xtol=1e-12)

    offsets = [offset(k) for k in range(first, n + 1)]
    for k, high, low in zip(range(first, n), offsets[:-1], offsets[1:], strict=True):

        def below(log_a: float, t: int, k: int = k) -> float:
            f = (1 + places[: k + 1] / np.exp(log_a)) ** exponent
            scale = (k + 1 - total) / (f @ (k + 1 - places[: k + 1]))
            return scale * f[:t].sum()

        bounds = (np.log(low), np.log(max(high, low * (1 + 1e-9))))
        for t in range(first, k + 2):
            inner = minimize_scalar(below, bounds=bounds, args=(t,), method="bounded")
            least = min(inner.fun, below(bounds[0], t), below(bounds[1], t))
            best[t] = max(best[t], 1 - least)
    return tuple(best)


def tail_bound(mean: float, n: int, power: float) -> np.ndarray:
    """Return the largest tails of a distribution on 0, 1/n, ..., 1.

    Parameters
    ----------
    mean : float
        The distribution's mean, at most.
    n : int
        Steps of the grid.
    power : float
        Negative; the probabilities to this power are convex.

    Returns
    -------
    tails : ndarray of shape (n + 1,)
        ``tails[t]`` is the largest probability of t/n or more.

    Notes
    -----
    The extreme distributions are ``c (a + i)^(1 / power)`` for i up to some k, with the
    rest of the mass at k + 1; total mass and mean fix c and the rest, so that a search
    over a is left for each k.
    """
    return np.array(_tails(float(mean), int(n), float(power)))
