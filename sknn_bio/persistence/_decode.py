"""A model from JSON and arrays: nothing is imported or called that a file names."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import torch

from sknn_bio.persistence._encode import MOST_GAP, OUTPUT
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._named import known, supplied
from sknn_bio.persistence._specs import NEEDED, Spec, all_specs

_NUMBER = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)")
_DTYPE = re.compile(r"[<>|=]?[biuf][1248]|[<>|=]?O|[<>|=]?U\d{1,6}|\|b1")
_FLOATS = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}
_METHODS = ("fit", "partial_fit", "transform", "inverse_transform", "predict", "score")
_OUTPUTS = ("default", "pandas", "polars")
_TAGS = [
    "NA", "array", "dict", "dtype", "float", "frame", "known", "number", "object",
    "objects", "slice", "strings", "supplied", "torch", "tuple",
]  # fmt: skip


class Missing(Exception):
    """Something of the user's was not supplied."""


class Decoder:
    """Builds a model.

    Parameters
    ----------
    tensors : dict of str to ndarray
        Each is used once.
    trusted : mapping of str to object
        What the user supplies.

    Attributes
    ----------
    built : list
        Estimators and transformers, inner ones first.
    replaced : list of str
        What has a default in its place, as it was not supplied.
    """

    def __init__(self, tensors: dict[str, np.ndarray], trusted: Mapping[str, Any]):
        self._tensors = dict(tensors)
        self._trusted = trusted
        self.built: list[Any] = []
        self.replaced: list[str] = []

    @property
    def unused(self) -> list[str]:
        """Names of tensors that are no part of the model."""
        return sorted(self._tensors)

    def value(self, node: Any) -> Any:
        """Return the value of some JSON.

        Raises
        ------
        ModelFileError
            If it is none that the format has.
        """
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is list:
            return [self.value(item) for item in node]
        if "$" not in node:
            return {key: self.value(item) for key, item in node.items()}
        tag = node["$"]
        if tag not in _TAGS:
            raise ModelFileError(f"the format has no value {str(tag)[:40]!r}")
        try:
            return getattr(self, f"_read_{tag.lower()}")(node)
        except (ModelFileError, Missing):
            raise
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            raise ModelFileError(
                f"a {node['$']} is not as the format has it: {str(error)[:80]}"
            ) from error

    def _read_float(self, node: dict) -> float:
        return float(_FLOATS[node["value"]])

    def _read_number(self, node: dict) -> Any:
        if not _NUMBER.fullmatch(node["dtype"]):
            raise ModelFileError("a number must have a plain dtype")
        return np.dtype(node["dtype"]).type(self.value(node["value"]))

    def _read_tuple(self, node: dict) -> tuple:
        return tuple(self.value(item) for item in _listed(node["items"]))

    def _read_dict(self, node: dict) -> dict:
        pairs = [(self.value(k), self.value(v)) for k, v in _listed(node["items"])]
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ModelFileError("a key of a dict must stand once, got one twice")
        return found

    def _read_array(self, node: dict) -> np.ndarray:
        array = self._tensor(node["tensor"])
        if node.get("across") is not True:
            return array
        gap = node.get("gap", 0)
        if type(gap) is not int or not 0 <= gap <= MOST_GAP or gap and array.ndim != 2:
            raise ModelFileError(f"a gap must be up to {MOST_GAP} rows, got {gap!r}")
        if gap:
            wide = np.zeros((len(array), array.shape[1] + gap), array.dtype)
            wide[:, : array.shape[1]] = array
            array = wide[:, : array.shape[1]]
        return array.T

    def _read_strings(self, node: dict) -> np.ndarray:
        text, ends = self._tensor(node["text"]), self._tensor(node["ends"])
        dtype = node["dtype"]
        if (
            text.dtype != np.uint8
            or ends.dtype != np.int64
            or not text.ndim == ends.ndim == 1
        ):
            raise ModelFileError("strings must be bytes and where each ends")
        starts = np.concatenate([[0], ends])
        if (np.diff(starts) < 0).any() or starts[-1] != len(text):
            raise ModelFileError("strings must end one after the other")
        whole = text.tobytes()
        words = [
            whole[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip(starts[:-1].tolist(), ends.tolist(), strict=True)
        ]
        if dtype == "O":
            return np.array([*words, None], dtype=object)[:-1]
        longest = max(map(len, words), default=0)
        if not re.fullmatch(r"U\d{1,6}", dtype) or int(dtype[1:]) > max(longest, 1):
            raise ModelFileError("strings must be of dtype O, or U of their length")
        return np.array(words, dtype=dtype)

    def _read_objects(self, node: dict) -> np.ndarray:
        items = [self.value(item) for item in _listed(node["items"])]
        if any(isinstance(item, list | tuple | dict | np.ndarray) for item in items):
            raise ModelFileError("objects of an array must be plain")
        array = np.empty(len(items), dtype=object)
        array[:] = items
        return array.reshape([int(length) for length in _listed(node["shape"])])

    def _read_torch(self, node: dict) -> torch.Tensor:
        return torch.from_numpy(self._tensor(node["tensor"]))

    def _read_frame(self, node: dict) -> pd.DataFrame:
        return pd.DataFrame({n: self.value(v) for n, v in node["columns"].items()})

    def _read_slice(self, node: dict) -> slice:
        start, stop, step = (self.value(item) for item in _listed(node["items"]))
        return slice(start, stop, step)

    def _read_dtype(self, node: dict) -> np.dtype:
        if not _DTYPE.fullmatch(node["value"]):
            raise ModelFileError("a dtype must be a plain one")
        return np.dtype(node["value"])

    def _read_na(self, node: dict) -> Any:
        return pd.NA

    def _read_known(self, node: dict) -> Any:
        return known(node["name"])

    def _read_supplied(self, node: dict) -> Any:
        name = node["name"]
        if type(name) is not str:
            raise ModelFileError("a name must be a string")
        try:
            return supplied(name, self._trusted)
        except KeyError:
            raise Missing(name) from None

    def _tensor(self, name: Any) -> np.ndarray:
        try:
            return self._tensors.pop(name)
        except (KeyError, TypeError):
            raise ModelFileError(
                f"each tensor must be there and be used once, got {str(name)[:80]!r}"
            ) from None

    # Objects of the list ------------------------------------------------------------

    def _read_object(self, node: dict) -> Any:
        spec = all_specs().get(node["class"])
        if spec is None:
            raise ModelFileError(
                f"a class must be on the list, got {str(node['class'])[:80]!r}"
            )
        params = self._attributes(
            node["params"], spec, set(spec.params) - {*spec.never}
        )
        state = self._attributes(node["state"], spec, spec.attributes)
        lacking = sorted({*spec.state} - set(state))
        if lacking and (spec.is_part or len(lacking) < len(spec.state)):
            raise ModelFileError(f"{spec.name} must have {lacking[0]}")
        try:
            built = self._build(spec, params, state)
            if not spec.is_part:  # a part is checked with what it is part of
                spec.check_state(built)
            if spec.finish is not None and state:
                spec.finish(built)
        except ModelFileError:
            raise
        except Exception as error:  # a constructor or a rule that meets other values
            said = " ".join(str(error).split())[:300]
            raise ModelFileError(f"{spec.name}: {said}") from error
        self._settings(built, node)
        return built

    def _attributes(self, nodes: Any, spec: Spec, allowed: set[str]) -> dict[str, Any]:
        found = {}
        for name, node in nodes.items():
            if name not in allowed:
                why = (
                    "which no file keeps"
                    if name in spec.never
                    else "which these versions of sknn-bio and scikit-learn do not know"
                )
                raise ModelFileError(f"{spec.name} has {name[:80]!r}, {why}")
            try:
                found[name] = self.value(node)
            except Missing as error:
                default = spec.outside.get(name, NEEDED)
                if default is NEEDED:
                    raise
                self.replaced.append(str(error))
                found[name] = copy.deepcopy(default)
        return found

    def _build(self, spec: Spec, params: dict[str, Any], state: dict[str, Any]) -> Any:
        if spec.is_part:
            return spec.cls(**{**state, **copy.deepcopy(dict(spec.never))})
        if state:
            for name, attribute in spec.from_state.items():
                params[name] = state[attribute]
        built = spec.cls(**params)
        vars(built).update(state)
        if hasattr(built, "_parameter_constraints"):
            built._validate_params()
        self.built.append(built)
        return built

    def _settings(self, built: Any, node: dict) -> None:
        """Restore what ``set_output`` and ``set_fit_request`` have set."""
        if "output" in node:
            config = node["output"]
            if [*config] != ["transform"] or config["transform"] not in _OUTPUTS:
                raise ModelFileError(f"set_output must be one of {_OUTPUTS}")
            setattr(built, OUTPUT, dict(config))
        if "requests" not in node:
            return
        with sklearn.config_context(enable_metadata_routing=True):
            for method, requests in self.value(node["requests"]).items():
                if method not in _METHODS or not hasattr(
                    built, f"set_{method}_request"
                ):
                    raise ModelFileError(f"no requests of {method[:40]!r} are known")
                if any(
                    type(v) not in (bool, str, type(None)) for v in requests.values()
                ):
                    raise ModelFileError("a request must be true, false or a name")
                getattr(built, f"set_{method}_request")(**requests)


def _listed(value: Any) -> list:
    if type(value) is not list:
        raise ModelFileError("items must be a list")
    return value
