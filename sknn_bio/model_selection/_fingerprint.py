"""What decides a comparison's numbers, as text: to know a call when it comes again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse


def describe(value: Any) -> Any:
    """Return a value as plain data that JSON can hold and that two runs share.

    Estimators become their class and parameters, arrays their digest, functions their
    names; addresses in memory are left out.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value if value == value else "nan"
    if isinstance(value, np.generic):
        return describe(value.item())
    if isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__")):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, np.ndarray | pd.DataFrame | pd.Series) or sparse.issparse(
        value
    ):
        return digest(value)
    if isinstance(value, Mapping):
        return {str(key): describe(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [describe(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    if hasattr(value, "get_params"):
        return [name, describe(value.get_params(deep=False))]
    if hasattr(value, "dist") and hasattr(value, "args"):  # scipy's distributions
        return [value.dist.name, describe(value.args), describe(value.kwds)]
    if hasattr(value, "__dict__"):
        return [name, describe(vars(value))]
    return [name, re.sub(r" at 0x[0-9a-f]+", "", repr(value))]


def digest(table: Any) -> str:
    """Return a short text that differs where tables differ.

    Parameters
    ----------
    table : array, sparse matrix, or DataFrame of pandas or polars
    """
    sha = hashlib.sha256()
    if sparse.issparse(table):
        table = sparse.csr_matrix(table)
        for part in (table.data, table.indices, table.indptr, np.array(table.shape)):
            sha.update(np.ascontiguousarray(part).tobytes())
        return sha.hexdigest()[:16]
    if hasattr(table, "columns") and not isinstance(table, pd.DataFrame):
        table = pd.DataFrame({name: table[name].to_list() for name in table.columns})
    if isinstance(table, pd.Series):
        table = table.to_frame()
    if isinstance(table, np.ndarray) and table.dtype.kind in "OUS":
        table = pd.DataFrame(table.reshape(len(table), -1).astype(str))
    if isinstance(table, pd.DataFrame):
        sha.update(json.dumps([str(c) for c in table.columns]).encode())
        sha.update(json.dumps([str(d) for d in table.dtypes]).encode())
        hashed = pd.util.hash_pandas_object(table, index=False)
        sha.update(hashed.to_numpy().tobytes())
        return sha.hexdigest()[:16]
    array = np.ascontiguousarray(table)
    sha.update(str((array.dtype, array.shape)).encode())
    sha.update(array.tobytes())
    return sha.hexdigest()[:16]


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two fingerprints."""
    words = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if isinstance(a, dict) and isinstance(b, dict):
            inner = [
                f"{name} ({_short(a.get(name))} before, {_short(b.get(name))} now)"
                for name in sorted({*a, *b})
                if a.get(name) != b.get(name)
            ]
            words.append(f"{key}: {', '.join(inner)}")
        else:
            words.append(f"{key} ({_short(a)} before, {_short(b)} now)")
    return words


def _short(value: Any) -> str:
    text = "absent" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
