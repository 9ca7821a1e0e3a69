"""Learning-rate schedules as functions of the share of training that is done."""

from __future__ import annotations

import math
from collections.abc import Callable


def constant(progress: float) -> float:
    """Return 1 throughout."""
    return 1.0


def cosine(progress: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov and Hutter, 2017, "SGDR")."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def one_cycle(progress: float) -> float:
    """Rise from 1/25 for 30 % of training, then fall to 1/250,000 (Smith, 2018)."""
    low, high, end, peak = 1 / 25, 1.0, 1 / 250_000, 0.3
    if progress < peak:
        return _between(low, high, progress / peak)
    return _between(high, end, (progress - peak) / (1 - peak))


def step(progress: float) -> float:
    """A tenth after each third of training."""
    return 0.1 ** int(3 * progress)


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": constant,
    "cosine": cosine,
    "one_cycle": one_cycle,
    "step": step,
    # The rate of each member falls when its own curve is flat: see the tracker.
    "reduce_on_plateau": constant,
}
