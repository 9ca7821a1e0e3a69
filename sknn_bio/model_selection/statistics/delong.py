"""Variance of the area under the ROC curve after DeLong, for one test cohort.

References
----------
.. [1] DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). Comparing the areas
   under two or more correlated receiver operating characteristic curves. Biometrics
   44, 837-845.
.. [2] Sun, X. & Xu, W. (2014). Fast implementation of DeLong's algorithm. IEEE Signal
   Processing Letters 21, 1389-1393.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def delong(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the areas of several scores of the same rows, and their covariance.

    Parameters
    ----------
    positive : ndarray of bool, shape (n,)
    scores : ndarray of shape (k, n)
        One score of all rows a model.

    Returns
    -------
    areas : ndarray of shape (k,)
    covariance : ndarray of shape (k, k)
        NaN with fewer than two rows of a class.

    Examples
    --------
    >>> positive = np.array([False, False, True, True])
    >>> areas, covariance = delong(positive, np.array([[0.1, 0.4, 0.35, 0.8]]))
    >>> float(areas[0])
    0.75
    """
    scores = np.atleast_2d(scores)
    ranks = rankdata(scores, axis=1)
    within_pos = rankdata(scores[:, positive], axis=1)
    within_neg = rankdata(scores[:, ~positive], axis=1)
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    # Share of negatives below each positive, and of positives above each negative.
    above = (ranks[:, positive] - within_pos) / n_neg
    below = 1 - (ranks[:, ~positive] - within_neg) / n_pos
    areas = above.mean(1)
    if min(n_pos, n_neg) < 2:
        return areas, np.full((len(areas), len(areas)), np.nan)
    covariance = np.cov(above) / n_pos + np.cov(below) / n_neg
    return areas, np.atleast_2d(covariance)
