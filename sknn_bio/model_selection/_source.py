"""The Python call that makes a comparison again."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from sknn_bio.model_selection._baselines import baselines
from sknn_bio.model_selection._fingerprint import describe


class Source:
    """Writes values as Python, and remembers what must be imported for them."""

    def __init__(self) -> None:
        self._imports: set[tuple[str, str]] = set()

    def imports(self) -> list[str]:
        """Return the import lines, sorted."""
        return [
            f"from {module} import {name}" for module, name in sorted(self._imports)
        ]

    def need(self, module: str, name: str) -> None:
        """Remember an import."""
        self._imports.add((module, name))

    def write(self, value: Any) -> str:
        """Return an expression for a value, without parameters at their defaults."""
        if isinstance(value, Mapping):
            items = [f"{k!r}: {self.write(v)}" for k, v in value.items()]
            return f"{{{', '.join(items)}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.write, value))}]"
        if isinstance(value, tuple):
            comma = "," if len(value) == 1 else ""
            return f"({', '.join(map(self.write, value))}{comma})"
        if isinstance(value, float) and not np.isfinite(value):
            return f'float("{value}")'
        if isinstance(value, np.generic):
            return self.write(value.item())
        if isinstance(value, type) or inspect.isfunction(value):
            return self._name(value)
        if hasattr(value, "get_params"):
            return self._call(value, value.get_params(deep=False))
        if hasattr(value, "split") and hasattr(value, "get_n_splits"):
            return self._call(value, vars(value))
        return repr(value)

    def _name(self, thing: Any) -> str:
        if thing.__module__ != "builtins":
            self.need(public_module(thing), thing.__name__)
        return thing.__name__

    def _call(self, value: Any, params: Mapping[str, Any]) -> str:
        defaults = {
            name: parameter.default
            for name, parameter in inspect.signature(type(value)).parameters.items()
        }
        said = [
            f"{name}={self.write(setting)}"
            for name, setting in params.items()
            if not name.startswith("_") and not _same(setting, defaults.get(name))
        ]
        return f"{self._name(type(value))}({', '.join(said)})"


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    try:
        return type(a) is type(b) and bool(a == b or (a != a and b != b))
    except (ValueError, TypeError):  # arrays
        return False


def public_module(thing: Any) -> str:
    """Return the shortest public module that a class or function can be imported from.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> public_module(RandomForestClassifier)
    'sklearn.ensemble'
    """
    parts = thing.__module__.split(".")
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        if any(part.startswith("_") for part in parts[:end]):
            break
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if getattr(module, thing.__name__, None) is thing:
            return name
    return thing.__module__


def call_source(
    models: Mapping[str, Any],
    X: Any,
    y: Any,
    options: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> str:
    """Return the call of ``compare`` with its imports, as text.

    Parameters
    ----------
    models : dict
        Name → estimator.
    X, y : array-like
        The table, whose baselines are called by name.
    options : dict
        Keyword arguments; data among them are given as names already, by `Named`.
    defaults : dict
        Those at their defaults are left out.
    """
    source, ready = Source(), _baselines_of(X, y)
    known = {name for name in models if _alike(models[name], ready.get(name))}
    lines = []
    for name, model in models.items():
        if name not in known:
            lines.append(f"        {name!r}: {source.write(model)},")
        elif known < set(ready):
            lines.append(f"        {name!r}: ready[{name!r}],")
    head = ["comparison = compare(", "    {"]
    if known:
        source.need("sknn_bio.model_selection", "baselines")
    if known and known < set(ready):
        head = ["ready = baselines(X, y)", *head]
    elif known:
        lines.append("        **baselines(X, y),")
    lines = [*head, *lines, "    },", "    X,", "    y,"]
    for name, value in options.items():
        if isinstance(value, Named) or not _same(value, defaults.get(name)):
            lines.append(f"    {name}={source.write(value)},")
    lines.append(")")
    source.need("sknn_bio.model_selection", "compare")
    return "\n".join([*source.imports(), "", *lines])


def _baselines_of(X: Any, y: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that are not installed
        return baselines(X, y)


def _alike(model: Any, other: Any) -> bool:
    return other is not None and describe(model) == describe(other)


class Named:
    """Data that the reader of a call has under a name."""

    def __init__(self, name: str):
        self._name = name

    def __repr__(self) -> str:
        return self._name
