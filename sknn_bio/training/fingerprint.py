"""What decides a fit's numbers, as plain text: to know a fit when it comes again."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from scipy import sparse
from torch import Tensor, nn

from sknn_bio.ondisk import RowsOnDisk

# Tables up to this many bytes are read whole; of larger ones, every so-many-th row, or
# blocks of rows where the table is on disk.
_WHOLE_BYTES = 1 << 28
_SAMPLE_BYTES = 1 << 26
_BLOCKS = 32
_MOST_DEPTH = 6


def digest(table: Any) -> str:
    """Return the shape and type of a table and a hash of its content, as text.

    Tables of more than 256 MB are judged by 64 MB of their rows at equal distances (on
    disk, by 32 blocks of rows) with the first and the last one: a change elsewhere goes
    unnoticed.

    Parameters
    ----------
    table : ndarray, sparse matrix or RowsOnDisk
    """
    if not isinstance(table, RowsOnDisk) and not sparse.issparse(table):
        table = np.asarray(table)
        if table.dtype == object:
            table = table.astype(str)
    sha = hashlib.sha256()
    for block in _blocks(table):
        for part in _arrays(block):
            sha.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8))
    shape = " x ".join(map(str, table.shape)) or "a number"
    return f"{shape} {table.dtype} {sha.hexdigest()[:16]}"


def _blocks(table: Any) -> Iterator[Any]:
    """Yield what is read of a table."""
    if isinstance(table, RowsOnDisk):
        n_rows, row_bytes = table.shape[0], table.width * table.dtype.itemsize
        if n_rows * row_bytes <= _WHOLE_BYTES:
            yield from (block for _, block in table.blocks())
            return
        length = min(n_rows, max(1, int(_SAMPLE_BYTES / row_bytes / _BLOCKS)))
        for start in np.linspace(0, n_rows - length, _BLOCKS).astype(int):
            yield table.read(start, start + length)
        return
    size = sum(part.nbytes for part in _arrays(table))
    if size > _WHOLE_BYTES:
        n_rows = table.shape[0]
        count = max(2, n_rows * _SAMPLE_BYTES // size)
        table = table[np.unique(np.linspace(0, n_rows - 1, count).astype(int))]
    yield table


def _arrays(table: Any) -> list[np.ndarray]:
    if not sparse.issparse(table):
        return [table]
    table = sparse.csr_matrix(table)
    # The type of the indices depends on how the matrix was made.
    return [
        table.data,
        table.indices.astype(np.int64),
        table.indptr.astype(np.int64),
    ]


def describe(value: Any, depth: int = 0) -> Any:
    """Return a value as plain data that two runs share.

    Arrays become digests, functions and classes their names and a hash of their code,
    other objects their class and parameters; addresses in memory are left out.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if value == value else "nan"
    if isinstance(value, np.generic):
        return describe(value.item())
    if isinstance(value, Tensor):
        return digest(value.detach().cpu().numpy())
    if isinstance(value, np.ndarray) or sparse.issparse(value):
        return digest(value)
    if isinstance(value, type):
        own = [f for f in vars(value).values() if isinstance(f, FunctionType)]
        return f"{_name(value)} {_code(*(f.__code__ for f in own))}"
    if depth > _MOST_DEPTH:
        return _name(type(value))
    deeper = functools.partial(describe, depth=depth + 1)
    if isinstance(value, FunctionType):
        cells = [deeper(cell.cell_contents) for cell in value.__closure__ or ()]
        given = deeper([value.__defaults__, value.__kwdefaults__, cells])
        return [f"{_name(value)} {_code(value.__code__)}", given]
    if isinstance(value, functools.partial):
        return ["partial", *map(deeper, (value.func, value.args, value.keywords))]
    if isinstance(value, Mapping):
        return {str(key): deeper(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [deeper(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((deeper(item) for item in value), key=str)
    if hasattr(value, "__qualname__"):
        return _name(value)
    name = deeper(type(value))
    if isinstance(value, nn.Module):
        own = {k: v for k, v in _plain(value).items() if k != "training"}
        return [name, str(value), deeper(value.state_dict()), deeper(own)]
    return [name, deeper(_plain(value))]


def _plain(value: Any) -> dict[str, Any]:
    """Return an object's public attributes, but for objects that it holds."""
    kinds = (bool, int, float, str, list, tuple, dict, type, FunctionType, np.ndarray)
    return {
        name: item
        for name, item in getattr(value, "__dict__", {}).items()
        if not name.startswith("_") and (item is None or isinstance(item, kinds))
    }


def _name(value: Any) -> str:
    return f"{getattr(value, '__module__', '')}.{value.__qualname__}"


def _code(*codes: CodeType) -> str:
    """Return a hash of functions' code: another body is another function."""
    sha = hashlib.sha256()
    todo = list(codes)
    while todo:
        code = todo.pop(0)
        sha.update(code.co_code + repr(code.co_names).encode())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                todo.append(constant)
            elif not isinstance(constant, frozenset):  # their order is a run's own
                sha.update(repr(constant).encode())
    return sha.hexdigest()[:8]


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two fingerprints.

    >>> differing({"parameters": {"lr": 0.1}}, {"parameters": {"lr": 0.2}})
    ['lr (0.1 before, 0.2 now)']
    """
    words = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            words += differing(a, b)
        else:
            words.append(f"{key} ({_short(a)} before, {_short(b)} now)")
    return words


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
