"""Prediction from plain state: no skorch, no cache, safe in threads."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse
from torch import nn

from sknn_bio.data import ColumnScaler
from sknn_bio.training.run import Scaling

_CHUNK = 1 << 22  # numbers of the widest layer held at a time


def raw_outputs(
    module: nn.Module, columns: ColumnScaler, X, device: str = "cpu"
) -> np.ndarray:
    """Return the raw outputs (M, n, C) of every member for a table, in chunks.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode, on `device`.
    columns : ColumnScaler
    X : ndarray or CSR matrix of shape (n, D)
    device : str, default="cpu"
    """
    parameter = next(module.parameters())
    n_members, dtype = parameter.shape[0], parameter.dtype
    numpy_dtype = np.float64 if dtype == torch.float64 else np.float32
    width = max(X.shape[1], *(p.shape[-1] for p in module.parameters()))
    step = max(1, _CHUNK // (n_members * width))
    parts = []
    with torch.inference_mode():
        for start in range(0, X.shape[0], step):
            rows = columns.transform(X[start : start + step], numpy_dtype)
            if sparse.issparse(rows):
                rows = rows.toarray()
            x = torch.from_numpy(rows).to(device).unsqueeze(0)
            raw = module(x.expand(n_members, -1, -1))
            parts.append(raw.float() if raw.dtype == torch.bfloat16 else raw)
        return torch.cat(parts, 1).cpu().numpy()


def probabilities(raw: np.ndarray) -> np.ndarray:
    """Logits (..., C) → probabilities (..., classes), in float64."""
    raw = raw.astype(np.float64)
    if raw.shape[-1] == 1:
        positive = np.exp(-np.logaddexp(0.0, -raw))
        return np.concatenate([1.0 - positive, positive], -1)
    raw = np.exp(raw - raw.max(-1, keepdims=True))
    return raw / raw.sum(-1, keepdims=True)


def original_targets(raw: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Raw outputs (M, n, C) of a regressor → the user's unit, in float64."""
    raw = raw.astype(np.float64)
    if scaling.target is None:
        return np.exp(raw)
    if scaling.target_scale is not None:
        raw = (raw - scaling.target_shift) / scaling.target_scale
    return raw * scaling.target.scale + scaling.target.center
