"""A model as JSON and arrays; whatever is not plain state is refused by name."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pandas as pd
import torch

from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._kinds import Misfit
from sknn_bio.persistence._named import known_name, name_of
from sknn_bio.persistence._sklearn_composites import advice_for
from sknn_bio.persistence._specs import Spec, spec_of

# Attributes that scikit-learn puts on any estimator: set_output, and metadata requests.
OUTPUT, REQUESTS = "_sklearn_output_config", "_metadata_request"
_TENSOR_KINDS = "biuf"
# Rows that an array in Fortran's order may skip, as a slice of a wider one does.
MOST_GAP = 64


class Encoder:
    """Collects the tensors of a model while it is turned into JSON.

    Parameters
    ----------
    keep_out_of_fold : bool
        Whether to keep what is private.

    Attributes
    ----------
    tensors : dict of str to ndarray
        By the path of the value within the model.
    supplies : list of str
        Names of what must or may be supplied at reading.
    left_out : list of str
        Paths of what the file does not keep.
    classes : set of str
        Names of the classes in it.
    """

    def __init__(self, keep_out_of_fold: bool):
        self._private = keep_out_of_fold
        self.tensors: dict[str, np.ndarray] = {}
        self.supplies: list[str] = []
        self.left_out: list[str] = []
        self.classes: set[str] = set()

    def value(self, value: Any, path: str, outside: bool = False) -> Any:
        """Return a value as JSON.

        Parameters
        ----------
        value : object
        path : str
            Where it stands, such as ``"steps.0.1.mean_"``.
        outside : bool, default=False
            Whether it may be a function or class of the user's, kept by name only.

        Raises
        ------
        ModelFileError
            If it is no plain state.
        """
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind is float:
            if math.isfinite(value):
                return value
            return {"$": "float", "value": str(value)}
        if isinstance(value, np.generic):
            return self._number(value, path)
        if kind is list:
            return self._items(value, path, outside)
        if kind is tuple:
            return {"$": "tuple", "items": self._items(value, path, outside)}
        if kind is dict:
            return self._dict(value, path, outside)
        if kind is np.ndarray:
            return self._array(value, path)
        spec = spec_of(value)
        if spec is not None:
            return self._object(value, spec, path)
        return self._other(value, path, outside)

    def _items(self, values: Any, path: str, outside: bool) -> list[Any]:
        return [self.value(v, _under(path, i), outside) for i, v in enumerate(values)]

    def _dict(self, value: dict, path: str, outside: bool) -> dict[str, Any]:
        items = {
            key: self.value(item, _under(path, key), outside)
            for key, item in value.items()
        }
        if all(type(key) is str and not key.startswith("$") for key in items):
            return items
        keys = [self.value(key, path) for key in items]
        pairs = [[k, v] for k, v in zip(keys, items.values(), strict=True)]
        return {"$": "dict", "items": pairs}

    def _number(self, value: np.generic, path: str) -> Any:
        if isinstance(value, np.str_):
            return str(value)
        if value.dtype.kind not in _TENSOR_KINDS or value.dtype.itemsize > 8:
            raise _refused(path, value, "make it a plain number")
        plain = self.value(value.item(), path)
        return {"$": "number", "dtype": value.dtype.name, "value": plain}

    def _array(self, array: np.ndarray, path: str) -> dict[str, Any]:
        kind = array.dtype.kind
        if kind in "OU":
            return self._strings(array, path)
        if kind not in _TENSOR_KINDS or array.dtype.itemsize > 8:
            raise _refused(path, array, "make it an array of plain numbers")
        # The order decides how BLAS multiplies, and so the last bit of an answer.
        across = list(array.strides) != sorted(array.strides, reverse=True)
        own = array.dtype.newbyteorder("=")
        name = self._add(path, (array.T if across else array).astype(own, copy=False))
        told: dict[str, Any] = {"$": "array", "tensor": name}
        if across:
            told["across"] = True
            gap = array.strides[-1] // array.itemsize - array.shape[0]
            if array.ndim == 2 and 0 < gap <= MOST_GAP:
                told["gap"] = gap
        return told

    def _strings(self, array: np.ndarray, path: str) -> dict[str, Any]:
        told: dict[str, Any] = {"$": "strings", "dtype": array.dtype.str.lstrip("<>=|")}
        flat = array.ravel().tolist()
        if array.ndim != 1 or not all(type(item) is str for item in flat):
            items = self._items(flat, path, False)
            told = {"$": "objects", "shape": list(array.shape), "items": items}
            return told
        words = [item.encode("utf-8", "surrogatepass") for item in flat]
        ends = np.cumsum([len(word) for word in words], dtype=np.int64)
        return {
            **told,
            "text": self._add(
                _under(path, "text"), np.frombuffer(b"".join(words), np.uint8)
            ),
            "ends": self._add(_under(path, "ends"), ends),
        }

    def _add(self, name: str, array: np.ndarray) -> str:
        while name in self.tensors:  # keys 1 and "1" have one path
            name += "_"
        self.tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
        return name

    def _other(self, value: Any, path: str, outside: bool) -> Any:
        if isinstance(value, torch.Tensor):
            array = value.detach().cpu().numpy()
            return {"$": "torch", "tensor": self._add(path, array)}
        if isinstance(value, pd.DataFrame):
            columns = {
                str(name): self._array(np.asarray(value[name]), _under(path, name))
                for name in value.columns
            }
            return {"$": "frame", "columns": columns}
        if isinstance(value, slice):
            parts = [value.start, value.stop, value.step]
            return {"$": "slice", "items": self._items(parts, path, False)}
        if isinstance(value, np.dtype):
            return {"$": "dtype", "value": value.str}
        if value is pd.NA:
            return {"$": "NA"}
        if isinstance(value, np.random.RandomState):
            # A plain seed for a later fit; the copy leaves the generator as it was.
            return copy.deepcopy(value).randint(np.iinfo(np.int32).max)
        name = known_name(value)
        if name is not None:
            return {"$": "known", "name": name}
        if outside:
            self.supplies.append(name_of(value))
            return {"$": "supplied", "name": name_of(value)}
        raise _refused(path, value, advice_for(type(value).__name__))

    def _object(self, value: Any, spec: Spec, path: str) -> dict[str, Any]:
        """Return an object of the list: its parameters and its attributes."""
        self.classes.add(spec.name)
        held = dict(vars(value))
        told: dict[str, Any] = {"$": "object", "class": spec.name}
        given = {} if spec.is_part else value.get_params(deep=False)
        skipped = {*spec.never, *spec.from_state}
        if not spec.is_fitted(value):
            skipped -= set(spec.from_state)
        told["params"] = {
            name: self.value(item, _under(path, name), name in spec.outside)
            for name, item in given.items()
            if name not in skipped
        }
        state = {n: v for n, v in held.items() if n not in given}
        self._check(value, spec, state, path)
        for name, default in spec.never.items():
            if name in held and held[name] is not None and held[name] != default:
                self.left_out.append(_under(path, name))
        for key, name in (("output", OUTPUT), ("requests", REQUESTS)):
            if name in state:
                told[key] = self._setting(name, state.pop(name), path)
        for name in spec.private:
            if name in state and not self._private:
                self.left_out.append(_under(path, name))
                del state[name]
        told["state"] = {
            name: self.value(item, _under(path, name), name in spec.outside)
            for name, item in state.items()
            if name not in spec.never
        }
        return told

    def _setting(self, name: str, value: Any, path: str) -> Any:
        if name == OUTPUT:
            return self.value(value, _under(path, name))
        requests = {
            method: own
            for method, own in vars(value).items()
            if getattr(own, "requests", None)
        }
        plain = {method: dict(own.requests) for method, own in requests.items()}
        return self.value(plain, _under(path, name))

    def _check(self, value: Any, spec: Spec, state: dict[str, Any], path: str) -> None:
        """Refuse attributes that are not on the list, or are not as they should be."""
        known = {*spec.attributes, *spec.never, OUTPUT, REQUESTS}
        more = sorted(set(state) - known)
        if more:
            raise ModelFileError(
                f"{path or 'the model'} ({type(value).__name__}) has {more[0]!r}, "
                "which this version of sknn-bio does not know how to keep"
            )
        if spec.is_part:  # checked with what it is part of
            return
        try:
            spec.check_state(value)
        except Misfit as error:
            raise ModelFileError(
                f"{path or 'the model'} cannot be kept: {error}"
            ) from (error)


def _under(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)


def _refused(path: str, value: Any, advice: str) -> ModelFileError:
    name = name_of(value)
    return ModelFileError(
        f"a file keeps plain state of classes on its list only; {path or 'the model'} "
        f"is {name.replace(':', '.')}: {advice}"
    )
