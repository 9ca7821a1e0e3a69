"""How often the accepted are wrong: the risk-coverage curve, and a threshold on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta

LEVELS = 20  # shares of the rows among which a threshold is chosen
_POINTS = 1_000  # of a curve that is kept


def risk_coverage(
    confidence: np.ndarray, wrong: np.ndarray, n_rows: int | None = None
) -> pd.DataFrame:
    """Return the error among the rows that are surest, from the surest to all.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
        Higher is surer.
    wrong : ndarray of bool of shape (n,)
        Whether the answer is wrong.
    n_rows : int, default=None
        Of how many rows coverage is the share; None: of these.

    Returns
    -------
    curve : DataFrame
        ``coverage`` and ``risk``, both in [0, 1], and ``threshold``: the lowest
        confidence of those accepted. Rows of one confidence come together; no more
        than 1,000 points, evenly spaced.

    Examples
    --------
    >>> import numpy as np
    >>> risk_coverage(np.array([0.9, 0.6, 0.8, 0.7]), np.array([0, 1, 0, 0], bool))
       coverage  risk  threshold
    0      0.25  0.00        0.9
    1      0.50  0.00        0.8
    2      0.75  0.00        0.7
    3      1.00  0.25        0.6
    """
    order = np.argsort(-confidence, kind="stable")
    sure, errors = confidence[order], np.cumsum(wrong[order])
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)[: len(sure)])
    if len(last) > _POINTS:
        last = last[np.linspace(0, len(last) - 1, _POINTS).round().astype(int)]
    n_rows = len(sure) if n_rows is None else n_rows
    return pd.DataFrame(
        {
            "coverage": (last + 1) / n_rows,
            "risk": errors[last] / (last + 1),
            "threshold": sure[last],
        }
    )


@dataclass(frozen=True)
class Choice:
    """A threshold, and what it does to the rows that it was chosen on.

    Attributes
    ----------
    threshold : float
        Rows of a higher confidence are accepted.
    n_accepted, n_wrong : int
    bound : float
        Of the error among the accepted, which holds with probability 1 - delta.
    """

    threshold: float
    n_accepted: int
    n_wrong: int
    bound: float


def choose_threshold(
    confidence: np.ndarray, wrong: np.ndarray, target: float, delta: float
) -> Choice:
    """Return the threshold that accepts most rows with an error of at most `target`.

    The bound is the exact binomial one of Clopper and Pearson, as in [1]_; where none
    reaches the target, the threshold with the lowest bound is returned.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
        Of rows that the scores were not fitted on.
    wrong : ndarray of bool of shape (n,)
    target : float
        In (0, 1).
    delta : float
        The chance that the bound does not hold.

    Returns
    -------
    choice : Choice

    Notes
    -----
    Differs from the paper: twenty ranks that are fixed beforehand, each at
    ``delta / 20``, stand in the place of a binary search, whose path depends on the
    data. Given the score at a rank, the rows above it are independent draws from those
    that the threshold accepts, so each bound is exact, and all hold at once.

    References
    ----------
    .. [1] Geifman, Y. & El-Yaniv, R. (2017). Selective classification for deep neural
       networks. NeurIPS 30.
    """
    order = np.argsort(-confidence, kind="stable")
    sure, n = confidence[order], len(confidence)
    choices = []
    for level in range(LEVELS, 0, -1):
        rank = -(-n * level // LEVELS)  # of the first row that is not accepted
        threshold = float(sure[rank]) if rank < n else -np.inf
        kept = order[:rank][sure[:rank] > threshold]
        n_wrong = int(wrong[kept].sum())
        bound = binomial_bound(n_wrong, len(kept), delta / LEVELS)
        choices.append(Choice(threshold, len(kept), n_wrong, bound))
        if bound <= target:
            return choices[-1]
    return min(choices, key=lambda choice: choice.bound)


def binomial_bound(n_wrong: int, n: int, delta: float) -> float:
    """Return the rate that so few errors in `n` draws leave possible, but for `delta`.

    Examples
    --------
    >>> round(binomial_bound(0, 59, 0.05), 4)
    0.0495
    """
    return 1.0 if n_wrong >= n else float(beta.ppf(1 - delta, n_wrong + 1, n - n_wrong))


def novelty_threshold(scores: np.ndarray, false_alarms: float) -> float:
    """Return the score at or below which a row is taken for new.

    A row like these is, with probability at most `false_alarms`, whatever the score:
    it is the conformal p-value of [1]_ that falls short.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Higher is more like the training rows.
    false_alarms : float
        In [0, 1).

    Returns
    -------
    float
        Minus infinity where the rows are too few to say.

    References
    ----------
    .. [1] Bates, S., Candès, E., Lei, L., Romano, Y. & Sesia, M. (2023). Testing for
       outliers with conformal p-values. Annals of Statistics 51, 149-178.

    Examples
    --------
    >>> import numpy as np
    >>> novelty_threshold(np.arange(19.0), 0.05)
    0.0
    """
    rank = int(np.floor(false_alarms * (len(scores) + 1) + 1e-9))
    return float(np.partition(scores, rank - 1)[rank - 1]) if rank else -np.inf
