"""The population's bookkeeping: curves, best weights and stopping of each member."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from sknn_bio.training.metrics import LOWER_IS_BETTER

_PLATEAU_FACTOR = 0.5
# What the constructor is told; all the rest changes from epoch to epoch.
_TOLD = ("monitor", "patience", "min_delta", "restore", "keep_predictions")


class Tracker:
    """Follow every member through the epochs.

    Parameters
    ----------
    n_members : int
    monitor : str
        Name of the curve that decides; a member on whose validation rows it is not
        defined (a class is absent) is judged by ``valid_loss``.
    patience : int or None
        Epochs without improvement before a member stops; None: never.
    min_delta : float
        What counts as an improvement.
    restore : bool
        Whether members keep their best weights, and stop; else the last ones stay.
    keep_predictions : bool
        Whether the validation outputs of every epoch are kept, for honest
        out-of-fold predictions.

    Attributes
    ----------
    alive : ndarray of int
        The members still in training, in the population's order.
    stopped, diverged : ndarray of shape (M,), bool
    best_epoch, last_epoch : ndarray of shape (M,), int
        1-based; 0 before the first.
    curves : list of dict
        An epoch's curves, and ``member``: the members that they are of.
    """

    def __init__(
        self,
        n_members: int,
        monitor: str,
        patience: int | None,
        min_delta: float,
        restore: bool,
        keep_predictions: bool,
    ):
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self.restore, self.keep_predictions = restore, keep_predictions
        self.alive = np.arange(n_members)
        self.curves: list[dict[str, Any]] = []
        self.predictions: list[np.ndarray] = []
        self.best_epoch = np.zeros(n_members, np.int64)
        self.best_score = np.full(n_members, -np.inf)
        self.best_loss = np.full(n_members, np.inf)
        self.last_epoch = np.zeros(n_members, np.int64)
        self.stopped = np.zeros(n_members, bool)
        self.diverged = np.zeros(n_members, bool)
        self.falls_back = np.zeros(n_members, bool)
        self.best_state: dict[str, Tensor] | None = None
        self._lowest = np.full(n_members, np.inf)
        self._flat = np.zeros(n_members, np.int64)
        self._halvings = np.zeros(n_members, np.int64)

    def state(self) -> dict[str, Any]:
        """Return what has been followed so far, for :meth:`load`."""
        return {k: v for k, v in vars(self).items() if k not in (*_TOLD, "_scores")}

    def load(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from :meth:`state`, with the best weights on a device."""
        vars(self).update(state)
        if self.best_state is not None:
            self.best_state = {k: v.to(device) for k, v in self.best_state.items()}

    def update(
        self,
        epoch: int,
        record: dict[str, np.ndarray],
        state: dict[str, Tensor],
        raw: Tensor | None,
    ) -> None:
        """Take in an epoch and see which members stop with it.

        Parameters
        ----------
        epoch : int
            1-based.
        record : dict of ndarray of shape (alive,)
            The epoch's curves.
        state : dict of Tensor
            The present weights, stacked over the alive members.
        raw : Tensor of shape (alive, n, C) or None
            Validation outputs.
        """
        alive = self.alive
        self.curves.append({"member": alive, **record})
        running = ~self.stopped[alive]
        self.last_epoch[alive[running]] = epoch
        bad = ~np.isfinite(record["train_loss"])
        if self.restore:
            bad |= ~np.isfinite(record["valid_loss"])
        bad &= running
        self.diverged[alive[bad]] = True
        self.stopped[alive[bad]] = True
        for name in set(record) - {"train_loss", "lr", "seconds"}:
            record[name][bad] = np.nan  # ranks of NaN are numbers, and no score
        if self.keep_predictions and raw is not None:
            self.predictions.append(raw.cpu().numpy())
        if not self.restore:
            fell = record["train_loss"] < self._lowest[alive]
            self._lowest[alive[fell]] = record["train_loss"][fell]
            self._follow_plateau(fell)
            return
        improved = self._improved(record, epoch) & running & ~bad
        if improved.any():
            self._remember(record, state, improved, epoch)
        self._follow_plateau(improved)
        if self.patience is not None:
            late = epoch - self.best_epoch[alive] >= self.patience
            self.stopped[alive[late]] = True

    def _improved(self, record: dict[str, np.ndarray], epoch: int) -> np.ndarray:
        alive, loss = self.alive, record["valid_loss"]
        value = record[self.monitor]
        score = -value if self.monitor in LOWER_IS_BETTER else value
        if epoch == 1:
            self.falls_back[alive] = np.isnan(score)
        score = np.where(self.falls_back[alive], -loss, score)
        best = self.best_score[alive]
        # A metric of ranks has ties; the better of two equals has the lower loss.
        equal = (score == best) & (loss < self.best_loss[alive] - self.min_delta)
        self._scores = score
        return (score > best + self.min_delta) | equal

    def _remember(
        self,
        record: dict[str, np.ndarray],
        state: dict[str, Tensor],
        improved: np.ndarray,
        epoch: int,
    ) -> None:
        who = self.alive[improved]
        self.best_epoch[who] = epoch
        self.best_score[who] = self._scores[improved]
        self.best_loss[who] = record["valid_loss"][improved]
        if self.best_state is None:
            total = len(self.best_epoch)
            self.best_state = {
                name: value.new_empty((total, *value.shape[1:]))
                for name, value in state.items()
            }
        if len(who) == len(self.best_epoch):
            for name, value in state.items():
                self.best_state[name].copy_(value)
            return
        device = next(iter(state.values())).device
        to = torch.as_tensor(who, device=device)
        source = torch.as_tensor(np.flatnonzero(improved), device=device)
        for name, value in state.items():
            self.best_state[name].index_copy_(0, to, value.index_select(0, source))

    def _follow_plateau(self, improved: np.ndarray) -> None:
        wait = max(1, (self.patience or 20) // 2)
        flat = np.where(improved, 0, self._flat[self.alive] + 1)
        self._halvings[self.alive[flat >= wait]] += 1
        self._flat[self.alive] = np.where(flat >= wait, 0, flat)

    def plateau_factor(self) -> np.ndarray:
        """Return the learning-rate factor of each alive member on plateaus.

        Halved, for good, after each half patience (ten epochs without one) in which
        the monitored curve did not improve; the training loss where none is.
        """
        return _PLATEAU_FACTOR ** self._halvings[self.alive]
