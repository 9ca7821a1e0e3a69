"""Everything a population holds while it trains, and what is left of it after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.utils import ClassifierTags, RegressorTags
from torch import Tensor, nn

from sknn_bio.data import (
    ColumnScaler,
    DiskStore,
    InputMap,
    MappedInputs,
    MemberLoader,
    MemberRows,
    StreamLoader,
    StreamRows,
    Table,
    TableEncoder,
)
from sknn_bio.training.metrics import DEFAULT_METRIC, LOWER_IS_BETTER, METRICS
from sknn_bio.training.parallel import Processes, join_processes
from sknn_bio.training.plan import MemberPlan, TrainingSettings
from sknn_bio.training.tracker import Tracker


@dataclass
class Scaling:
    """The maps between the user's numbers and the network's.

    Attributes
    ----------
    columns : TableEncoder
        From the checked table to inputs, the same for all members.
    inputs : InputMap or None
        Each member's own map of those.
    target : ColumnScaler or None
        Of a regressor's targets, for the whole table.
    target_scale, target_shift : ndarray of shape (M, 1, C) or None
        Each member's, relative to `target`.
    """

    columns: TableEncoder
    inputs: InputMap | None = None
    target: ColumnScaler | None = None
    target_scale: np.ndarray | None = None
    target_shift: np.ndarray | None = None

    def pick(self, members) -> Scaling:
        """Return the scaling of some of the members."""
        scale, shift = self.target_scale, self.target_shift
        return Scaling(
            self.columns,
            None if self.inputs is None else self.inputs.pick(members),
            self.target,
            None if scale is None else scale[members],
            None if shift is None else shift[members],
        )


class PopulationRun:
    """A population in training.

    Parameters
    ----------
    plan : MemberPlan
    settings : TrainingSettings
    scaling : Scaling
    train, valid : Table or None
        None in a net that was rebuilt to look at.
    classes : ndarray or None
        A classifier's labels.
    answer : callable
        ``answer(module, X)``: predictions in the user's numbers, for callbacks.
    """

    def __init__(
        self,
        plan: MemberPlan,
        settings: TrainingSettings,
        scaling: Scaling,
        train: Table | None = None,
        valid: Table | None = None,
        classes: np.ndarray | None = None,
        answer: Callable[..., np.ndarray] | None = None,
    ):
        self.plan, self.settings, self.scaling = plan, settings, scaling
        self.classes = classes
        self._answer = answer
        self.processes = Processes()
        self.interrupted = False
        self.record: dict[str, np.ndarray] = {}
        self.raw: Tensor | None = None
        self.train_loader: MemberLoader | StreamLoader | None = None
        self.valid_rows: MemberRows | None = None
        self.bests: dict[str, float] = {}
        self._set_target_scaling(np.arange(plan.n_members))
        if train is None:
            return
        self.processes = join_processes(settings.device)
        reads = isinstance(train.store, DiskStore)
        self.train_loader = (StreamLoader if reads else MemberLoader)(
            train,
            plan.train_rows,
            settings.batch_size,
            plan.seeds.tolist(),
            self._maps(train),
            self.processes.rank,
            self.processes.size,
        )
        if plan.valid_rows is not None:
            assert valid is not None
            reads = isinstance(valid.store, DiskStore)
            kind = StreamRows if reads else MemberRows
            self.valid_rows = kind(valid, plan.valid_rows, self._maps(valid))
        self.tracker = Tracker(
            plan.n_members,
            settings.monitor,
            settings.patience,
            settings.min_delta,
            restore=settings.restore_best,
            keep_predictions=settings.keep_oof,
        )

    def _maps(self, table: Table) -> MappedInputs | None:
        """Return what is left to be done to a table's rows, where something is."""
        if self.scaling.inputs is None or table.mapped:
            return None
        dtype = getattr(torch, self.settings.dtype)
        return self.scaling.inputs.on(self.settings.device, dtype)

    @property
    def metric_names(self) -> list[str]:
        """The default metric, and the monitored one where it is another."""
        names = [DEFAULT_METRIC[self.settings.task]]
        if self.settings.monitor in METRICS[self.settings.task]:
            names.append(self.settings.monitor)
        return list(dict.fromkeys(names))

    @property
    def compute_dtype(self) -> torch.dtype | None:
        """The type of the matrix products, where it is not the weights'."""
        return torch.bfloat16 if self.settings.half_products else None

    def autocast(self):
        """Return the context in which a module runs that autograd differentiates."""
        device = torch.device(self.settings.device).type
        return torch.autocast(device, torch.bfloat16, self.settings.half_products)

    def epoch_seed(self, epoch: int) -> int:
        """Return the seed of an epoch's dropout masks, in this process."""
        own = int(self.plan.seeds[0]) % (2**31) * 100_003 + epoch * 7
        return own + self.processes.rank * 1_000_003

    def plateau_factor(self) -> np.ndarray | None:
        """Return each alive member's factor, where the schedule is on plateaus."""
        if self.settings.lr_schedule != "reduce_on_plateau":
            return None
        return self.tracker.plateau_factor()

    def keep(self, members: np.ndarray) -> None:
        """Go on with some of the present members only."""
        assert self.train_loader is not None
        self.train_loader.keep(members)
        if self.valid_rows is not None:
            self.valid_rows.keep(members)
        self._set_target_scaling(self.tracker.alive)

    def means(self) -> Iterator[tuple[str, float, bool]]:
        """Yield each curve's name, mean over the members, and whether it is the best.

        A member on which the curve is not defined does not count.
        """
        for name, values in self.record.items():
            if name in ("lr", "seconds"):
                continue
            known = values[~np.isnan(values)]
            value = float(known.mean()) if len(known) else float("nan")
            lower = name in LOWER_IS_BETTER or name == "train_loss"
            signed = -value if lower else value
            best = signed > self.bests.get(name, -np.inf)
            if best:
                self.bests[name] = signed
            yield name, value, best

    # Targets ------------------------------------------------------------------------

    def _set_target_scaling(self, members: np.ndarray) -> None:
        scaling = self.scaling
        self._scale = self._shift = None
        if scaling.target_scale is not None and scaling.target_shift is not None:
            dtype = getattr(torch, self.settings.dtype)
            self._scale, self._shift = (
                torch.as_tensor(a[members], dtype=dtype).to(self.settings.device)
                for a in (scaling.target_scale, scaling.target_shift)
            )

    def scale_target(self, y: Tensor) -> Tensor:
        """Table's target → the members' own standardised one."""
        if self._scale is None or self._shift is None:
            return y
        return torch.addcmul(self._shift, y, self._scale)

    def for_metrics(self, raw: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Raw output and the table's target → both in the user's unit.

        Without the target's mean, which the metrics of a regressor do not feel: added
        in single precision, a great one would swallow the digits that matter.
        """
        if self.settings.task != "regression":
            return raw, y
        if self.scaling.target is None:
            return torch.exp(raw), y
        if self._scale is not None:
            raw = (raw - self._shift) / self._scale
        unit = torch.as_tensor(self.scaling.target.scale, dtype=y.dtype).to(y.device)
        return raw * unit, y * unit

    def original_target(self, y: Tensor) -> np.ndarray:
        """Table's target → the user's unit, in float64; class codes stay."""
        answer = y.cpu().numpy()
        if self.scaling.target is None:
            return answer
        scale, center = self.scaling.target.scale, self.scaling.target.center
        return answer.astype(np.float64) * scale + center

    # For callbacks and for skorch ---------------------------------------------------

    def as_given(self, y: Tensor) -> np.ndarray:
        """Table's target (n,) or (n, C) → labels or targets, as the user gave them."""
        answer = self.original_target(y)
        if self.classes is not None:
            return self.classes[answer.astype(int)]
        return answer[:, 0] if answer.shape[1] == 1 else answer

    def answer(self, module: nn.Module, X: Any) -> np.ndarray:
        """Return predictions for a user's table, or for a dataset's ``X``."""
        assert self._answer is not None
        return self._answer(module, X)

    def tag(self, tags):
        """Say to scikit-learn what the net is."""
        if self.settings.task == "classification":
            tags.estimator_type = "classifier"
            tags.classifier_tags = ClassifierTags()
        else:
            tags.estimator_type = "regressor"
            tags.regressor_tags = RegressorTags()
        return tags
