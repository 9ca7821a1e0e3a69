"""Attributions of a batch of rows after another, summed up in the table's columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sknn_bio.inspection._path_network import PathNetwork
from sknn_bio.inspection._path_routes import ByColumn, Route, add_columns

# Rows whose answer moves less than this from the baseline's, in units of the answer,
# are counted as if it moved so much.
LEAST_MOVE = 0.01


@dataclass(frozen=True)
class Accuracy:
    """How exact a path integral has to be, and at which cost.

    Attributes
    ----------
    tol : float
        Largest relative completeness error.
    n_steps, max_steps : int
        Points on a path at first, and at most.
    """

    tol: float
    n_steps: int
    max_steps: int


def integrate(
    network: PathNetwork, z0: Tensor, z: Tensor, allowed: Tensor, accuracy: Accuracy
) -> tuple[Tensor, Tensor]:
    """Integrate gradients, with more points for the rows that need them.

    The sum over the columns is known at the first layer, before the way back to them.

    Parameters
    ----------
    network : PathNetwork
    z0, z : Tensor of shape (M, 1 or B, H) and (M, B, H)
        First hidden units of the baseline and of the rows.
    allowed : Tensor of shape (B, K)
        By how much a sum may miss the way of an answer.
    accuracy : Accuracy

    Returns
    -------
    gradients : Tensor of shape (K, M, B, H)
        Mean gradients of each answer.
    missed : Tensor of shape (B, K)
    """
    way = network.answer(z).mean(0) - network.answer(z0).mean(0)
    n_steps = accuracy.n_steps
    gradients = network.mean_gradients(z0, z, n_steps)
    while True:
        missed = way - ((z - z0) * gradients).sum(3, dtype=network.wide).mean(1).T
        above = missed.abs() > allowed
        n_steps *= 2
        if not above.any() or n_steps > accuracy.max_steps:
            return gradients, missed
        # A row is often done for most classes: each goes on with its own rows.
        for k in above.any(0).nonzero()[:, 0].tolist():
            rows = above[:, k].nonzero()[:, 0]
            start = z0 if z0.shape[1] == 1 else z0[:, rows]
            again = network.mean_gradients(start, z[:, rows], n_steps, only=k)
            gradients[k, :, rows] = again[0]


class Collector:
    """Attributions of a table, batch by batch.

    Parameters
    ----------
    network : PathNetwork
    route : Route
        From the network's table back to the user's.
    starts : Tensor of shape (M, n_baselines, D)
    n_rows : int

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_used, K)
    columns : ndarray of shape (n_used,)
        The user's columns that the network can see.
    outputs, base, error : ndarray of shape (n_rows, K)
        The rows' and the baselines' answers; relative completeness errors.
    members : ndarray of shape (n_members, n_used)
        Sums of absolute attributions.
    """

    def __init__(self, network: PathNetwork, route: Route, starts: Tensor, n_rows: int):
        self._network, self._route, self._starts = network, route, starts
        owner = network.owner.cpu().numpy()
        self._source = owner
        if isinstance(route, ByColumn):
            source = route.source[owner]
            self.columns = np.unique(source[source >= 0])
            place = np.full(route.n_in + 1, -1)
            place[self.columns] = np.arange(len(self.columns))
            self._source = place[source]
        else:
            self.columns = np.arange(route.n_in)
        is_absent = torch.as_tensor(self._source < 0, device=starts.device)
        self._is_absent = is_absent if is_absent.any() else None
        n_answers = network.answer(network.stem(starts[:, :1])).shape[2]
        shape = (n_rows, n_answers)
        self.outputs, self.base, self.error = (np.empty(shape) for _ in range(3))
        dtype = np.float64 if starts.dtype == torch.float64 else np.float32
        self.values = np.empty((n_rows, len(self.columns), n_answers), dtype)
        self.members = np.zeros((network.n_members, len(self.columns)))

    def add(self, rows: slice, x: Tensor, accuracy: Accuracy, target: Any) -> None:
        """Explain some rows.

        Parameters
        ----------
        rows : slice
        x : Tensor of shape (M, B, D)
        accuracy : Accuracy
        target : fitted transformer or None
            Of a regressor's target.
        """
        network = self._network
        z = network.stem(x)
        starts = [self._start(x, b) for b in range(self._starts.shape[1])]
        answer = network.answer(z).mean(0)
        bases = [network.answer(network.stem(start)).mean(0) for start in starts]
        base = torch.stack(bases).mean(0).expand_as(answer)
        way = (answer - base).abs().maximum(LEAST_MOVE * network.unit(base))
        total: Any = 0.0
        missed: Any = 0.0
        for b, start in enumerate(starts):
            gradients, rest = integrate(
                network, network.stem(start), z, accuracy.tol * way, accuracy
            )
            moved = x - start
            each = [self._pull(moved * network.back(g), rows, b) for g in gradients]
            total = total + torch.stack(each) / len(starts)
            missed = missed + rest / len(starts)
        # A way of no length has nothing to miss.
        error = torch.where(missed == 0, 0.0, missed.abs() / way)
        self.error[rows] = error.cpu()
        ends = [answer.cpu().numpy(), base.cpu().numpy()]
        if target is not None:
            *ends, ratio = _in_own_unit(target, *ends)
            total = total * total.new_tensor(ratio.T)[:, None, :, None]
        self.outputs[rows], self.base[rows] = ends
        self.values[rows] = total.mean(1).permute(1, 2, 0).cpu().numpy()
        sizes = total.abs_().sum(2, dtype=network.wide).mean(0)
        self.members += sizes.cpu().numpy()

    def _start(self, x: Tensor, baseline: int) -> Tensor:
        start = self._starts[:, baseline : baseline + 1]
        if self._is_absent is None:
            return start
        # What the table does not have cannot have moved the answer.
        return torch.where(self._is_absent, x, start)

    def _pull(self, values: Tensor, rows: slice, baseline: int) -> Tensor:
        """First-layer inputs (M, B, D) → the user's columns that are seen."""
        if isinstance(self._route, ByColumn):
            return add_columns(values, self._source, len(self.columns))
        values = add_columns(values, self._source, self._route.n_out)
        return self._route.pull(values, rows, baseline)


def _in_own_unit(target: Any, own: np.ndarray, base: np.ndarray) -> tuple:
    """Return the answers in the target's unit, and by what attributions grow."""
    after = [target.inverse_transform(part).reshape(part.shape) for part in (own, base)]
    moved = own - base
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(moved == 0, 0.0, (after[0] - after[1]) / moved)
    return (*after, ratio)
