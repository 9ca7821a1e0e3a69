"""Local quadratic regression of one column on one other: Cleveland's loess."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicHermiteSpline

_CELL = 0.2  # share of the span above which a cell of points is cut in two
_MARGIN = 0.005  # of the range, on both sides of the points
_FEWEST = 4  # neighbours: the farthest weighs nothing, three make a parabola


def loess(x: np.ndarray, y: np.ndarray, *, span: float = 0.3) -> np.ndarray:
    """Smooth `y` over `x` by local parabolas with tricube weights.

    The curve and its slope are fitted at a few vertices and joined by cubic pieces, as
    in the authors' own program [1]_ (``surface="interpolate"``), whose answers these
    are to rounding.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        At least one point; finite.
    span : float, default=0.3
        Share of the points that a local fit looks at, in (0, 1].

    Returns
    -------
    fitted : ndarray of shape (n,)

    Notes
    -----
    Differs from the original where it gives up: a local fit looks at four points or
    more, and where all its points share one x it is their mean.

    References
    ----------
    .. [1] Cleveland, W. S. & Grosse, E. (1991). Computational methods for local
       regression. Statistics and Computing 1, 47-62.
    """
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    n = len(x)
    fitted = np.empty(n)
    if x[0] == x[-1]:
        fitted[:] = y.mean()
        return fitted
    n_near = min(n, max(int(n * span + 1e-5), _FEWEST))
    vertices = _vertices(x, max(int(n * span * _CELL), 1))
    values, slopes = np.transpose([_local_fit(x, y, v, n_near) for v in vertices])
    fitted[order] = CubicHermiteSpline(vertices, values, slopes)(x)
    return fitted


def _vertices(x: np.ndarray, most: int) -> np.ndarray:
    """Cut sorted points at their median until no cell holds more than `most`."""
    margin = _MARGIN * (x[-1] - x[0])
    cuts = {x[0] - margin, x[-1] + margin}
    cells = [(0, len(x))]
    while cells:
        low, high = cells.pop()
        if high - low > most:
            middle = _middle(x, low, high)
            if x[middle - 1] not in cuts:
                cuts.add(x[middle - 1])
                cells += [(low, middle), (middle, high)]
    return np.sort(list(cuts))


def _middle(x: np.ndarray, low: int, high: int) -> int:
    """Return where the upper half begins, without parting equal points."""
    middle = (low + high + 1) // 2
    steps = np.flatnonzero(np.diff(x[low:high]))[::-1] + low + 1
    return int(steps[np.argmin(abs(steps - middle))]) if len(steps) else middle


def _local_fit(
    x: np.ndarray, y: np.ndarray, at: float, n_near: int
) -> tuple[float, float]:
    """Return value and slope at `at` of the parabola through its nearest points."""
    distance = abs(x - at)
    width = np.partition(distance, n_near - 1)[n_near - 1]
    if width == 0:
        return float(y[distance == 0].mean()), 0.0
    near = distance < width
    t = (x[near] - at) / width
    root = np.sqrt((1 - abs(t) ** 3) ** 3)
    design = root[:, None] * np.stack([np.ones_like(t), t, t**2], axis=1)
    value, slope, _ = np.linalg.lstsq(design, root * y[near], rcond=None)[0]
    return float(value), float(slope / width)
