"""What a fitted estimator holds: arrays and plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from sknn_bio.training.plan import MemberPlan, Network, TrainingSettings
from sknn_bio.training.prediction import stored_outputs
from sknn_bio.training.run import Scaling
from sknn_bio.training.trained import TrainedPopulation


@dataclass
class FittedPopulation:
    """A fitted estimator's state: nothing of a device, no rows of the training table.

    Attributes
    ----------
    network : Network
    weights : dict of ndarray
        Stacked on the member axis.
    scaling : Scaling
    settings : TrainingSettings
    plan : MemberPlan
        Without rows.
    net_history : list of dict
        skorch's.
    optimizer_state : dict
        Kept by ``partial_fit`` only.
    """

    network: Network
    weights: dict[str, np.ndarray]
    scaling: Scaling
    settings: TrainingSettings
    plan: MemberPlan
    net_history: list[dict]
    optimizer_state: dict = field(default_factory=dict)

    @classmethod
    def of(cls, job, trained: TrainedPopulation) -> FittedPopulation:
        """Return what is to be kept of a job and its training."""
        return cls(
            job.network,
            trained.weights,
            job.scaling,
            job.settings,
            job.plan.without_rows(),
            trained.net_history,
        )

    def outputs(self, X, device: str) -> np.ndarray:
        """Return the raw outputs (M, n, C) for a checked table."""
        return stored_outputs(self.network, self.weights, self.scaling, X, device)

    def start(self, module: torch.nn.Module) -> None:
        """Let a module start from these weights.

        Raises
        ------
        ValueError
            If its shape is another one.
        """
        state = module.state_dict()
        for name, value in self.weights.items():
            if name not in state or state[name].shape != value.shape:
                raise ValueError(
                    "warm_start and partial_fit need the network's shape of the first "
                    f"fit, got another one for {name!r}"
                )
            state[name] = torch.as_tensor(value)
        module.load_state_dict(state)
