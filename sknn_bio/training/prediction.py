"""Prediction from plain state: no skorch, no cache, safe in threads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import sparse
from scipy.special import expit
from torch import Tensor, nn

from sknn_bio.nn import evaluate_mlp
from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.ondisk._prefetch import prefetched
from sknn_bio.training.network import restore_network
from sknn_bio.training.plan import Network
from sknn_bio.training.run import Scaling

_CHUNK = 1 << 22  # numbers of the widest layer held at a time
# A float64 table below this many operations is answered in float64: the sums of
# single precision depend, in the seventh digit, on how many rows are asked at once.
_DOUBLE_FLOPS = 1e9
_FURTHEST_LOG = 700.0  # of a rate that float64 has


def stored_outputs(
    network: Network,
    weights: dict[str, np.ndarray],
    scaling: Scaling,
    X,
    device: str = "cpu",
) -> np.ndarray:
    """Return the raw outputs (M, n, C) of a stored network for a table.

    Parameters
    ----------
    network : Network
    weights : dict of ndarray
        Stacked on the member axis.
    scaling : Scaling
    X : ndarray, CSR matrix or RowsOnDisk of shape (n, D)
    device : str, default="cpu"
    """
    if network.module is not None:
        module = restore_network(network, weights).to(device)
        return module_outputs(module, scaling, X, device)
    state = {name: _tensor(w) for name, w in weights.items()}
    flops = 2.0 * X.shape[0] * sum(w.size for w in weights.values())
    if device != "cpu":
        state = {name: t.to(device) for name, t in state.items()}
    elif X.dtype == np.float64 and flops < _DOUBLE_FLOPS:
        state = {name: t.double() for name, t in state.items()}

    def forward(x: Tensor) -> Tensor:
        return evaluate_mlp(state, x, **network.params)

    width = max(network.d_in, network.d_out, *network.params["n_neurons"], 1)
    bias = state["head.bias"]
    return _in_chunks(forward, len(bias), bias.dtype, width, scaling, X, device)


def module_outputs(
    module: nn.Module, scaling: Scaling, X, device: str = "cpu"
) -> np.ndarray:
    """Return the raw outputs (M, n, C) of a module, which is in evaluation mode."""
    first = next(module.parameters())
    width = max(X.shape[1], *(p.shape[-1] for p in module.parameters()))
    return _in_chunks(module, len(first), first.dtype, width, scaling, X, device)


def _in_chunks(forward, n_members, dtype, width, scaling, X, device) -> np.ndarray:
    numpy_dtype = np.float64 if dtype == torch.float64 else np.float32
    step = max(1, _CHUNK // (n_members * width))
    maps = None if scaling.inputs is None else scaling.inputs.on(device, dtype)
    parts = []
    with torch.inference_mode():
        for block in _blocks(X, step):
            rows = scaling.columns.transform(block, numpy_dtype)
            if sparse.issparse(rows):
                rows = rows.toarray()
            x = torch.from_numpy(rows).to(device).unsqueeze(0)
            x = x.expand(n_members, -1, -1) if maps is None else maps(x)
            parts.append(forward(x))
        return torch.cat(parts, 1).cpu().numpy()


def _blocks(X, step: int) -> Iterator[Any]:
    """Yield some rows at a time; of a table on disk, while the next ones are read."""
    starts = range(0, X.shape[0], step)
    if isinstance(X, RowsOnDisk):
        yield from prefetched(partial(X.read, i, i + step) for i in starts)
    else:
        yield from (X[i : i + step] for i in starts)


def _tensor(array: np.ndarray) -> Tensor:
    """Return a view of an array; of a copy where it is read-only, as torch asks."""
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def probabilities(raw: np.ndarray) -> np.ndarray:
    """Logits (..., C) → probabilities (..., classes), in float64."""
    raw = raw.astype(np.float64)
    if raw.shape[-1] == 1:
        both = np.empty((*raw.shape[:-1], 2))
        expit(raw[..., 0], out=both[..., 1])
        np.subtract(1.0, both[..., 1], out=both[..., 0])
        return both
    raw = np.exp(raw - raw.max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


def in_float_type(answer: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return an answer in the float type of the table, unless it does not fit."""
    fits = not answer.size or np.abs(answer).max() <= np.finfo(dtype).max
    return answer.astype(dtype) if fits else answer


def original_targets(raw: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Raw outputs (M, n, C) of a regressor → the user's unit, in float64."""
    raw = raw.astype(np.float64)
    if scaling.target is None:
        return np.exp(np.clip(raw, -_FURTHEST_LOG, _FURTHEST_LOG))
    if scaling.target_scale is not None:
        raw = (raw - scaling.target_shift) / scaling.target_scale
    return raw * scaling.target.scale + scaling.target.center
