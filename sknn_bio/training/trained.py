"""What training leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd


@dataclass
class TrainedPopulation:
    """What training leaves: arrays and plain values.

    Attributes
    ----------
    weights : dict of ndarray
        Stacked on the member axis; each member's best, or last.
    best_epoch, n_epochs : ndarray of shape (M,), int
    history : DataFrame
        member, epoch, train_loss, valid_loss, metrics, lr, seconds.
    net_history : list of dict
        skorch's history.
    predictions : list of ndarray of shape (M, n, C)
        Raw validation outputs of every epoch, where they were asked for.
    interrupted : bool
    diverged, failed : ndarray of shape (M,), bool
        Members whose loss became infinite or NaN; members without any good epoch.
    optimizer_state : dict
    """

    weights: dict[str, np.ndarray]
    best_epoch: np.ndarray
    n_epochs: np.ndarray
    history: pd.DataFrame
    net_history: list[dict[str, Any]]
    predictions: list[np.ndarray] = field(default_factory=list)
    interrupted: bool = False
    diverged: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    failed: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    optimizer_state: dict[str, Any] = field(default_factory=dict)

    def pick(self, members) -> TrainedPopulation:
        """Return what is left of some of the members."""
        members = np.asarray(members)
        place = {int(m): i for i, m in enumerate(members)}
        history = self.history[self.history["member"].isin(members)]
        history = history.assign(member=history["member"].map(place))
        return TrainedPopulation(
            {name: w[members] for name, w in self.weights.items()},
            self.best_epoch[members],
            self.n_epochs[members],
            history.sort_values(["member", "epoch"]).reset_index(drop=True),
            self.net_history[: int(self.n_epochs[members].max())],
            [p[members] for p in self.predictions],
            self.interrupted,
            self.diverged[members],
            self.failed[members],
        )

    def with_failed(self, n_failed: int) -> TrainedPopulation:
        """Return the population with members behind these that were not trained."""

        def longer(array: np.ndarray, value: Any = 0) -> np.ndarray:
            shape = (n_failed, *array.shape[1:])
            return np.concatenate([array, np.full(shape, value, array.dtype)])

        return replace(
            self,
            weights={name: longer(w) for name, w in self.weights.items()},
            best_epoch=longer(self.best_epoch),
            n_epochs=longer(self.n_epochs),
            predictions=[longer(p, np.nan) for p in self.predictions],
            diverged=longer(self.diverged),
            failed=longer(self.failed, True),
        )
