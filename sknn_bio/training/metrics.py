"""Epoch scores, for all members at once.

A metric takes raw outputs ``(M, n, C)``, targets and weights ``(M, n)`` (0 for
padding), and returns ``(M,)``; greater is better but for those in ``LOWER_IS_BETTER``.
They agree with scikit-learn's (``tests/training/test_metrics.py``), which would take
a Python call a member and epoch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def roc_auc(raw: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Area under the ROC curve; macro one-vs-rest for several classes.

    NaN where a class is absent.
    """
    if raw.shape[-1] == 1:
        return _binary_auc(raw.squeeze(-1), target, weight)
    prob = torch.softmax(raw, dim=-1)
    each = [
        _binary_auc(prob[..., c], (target == c).long(), weight)
        for c in range(raw.shape[-1])
    ]
    return torch.stack(each).mean(0)


def _binary_auc(score: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """P(a positive scores above a negative), ties counted half. (M, n) → (M,)."""
    score, order = score.sort(dim=1)
    weight = weight.gather(1, order)
    if weight.device.type != "mps":  # Metal has no double precision
        weight = weight.double()
    positive = weight * target.gather(1, order)
    negative = weight - positive
    zero = positive.new_zeros(len(positive), 1)
    below = torch.cat([zero, positive.cumsum(1)], 1)
    first = torch.searchsorted(score, score, right=False)
    last = torch.searchsorted(score, score, right=True)
    above = below[:, -1:] - (below.gather(1, first) + below.gather(1, last)) / 2
    return (above * negative).sum(1) / (below[:, -1] * negative.sum(1))


def accuracy(raw: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Share of rows whose likeliest class is right."""
    if raw.shape[-1] == 1:
        hit = (raw.squeeze(-1) > 0) == (target == 1)
    else:
        hit = raw.argmax(-1) == target
    return (hit * weight).sum(1) / weight.sum(1)


def r2(raw: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Coefficient of determination, the mean over the outputs. Target (M, n, C)."""
    w = weight.unsqueeze(-1)
    mean = (target * w).sum(1, keepdim=True) / w.sum(1, keepdim=True)
    residual = ((target - raw).square() * w).sum(1)
    total = ((target - mean).square() * w).sum(1)
    return (1 - residual / total).mean(-1)


def mean_absolute_error(raw: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute error over rows and outputs."""
    error = (target - raw).abs().mean(-1)
    return (error * weight).sum(1) / weight.sum(1)


Metric = Callable[[Tensor, Tensor, Tensor], Tensor]

METRICS: dict[str, dict[str, Metric]] = {
    "classification": {"roc_auc": roc_auc, "accuracy": accuracy},
    "regression": {"r2": r2, "mean_absolute_error": mean_absolute_error},
}
DEFAULT_METRIC = {"classification": "roc_auc", "regression": "r2"}
LOWER_IS_BETTER = {"valid_loss", "mean_absolute_error"}
