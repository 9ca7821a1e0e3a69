"""What "auto" means: one small rule, from the shape of the table alone."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from torch import nn

from sknn_bio.data import SCALINGS
from sknn_bio.training.callbacks import check_callbacks
from sknn_bio.training.devices import has_bfloat16_units, resolve_device
from sknn_bio.training.metrics import DEFAULT_METRIC

_HIDDEN = 128
_LARGE_STEP = 2e9  # floating-point operations


def layer_widths(
    n_neurons: Any, n_layers: int, d_in: int, d_out: int
) -> tuple[int, ...]:
    """Return the units of each hidden layer.

    >>> layer_widths("two_thirds", 2, 1253, 1)
    (836, 836)
    """
    if n_neurons == "two_thirds":
        return (max(1, int((d_in + d_out) * 2 / 3)),) * n_layers
    if n_neurons == "auto":
        return (_HIDDEN,) * n_layers
    if isinstance(n_neurons, (tuple, list)):
        return tuple(int(n) for n in n_neurons)
    return (int(n_neurons),) * n_layers


def batch_size(n_rows: int) -> int:
    """Return about a fiftieth of the rows, as a power of two from 32 to 512."""
    size = 32
    while size < 512 and size * 50 < n_rows:
        size *= 2
    return size


def n_members(n_rows: int, n_features: int) -> int:
    """Return 16, 8, 4 or 1 members: fewer, the longer a network takes.

    16 do better than 8 on three small tables of five, by little, at 1.5 times the time
    (``benchmarks/ablation.py``).
    """
    if n_rows <= 1_000 and n_features <= 100:
        return 16
    if n_rows <= 5_000:
        return 8
    return 4 if n_rows <= 20_000 else 1


def input_scaling(members: int, scaled_only: bool) -> str | tuple[str, ...]:
    """Return two views of the table, which an ensemble's members take in turn.

    Normal scores of the ranks help where columns have heavy tails, and standardised
    numbers where their distances mean something; members that see the table differently
    are better together than either kind (``benchmarks/ablation.py``). A sparse table
    or one on disk is scaled only.
    """
    return "standard" if members == 1 or scaled_only else ("standard", "quantile")


def precision(widths: Sequence[int], rows: int, device: str) -> str:
    """Return "bfloat16" for large steps on a device with units for it.

    On one with them, products of steps this large take half the time, and what the
    casts cost is small beside it (``benchmarks/speed.py``); scores are the same.
    """
    weights = sum(a * b for a, b in zip(widths[:-1], widths[1:], strict=True))
    if 6.0 * rows * weights > _LARGE_STEP and has_bfloat16_units(device):
        return "bfloat16"
    return "float32"


def check_together(params: dict[str, Any]) -> None:
    """Refuse parameters that their own rules allow and that do not fit together.

    Raises
    ------
    ValueError
    """
    module, widths = params["module"], params["n_neurons"]
    if module is None and params["module_params"]:
        raise ValueError("module_params needs module, got module=None")
    if module is not None and not issubclass(module, nn.Module):
        raise ValueError(f"module must be a torch.nn.Module class, got {module!r}")
    check_callbacks(params["callbacks"] or [])
    scalings = params["input_scaling"]
    if isinstance(scalings, (tuple, list)) and not (
        len(scalings) and all(name in SCALINGS for name in scalings)
    ):
        raise ValueError(f"input_scaling must hold some of {SCALINGS}, got {scalings}")
    if isinstance(widths, (tuple, list)) and any(
        not isinstance(n, Integral) or n < 1 for n in widths
    ):
        raise ValueError(f"n_neurons must hold integers >= 1, got {widths!r}")
    if params["checkpoint_dir"] is not None and params["random_state"] is None:
        raise ValueError(
            "checkpoint_dir needs an int as random_state, got None: a killed fit could "
            "not be known again"
        )


def resolve(
    params: dict[str, Any],
    task: str,
    n_rows: int,
    d_in: int,
    d_out: int,
    scaled_only: bool = False,
) -> dict[str, Any]:
    """Return the plain settings that each "auto" becomes for a table.

    Parameters
    ----------
    params : dict
        The estimator's own.
    task : {"classification", "regression"}
    n_rows, d_in, d_out : int
        Rows, features and outputs.
    scaled_only : bool, default=False
        Whether the table is sparse or on disk.

    Returns
    -------
    settings : dict
        To be given to ``set_params``, which leads to the same model.
    """
    widths = layer_widths(params["n_neurons"], params["n_layers"], d_in, d_out)
    members = params["n_members"]
    members = n_members(n_rows, d_in) if members == "auto" else members
    auto: dict[str, Any] = {
        "n_neurons": widths,
        "batch_size": batch_size(n_rows),
        "n_members": members,
        "input_scaling": input_scaling(members, scaled_only),
        "early_stopping": True,
        "monitor": DEFAULT_METRIC[task],
        "loss": "cross_entropy" if task == "classification" else "squared_error",
    }
    size = (
        auto["batch_size"] if params["batch_size"] == "auto" else params["batch_size"]
    )
    auto["precision"] = "float32"
    if params["module"] is None:
        device = resolve_device(params["device"])
        auto["precision"] = precision((d_in, *widths, d_out), min(size, n_rows), device)
    settings = {k: v for k, v in auto.items() if params[k] == "auto"}
    settings["n_neurons"] = widths
    return settings
