"""An epoch's validation outputs, and what they are worth, member by member."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from sknn_bio.data import MemberRows
from sknn_bio.nn.losses import Loss
from sknn_bio.training.metrics import METRICS
from sknn_bio.training.run import PopulationRun


def outputs(run: PopulationRun, module: nn.Module, rows: MemberRows) -> Tensor:
    """Return the raw outputs (M, n, C); each process computes a share of them.

    They are written into their place at once: small pieces that are kept between great
    ones that are freed would leave a heap of holes.
    """
    processes = run.processes
    whole: Tensor | None = None
    for start, x in rows.shares(processes.rank, processes.size):
        raw = module(x)
        if whole is None:
            whole = raw.new_zeros(len(raw), rows.y.shape[1], raw.shape[2])
        whole[:, start : start + raw.shape[1]] = raw
    assert whole is not None
    return processes.sum(whole)


def scores(
    run: PopulationRun, loss: Loss, raw: Tensor, rows: MemberRows
) -> dict[str, np.ndarray]:
    """Return the validation loss and the metrics, each of shape (M,), in float64.

    Parameters
    ----------
    run : PopulationRun
    loss : Loss
    raw : Tensor of shape (M, n, C)
    rows : MemberRows
        With targets and weights (M, n).
    """
    each = loss(raw, run.scale_target(rows.y))
    found = {"valid_loss": (each * rows.weight).sum(1) / rows.weight.sum(1)}
    answer, goal = run.for_metrics(raw, rows.y)
    for name in run.metric_names:
        found[name] = METRICS[run.settings.task][name](answer, goal, rows.weight)
    return {name: value.cpu().double().numpy() for name, value in found.items()}
