"""A loss from whatever names it: a name of ours, or a loss of torch's."""

from __future__ import annotations

import copy
import inspect
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from sknn_bio.nn.losses import LOSSES, Loss

_TAKE_CODES = (nn.CrossEntropyLoss, nn.NLLLoss, nn.MultiMarginLoss)


def takes_class_codes(loss: Any) -> bool:
    """Whether a torch loss wants class codes and an output a class, also for two."""
    if isinstance(loss, type):
        return issubclass(loss, _TAKE_CODES)
    return isinstance(loss, _TAKE_CODES)


class TorchLoss(Loss):
    """A loss class, instance or function of torch's, brought to one number a row.

    It is called with ``(M·B, C)`` raw outputs and, from a classifier, class codes
    ``(M·B,)`` where it takes classes (``CrossEntropyLoss``), else floats of the
    output's shape.
    """

    def __init__(self, loss: Any, params: dict[str, Any], classification: bool):
        super().__init__()
        if isinstance(loss, type):
            if "reduction" in inspect.signature(loss).parameters:
                params = {**params, "reduction": "none"}
            self.loss = loss(**params)
        elif isinstance(loss, nn.Module):
            self.loss = copy.deepcopy(loss)
            if hasattr(self.loss, "reduction"):
                self.loss.reduction = "none"
        else:
            self.loss = loss
            self.params = params
        self.takes_codes = classification and takes_class_codes(loss)
        self.classification = classification

    def forward(self, raw: Tensor, target: Tensor) -> Tensor:
        n_members, n_rows, n_outputs = raw.shape
        flat = raw.reshape(-1, n_outputs)
        if self.takes_codes:
            goal = target.reshape(-1)
        elif self.classification:
            goal = target.reshape(-1, 1).to(raw.dtype)
            if n_outputs > 1:
                goal = F.one_hot(target.reshape(-1), n_outputs).to(raw.dtype)
        else:
            goal = target.reshape(-1, n_outputs)
        params = {} if isinstance(self.loss, nn.Module) else self.params
        value = self.loss(flat, goal, **params)
        if value.ndim == 0 or value.shape[0] != flat.shape[0]:
            raise ValueError(
                "loss must return one value a row (reduction='none'), got shape "
                f"{tuple(value.shape)} for {flat.shape[0]} rows"
            )
        return value.reshape(n_members, n_rows, -1).mean(-1)


def build_loss(
    loss: Any, params: dict[str, Any] | None = None, *, task: str = "regression"
) -> Loss:
    """Return the loss that a name, a torch loss class, instance or function stands for.

    >>> build_loss("huber", {"delta": 2.0}).delta
    2.0
    """
    params = dict(params or {})
    if isinstance(loss, str):
        kind = LOSSES[task][loss]
        own = vars(kind).get("__init__")
        unknown = set(params) - set(inspect.signature(own).parameters if own else ())
        if unknown:
            raise ValueError(
                f"loss_params must be options of {loss!r}, got {sorted(unknown)}"
            )
        return kind(**params)
    return TorchLoss(loss, params, classification=task == "classification")
