"""Losses by name: one number a row and member, and its gradient.

Every loss takes the raw output ``(M, B, C)`` and the target, and returns ``(M, B)``.
Targets are ``(M, B)`` class codes for classifiers (int64; floats where there is one
output, the logit of class 1), ``(M, B, C)`` floats for
regressors.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Loss(nn.Module):
    """A loss a row.

    Attributes
    ----------
    standardize_target : bool
        Whether a regressor's target is standardised for this loss.
    """

    standardize_target: bool = True

    def value_and_gradient(
        self, raw: Tensor, target: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return each member's weighted loss (M,) and the raw output's gradient."""
        leaf = raw.detach().requires_grad_()
        with torch.enable_grad():
            value = (self(leaf, target) * weight).sum(1)
            (grad,) = torch.autograd.grad(value.sum(), leaf)
        return value.detach(), grad


class CrossEntropy(Loss):
    """Cross-entropy with logits; binary where there is one output.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of each label that is spread evenly over the classes (Szegedy et al.,
        2016, "Rethinking the Inception architecture for computer vision").
    """

    def __init__(self, label_smoothing: float = 0.0):
        super().__init__()
        self.label_smoothing = label_smoothing

    def _binary_target(self, raw: Tensor, target: Tensor) -> Tensor:
        soft = target.to(raw.dtype)
        if self.label_smoothing:
            soft = soft * (1 - self.label_smoothing) + self.label_smoothing / 2
        return soft

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        if raw.shape[-1] == 1:
            logit = raw.squeeze(-1)
            soft = self._binary_target(raw, target)
            return F.binary_cross_entropy_with_logits(logit, soft, reduction="none")
        log_p = F.log_softmax(raw, dim=-1)
        loss = -log_p.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        if self.label_smoothing:
            s = self.label_smoothing
            loss = (1 - s) * loss - s * log_p.mean(-1)
        return loss

    def value_and_gradient(self, raw, target, weight):
        if raw.shape[-1] == 1:
            logit = raw.squeeze(-1)
            soft = self._binary_target(raw, target)
            loss = F.binary_cross_entropy_with_logits(logit, soft, reduction="none")
            grad = torch.sigmoid(logit).sub_(soft).mul_(weight)
            return (loss * weight).sum(1), grad.unsqueeze(-1)
        value = (self(raw, target) * weight).sum(1)
        grad = torch.softmax(raw, dim=-1)
        s = self.label_smoothing
        if s:
            grad = grad - s / raw.shape[-1]
        grad.scatter_add_(
            -1, target.unsqueeze(-1), grad.new_full((*target.shape, 1), s - 1.0)
        )
        return value, grad * weight.unsqueeze(-1)


class Focal(Loss):
    """Cross-entropy that looks away from what is easy: ``(1 - p)^γ · CE``.

    Parameters
    ----------
    gamma : float, default=2.0
        How strongly; 0 is cross-entropy.

    References
    ----------
    Lin et al. (2017), "Focal loss for dense object detection".
    """

    def __init__(self, gamma: float = 2.0):
        super().__init__()
        self.gamma = gamma
        self._cross_entropy = CrossEntropy()

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        loss = self._cross_entropy(raw, target)
        return (1 - torch.exp(-loss)).clamp(min=1e-12) ** self.gamma * loss


class Hinge(Loss):
    """Hinge loss; for several classes that of Crammer and Singer (2001)."""

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        if raw.shape[-1] == 1:
            sign = target.to(raw.dtype) * 2 - 1
            return F.relu(1 - sign * raw.squeeze(-1))
        own = raw.gather(-1, target.unsqueeze(-1))
        rival = raw.scatter(-1, target.unsqueeze(-1), -torch.inf).amax(-1)
        return F.relu(1 + rival - own.squeeze(-1))


class SquaredError(Loss):
    """Half the mean squared error over the outputs."""

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        return (raw - target).square().mean(-1) / 2

    def value_and_gradient(self, raw, target, weight):
        residual = raw - target
        value = (residual.square().mean(-1) / 2 * weight).sum(1)
        return value, residual * (weight / raw.shape[-1]).unsqueeze(-1)


class AbsoluteError(Loss):
    """Mean absolute error over the outputs."""

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        return (raw - target).abs().mean(-1)


class Huber(Loss):
    """Squared near zero, absolute beyond `delta` standard deviations of the target.

    Parameters
    ----------
    delta : float, default=1.0

    References
    ----------
    Huber (1964), "Robust estimation of a location parameter".
    """

    def __init__(self, delta: float = 1.0):
        super().__init__()
        self.delta = delta

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        loss = F.huber_loss(raw, target, reduction="none", delta=self.delta)
        return loss.mean(-1)


class LogCosh(Loss):
    """``log(cosh(error))``, a smooth absolute error."""

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        error = (raw - target).abs()
        log_two = 0.6931471805599453
        return (error + F.softplus(-2 * error) - log_two).mean(-1)


class Quantile(Loss):
    """Pinball loss, whose minimum is the `quantile` of the target.

    Parameters
    ----------
    quantile : float, default=0.5

    References
    ----------
    Koenker and Bassett (1978), "Regression quantiles".
    """

    def __init__(self, quantile: float = 0.5):
        super().__init__()
        self.quantile = quantile

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        error = target - raw
        return torch.maximum(self.quantile * error, (self.quantile - 1) * error).mean(
            -1
        )


class Poisson(Loss):
    """Poisson deviance (half of it, up to a constant) of a log rate."""

    standardize_target = False

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        return (torch.exp(raw) - target * raw).mean(-1)


LOSSES: dict[str, dict[str, type[Loss]]] = {
    "classification": {
        "cross_entropy": CrossEntropy,
        "hinge": Hinge,
        "focal": Focal,
    },
    "regression": {
        "squared_error": SquaredError,
        "absolute_error": AbsoluteError,
        "huber": Huber,
        "log_cosh": LogCosh,
        "quantile": Quantile,
        "poisson": Poisson,
    },
}
