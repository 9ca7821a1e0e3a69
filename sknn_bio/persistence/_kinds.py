"""What an attribute may be: rules that hold when a model is saved, and when it is read.

The letters of axes are bound as they are met: within one object every array of axis
``"D"`` has the same length.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

Axes = dict[str, int]
ANY = "_"  # an axis of any length
_SCALARS = (str, bool, int, float, np.generic, type(None), type(pd.NA))


class Misfit(ValueError):
    """A value that is not what its attribute may hold."""


class Kind:
    """A rule; ``check`` raises :class:`Misfit`, and binds the letters of axes."""

    def check(self, value: Any, axes: Axes) -> None:
        """Check a value."""
        raise NotImplementedError


def bind(axes: Axes, letter: str, length: int) -> None:
    """Let a letter stand for a length, or refuse another length than it stands for."""
    known = axes.setdefault(letter, length)
    if known != length:
        raise Misfit(f"axis {letter} must have length {known}, got {length}")


@dataclass(frozen=True)
class Array(Kind):
    """A NumPy array.

    Attributes
    ----------
    kinds : str
        NumPy's letters of the types it may have.
    shape : tuple of str or int
        A letter or a length for each axis.
    low, below : int, float, str or None
        Bounds of its entries, `below` exclusive; a letter is the length of that axis.
    """

    kinds: str
    shape: tuple[str | int, ...]
    low: float | None = None
    below: float | str | None = None

    def check(self, value: Any, axes: Axes) -> None:
        if type(value) is not np.ndarray or value.dtype.kind not in self.kinds:
            raise Misfit(
                f"must be an array of type {self.kinds!r}, got {type_name(value)}"
            )
        if value.ndim != len(self.shape):
            raise Misfit(f"must have {len(self.shape)} axes, got shape {value.shape}")
        for axis, length in zip(self.shape, value.shape, strict=True):
            if axis == ANY:
                continue
            if isinstance(axis, str):
                bind(axes, axis, length)
            elif axis != length:
                raise Misfit(f"must have shape {self.shape}, got {value.shape}")
        below = axes.get(self.below) if isinstance(self.below, str) else self.below
        if not value.size:
            return
        if self.low is not None and value.min() < self.low:
            raise Misfit(f"must be >= {self.low}, got {value.min()}")
        if below is not None and value.max() >= below:
            raise Misfit(f"must be < {below}, got {value.max()}")


def floats(*shape: str | int) -> Array:
    """Return the rule of an array of floats."""
    return Array("f", shape)


def counts(*shape: str | int) -> Array:
    """Return the rule of an array of integers that are not negative."""
    return Array("iu", shape, low=0)


def places(axis: str, among: str) -> Array:
    """Return the rule of positions among the entries of another axis."""
    return Array("iu", (axis,), low=0, below=among)


def labels(axis: str) -> Array:
    """Return the rule of class labels or names, of any plain type."""
    return Array("OUSbiuf", (axis,))


@dataclass(frozen=True)
class Number(Kind):
    """A number within bounds; `binds` lets an axis have it as its length."""

    whole: bool = False
    low: float | None = None
    binds: str | None = None

    def check(self, value: Any, axes: Axes) -> None:
        kind = Integral if self.whole else Real
        if not isinstance(value, kind) or isinstance(value, bool | np.bool_):
            raise Misfit(f"must be {self._words()}, got {type_name(value)}")
        if self.low is not None and not float(value) >= self.low:
            raise Misfit(f"must be >= {self.low}, got {value}")
        if self.binds:
            bind(axes, self.binds, int(value))  # type: ignore[call-overload]

    def _words(self) -> str:
        return "a whole number" if self.whole else "a number"


def size(axis: str) -> Number:
    """Return the rule of a number that is the length of an axis."""
    return Number(whole=True, low=0, binds=axis)


COUNT = Number(whole=True, low=0)
REAL = Number()


@dataclass(frozen=True)
class Is(Kind):
    """One of some types, and of some values if there are any."""

    types: tuple[type, ...]
    values: tuple[Any, ...] = ()

    def check(self, value: Any, axes: Axes) -> None:
        if type(value) not in self.types:
            names = ", ".join(kind.__name__ for kind in self.types)
            raise Misfit(f"must be of type {names}, got {type_name(value)}")
        if self.values and value not in self.values:
            raise Misfit(f"must be one of {self.values}, got {value!r}")


BOOL = Is((bool,))
SCALAR = Is(_SCALARS)


def text(*values: str) -> Is:
    """Return the rule of a string, of these values if there are any."""
    return Is((str,), values)


@dataclass(frozen=True)
class Anything(Kind):
    """Whatever can be written: plain values, and what is supplied at reading."""

    def check(self, value: Any, axes: Axes) -> None:
        """Let it pass."""


@dataclass(frozen=True)
class DType(Kind):
    """A type of NumPy's arrays."""

    def check(self, value: Any, axes: Axes) -> None:
        if not isinstance(value, np.dtype) or value.kind not in "fiubOU":
            raise Misfit(f"must be a plain dtype, got {value!r}")


@dataclass(frozen=True)
class Optional(Kind):
    """A rule, or None."""

    kind: Kind

    def check(self, value: Any, axes: Axes) -> None:
        if value is not None:
            self.kind.check(value, axes)


@dataclass(frozen=True)
class Either(Kind):
    """One rule or the other."""

    first: Kind
    second: Kind

    def check(self, value: Any, axes: Axes) -> None:
        try:
            self.first.check(value, axes)
        except Misfit:
            self.second.check(value, axes)


@dataclass(frozen=True)
class Many(Kind):
    """A list, or a tuple, of one rule; `axis` has its length."""

    kind: Kind
    axis: str | None = None
    holder: type[list] | type[tuple] = list

    def check(self, value: Any, axes: Axes) -> None:
        if type(value) not in (list, tuple) or type(value) is not self.holder:
            raise Misfit(f"must be a {self.holder.__name__}, got {type_name(value)}")
        if self.axis:
            bind(axes, self.axis, len(value))
        for item in value:
            self.kind.check(item, axes)


@dataclass(frozen=True)
class Table(Kind):
    """A dict of one rule for its keys and one for its values."""

    key: Kind
    value: Kind

    def check(self, value: Any, axes: Axes) -> None:
        if type(value) is not dict:
            raise Misfit(f"must be a dict, got {type_name(value)}")
        for key, item in value.items():
            self.key.check(key, axes)
            self.value.check(item, axes)


@dataclass(frozen=True)
class Plain(Kind):
    """Scalars, and lists, tuples, dicts, slices and arrays of them."""

    def check(self, value: Any, axes: Axes) -> None:
        if isinstance(value, list | tuple):
            for item in value:
                self.check(item, axes)
        elif type(value) is dict:
            for item in value.values():
                self.check(item, axes)
        elif type(value) is not np.ndarray and type(value) is not slice:
            if not isinstance(value, _SCALARS):
                raise Misfit(f"must be plain, got {type_name(value)}")


@dataclass(frozen=True)
class Frame(Kind):
    """A data frame of history: names of columns to numbers."""

    def check(self, value: Any, axes: Axes) -> None:
        if type(value) is not pd.DataFrame:
            raise Misfit(f"must be a data frame, got {type_name(value)}")


def type_name(value: Any) -> str:
    """Return the type of a value in a few words."""
    if type(value) is np.ndarray:
        return f"an array of {value.dtype}"
    return type(value).__name__
