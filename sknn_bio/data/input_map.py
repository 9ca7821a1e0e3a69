"""Each member's own map of the inputs, fitted on its own training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from sknn_bio.data.scaling import FURTHEST, column_moments, relative_scaling, scale_of

SCALINGS = ("standard", "robust", "quantile")
_KNOTS = 64
_CLIP = 3.0
_BLOCK = 1 << 20  # numbers ranked at a time


@dataclass
class InputMap:
    """How each member sees the table, relative to the table's own scaling.

    Attributes
    ----------
    scale, shift : ndarray of shape (M, 1, D), float64
        ``x * scale + shift``: the member's standard or robust scaling.
    clipped : ndarray of shape (M,), bool
        Members whose scaled inputs z become ``z / sqrt(1 + (z / 3)**2)``.
    quantile : ndarray of shape (M,), bool
        Members with knots.
    knots, scores : ndarray of shape (Q, D, K)
        A piecewise linear map of each column for each of those members.
    """

    scale: np.ndarray
    shift: np.ndarray
    clipped: np.ndarray
    quantile: np.ndarray
    knots: np.ndarray
    scores: np.ndarray

    @classmethod
    def fit(
        cls,
        X,
        rows: Sequence[np.ndarray],
        views: Sequence[str],
        weight: np.ndarray | None = None,
    ) -> InputMap:
        """Fit every member's map.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, D)
            The encoded table; a sparse one has standard views only.
        rows : sequence of M index arrays
            Each member's training rows.
        views : sequence of M {"standard", "robust", "quantile"}
            How each sees it: mean and standard deviation; median, inter-quartile range
            and a smooth clip (Holzmüller et al. 2024, RealMLP); normal scores of the
            ranks, standardised.
        weight : ndarray of shape (n_rows,) or None
            For the means and standard deviations.
        """
        scale, shift = relative_scaling(X, rows, weight)
        clipped = np.array([view == "robust" for view in views])
        quantile = np.array([view == "quantile" for view in views])
        known: dict[bytes, tuple] = {}
        tables: list[tuple] = []
        for member in np.flatnonzero(clipped | quantile):
            fit = _robust if clipped[member] else _normal_scores
            key = views[member].encode() + rows[member].tobytes()
            if key not in known:
                known[key] = _in_blocks(fit, X, rows[member])
            if clipped[member]:
                scale[member, 0], shift[member, 0] = known[key]
            else:
                tables.append(known[key])
        widest = max((k.shape[1] for k, _ in tables), default=0)
        stacked = [
            np.array([_widen(pair[i], widest) for pair in tables], np.float32)
            for i in (0, 1)
        ]
        return cls(scale, shift, clipped, quantile, *stacked)

    @classmethod
    def affine(cls, scale: np.ndarray, shift: np.ndarray) -> InputMap:
        """Return the map of members that all scale and shift only."""
        no, none = np.zeros(len(scale), bool), np.empty((0, scale.shape[2], 0))
        return cls(scale, shift, no, no, none, none)

    def pick(self, members) -> InputMap:
        """Return the map of some of the members."""
        chosen = np.arange(len(self.quantile))[members]
        place = np.cumsum(self.quantile) - 1
        tables = place[chosen[self.quantile[chosen]]]
        return InputMap(
            self.scale[chosen],
            self.shift[chosen],
            self.clipped[chosen],
            self.quantile[chosen],
            self.knots[tables],
            self.scores[tables],
        )

    def on(self, device: str | torch.device, dtype: torch.dtype) -> MappedInputs:
        """Return the map as a function of tensors."""
        return MappedInputs(self, device, dtype)


class MappedInputs:
    """The maps of M members, on a device: ``(M or 1, B, D)`` → ``(M, B, D)``.

    Columns after the map's own (codes of categories) pass unchanged; what is missing
    becomes 0, the centre of the member's training rows.
    """

    def __init__(self, source: InputMap, device, dtype: torch.dtype):
        self._source, self._device, self._dtype = source, device, dtype
        self._scale, self._shift = (
            torch.as_tensor(a, dtype=dtype, device=device)
            for a in (source.scale, source.shift)
        )
        self._clipped = self._quantile = None
        if source.clipped.any():
            clip = np.where(source.clipped, 1 / _CLIP, 0.0)[:, None, None]
            self._clipped = torch.as_tensor(clip, dtype=dtype, device=device)
        if source.quantile.any():
            members = np.flatnonzero(source.quantile)
            self._quantile = torch.as_tensor(members, device=device)
            self._knots, self._scores = (
                torch.as_tensor(a, dtype=dtype, device=device)
                for a in (source.knots, source.scores)
            )

    def pick(self, members) -> MappedInputs:
        """Return the maps of some of the members."""
        return MappedInputs(self._source.pick(members), self._device, self._dtype)

    def __call__(self, x: Tensor) -> Tensor:
        codes = x[..., self._scale.shape[2] :]
        x = x[..., : self._scale.shape[2]]
        out = torch.addcmul(self._shift, x, self._scale)
        if self._clipped is not None:
            out = out * torch.rsqrt(1 + (out * self._clipped).square())
        if self._quantile is not None:
            own = x[self._quantile] if len(x) > 1 else x
            out[self._quantile] = self._scores_of(own)
        out = torch.nan_to_num(out, nan=0.0).clamp_(-FURTHEST, FURTHEST)
        if codes.shape[2]:
            out = torch.cat([out, codes.expand(len(out), -1, -1)], 2)
        return out

    def _scores_of(self, x: Tensor) -> Tensor:
        """Interpolate between the knots; beyond the ends, stay at them."""
        columns = x.transpose(1, 2).expand(len(self._knots), -1, -1).contiguous()
        right = torch.searchsorted(self._knots, columns)
        right = right.clamp_(1, self._knots.shape[2] - 1)
        low, high = (self._knots.gather(2, i) for i in (right - 1, right))
        width = high - low
        part = ((columns - low) / torch.where(width > 0, width, 1.0)).clamp(0, 1)
        start, end = (self._scores.gather(2, i) for i in (right - 1, right))
        return torch.lerp(start, end, part).transpose(1, 2)


def _in_blocks(fit: Callable, X: np.ndarray, rows: np.ndarray) -> tuple:
    """Fit some columns at a time: a fit takes many times the memory of its columns."""
    width = max(1, _BLOCK // max(1, len(rows)))
    starts = range(0, max(1, X.shape[1]), width)
    parts = [fit(X[rows, start : start + width]) for start in starts]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def _robust(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift by median and inter-quartile range; half the range where it is 0.

    A column that is constant becomes 0, one that is all missing too.
    """
    ordered = _sorted(X)
    low, center, high = (_at(ordered, share) for share in (0.25, 0.5, 0.75))
    spread = high - low
    whole = (_at(ordered, 1.0) - _at(ordered, 0.0)) / 2
    spread = np.where(spread > 0, spread, whole)
    with np.errstate(divide="ignore"):
        scale = np.where(spread > 0, 1.0 / spread, 0.0)
    return scale, -center * scale


def _normal_scores(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots and standardised normal scores of each column: two arrays (D, K).

    The rank-based inverse normal transformation at up to 64 order statistics; tied
    values share their mean rank.
    """
    ordered, n_present = _sorted(X)
    n_knots = max(2, min(_KNOTS, len(ordered)))
    places = np.linspace(0, 1, n_knots)[:, None] * np.maximum(n_present - 1, 0)
    knots = np.take_along_axis(ordered, np.rint(places).astype(int), axis=0)
    # torch.searchsorted does not take NaN for the end of the order.
    last_is_nan = np.where(np.isnan(ordered), np.inf, ordered)
    values, columns = (torch.from_numpy(a.T.copy()) for a in (knots, last_is_nan))
    first = torch.searchsorted(columns, values).numpy()
    last = torch.searchsorted(columns, values, right=True).numpy()
    count = np.maximum(n_present, 1)[:, None]
    empty = ((n_present == 0) | ~np.isfinite(ordered[0]))[:, None]
    ranks = (first + np.minimum(last, count)) / (2.0 * count)
    scores = np.where(empty, 0.0, ndtri(ranks))
    at = _interpolated(ordered.T, values.numpy(), scores)
    mean, var = column_moments(at.T)
    scores = (scores - mean[:, None]) / scale_of(mean, var, np.inf)[:, None]
    return np.where(empty, 0.0, knots.T), np.where(empty, 0.0, scores)


def _interpolated(columns, knots, scores) -> np.ndarray:
    """Scores (D, n) of the sorted columns themselves."""
    right = torch.searchsorted(
        torch.from_numpy(knots), torch.from_numpy(columns.copy())
    )
    right = np.clip(right.numpy(), 1, knots.shape[1] - 1)
    low, high = (np.take_along_axis(knots, i, 1) for i in (right - 1, right))
    start, end = (np.take_along_axis(scores, i, 1) for i in (right - 1, right))
    width = high - low
    with np.errstate(invalid="ignore"):
        part = np.clip((columns - low) / np.where(width > 0, width, 1.0), 0, 1)
    return start + part * (end - start)


def _sorted(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns in order, what is missing last; and how many values each has."""
    X = np.sort(X.astype(np.float64), axis=0)
    return X, len(X) - np.isnan(X).sum(0)


def _at(ordered: tuple[np.ndarray, np.ndarray], share: float) -> np.ndarray:
    """A quantile of each column, among the values present; 0 where there is none."""
    X, n_present = ordered
    place = share * np.maximum(n_present - 1, 0)
    low, high = (
        np.take_along_axis(X, f(place).astype(int)[None], 0)[0]
        for f in (np.floor, np.ceil)
    )
    return np.nan_to_num(low + (place % 1) * (high - low))


def _widen(table: np.ndarray, n_knots: int) -> np.ndarray:
    """Repeat the last knot up to a common number of them."""
    return np.pad(table, ((0, 0), (0, n_knots - table.shape[1])), mode="edge")
