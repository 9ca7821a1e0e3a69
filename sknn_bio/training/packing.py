"""A tree of plain values and arrays as the bytes of a safetensors file, and back.

No pickle: reading a file of unknown origin runs nothing.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

_TEXT, _CHECKSUM = "json", "crc32"
_MARKS = ("tensor", "array")


def pack(tree: Any) -> bytes:
    """Return a tree as bytes.

    Parameters
    ----------
    tree : dict, list or tuple of trees, Tensor, ndarray, number, str, bool or None
        Keys become texts and tuples lists; of another object its ``repr`` is kept.
    """
    tensors: dict[str, Tensor] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, (Tensor, np.ndarray)):
            mark = _MARKS[isinstance(value, np.ndarray)]
            key = f"{len(tensors):06d}"
            # A copy: safetensors refuses tensors that share their memory.
            tensors[key] = torch.as_tensor(value).detach().cpu().contiguous().clone()
            return {f"#{mark}": key}
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        if isinstance(value, np.generic):
            return value.item()
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        return repr(value)

    text = json.dumps(plain(tree)).encode()
    tensors[_TEXT] = torch.from_numpy(np.frombuffer(text, np.uint8).copy())
    tensors[_CHECKSUM] = torch.tensor(_checksum(tensors))
    return save(tensors)


def unpack(content: bytes) -> Any:
    """Return the tree of :func:`pack`; tensors come back on the CPU.

    Raises
    ------
    ValueError
        If the bytes are not whole, or not of :func:`pack`.
    """
    try:
        tensors = load(content)
        checksum = int(tensors.pop(_CHECKSUM))
        if checksum != _checksum(tensors):
            raise ValueError("the checksum is another one")
        tree = json.loads(tensors[_TEXT].numpy().tobytes())
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise ValueError(f"no whole safetensors file: {error}") from error

    def full(value: Any) -> Any:
        if isinstance(value, list):
            return [full(item) for item in value]
        if not isinstance(value, dict):
            return value
        if list(value) == ["#tensor"]:
            return tensors[value["#tensor"]]
        if list(value) == ["#array"]:
            return tensors[value["#array"]].numpy()
        return {key: full(item) for key, item in value.items()}

    return full(tree)


def _checksum(tensors: Mapping[str, Tensor]) -> int:
    value = 0
    for name in sorted(tensors):
        flat = tensors[name].reshape(-1).view(torch.uint8)
        value = zlib.crc32(flat.numpy().data, zlib.crc32(name.encode(), value))
    return value
