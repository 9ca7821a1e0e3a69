"""What a population is: its members' rows and rates, and what they share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class MemberPlan:
    """What each member has of its own; every field has one entry a member.

    Attributes
    ----------
    train_rows : tuple of M int arrays
        Rows of the training table.
    valid_rows : tuple of M int arrays, or None
        Rows of the validation table (which may be the training table).
    seeds : ndarray of shape (M,), int64
    lr, weight_decay, dropout, input_dropout : ndarray of shape (M,)
    views : tuple of M str, or None
        How each scales its inputs (:class:`sknn_bio.data.InputMap`); None: not at all.
    """

    train_rows: tuple[np.ndarray, ...]
    valid_rows: tuple[np.ndarray, ...] | None
    seeds: np.ndarray
    lr: np.ndarray
    weight_decay: np.ndarray
    dropout: np.ndarray
    input_dropout: np.ndarray
    views: tuple[str, ...] | None = None

    @property
    def n_members(self) -> int:
        """Number of members, M."""
        return len(self.train_rows)

    def without_rows(self) -> MemberPlan:
        """Return the plan as a fitted estimator keeps it."""
        none = tuple(np.empty(0, np.int64) for _ in self.train_rows)
        return replace(self, train_rows=none, valid_rows=None)

    def pick(self, members) -> MemberPlan:
        """Return the plan of some of the members."""
        valid = self.valid_rows
        return MemberPlan(
            tuple(self.train_rows[m] for m in members),
            None if valid is None else tuple(valid[m] for m in members),
            *(
                getattr(self, name)[list(members)]
                for name in ("seeds", "lr", "weight_decay", "dropout", "input_dropout")
            ),
            None if self.views is None else tuple(self.views[m] for m in members),
        )


@dataclass(frozen=True)
class Network:
    """The shape that a population shares, in plain values.

    Attributes
    ----------
    d_in, d_out : int
    module : type or None
        A user's own ``torch.nn.Module`` class; None for the library's perceptron.
    params : dict
        Keyword arguments of the module, or of :class:`sknn_bio.nn.MLP`.
    """

    d_in: int
    d_out: int
    module: Any = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingSettings:
    """What the members of a population share while they train.

    Attributes
    ----------
    dtype : {"float32", "float64"}
        Of weights, moments and tables.
    half_products : bool
        Whether matrix products are in bfloat16.
    """

    max_epochs: int
    batch_size: int
    monitor: str
    restore_best: bool
    patience: int | None
    min_delta: float
    optimizer: Any
    optimizer_params: dict[str, Any]
    lr_schedule: str
    l1: float
    gradient_clip: float | None
    device: str
    dtype: str
    half_products: bool
    task: str
    n_classes: int
    keep_oof: bool = False
    checkpoint_dir: str | None = None

    def but(self, **changes) -> TrainingSettings:
        """Return a copy with some fields changed."""
        return replace(self, **changes)
