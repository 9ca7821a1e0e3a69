"""What happens to a population's gradients between backward and step."""

from __future__ import annotations

from torch import nn

from sknn_bio.training.optimizers import decays


def add_l1(module: nn.Module, l1: float) -> None:
    """Add the subgradient of ``l1 * |w|`` of every weight matrix."""
    for name, p in module.named_parameters():
        if decays(name, p) and p.grad is not None:
            p.grad.add_(p.detach().sign(), alpha=l1)


def clip_members(module: nn.Module, norm: float) -> None:
    """Scale each member's gradients down to a norm, over all its parameters."""
    grads = [p.grad for p in module.parameters() if p.grad is not None]
    square = sum(g.flatten(1).square().sum(1) for g in grads)
    factor = (norm / (square.sqrt() + 1e-6)).clamp(max=1.0)
    for g in grads:
        g.mul_(factor.view(-1, *[1] * (g.ndim - 1)))
