"""The list of classes that a file may hold, and what of each is kept.

A class is on the list by its dotted name, and is imported only when a model or a file
has it: this room need not import those beside it, such as `omics`, nor all of
scikit-learn. A name that a file gives is looked up among these and is never imported.
To put a class on the list, add a :class:`Spec` to one of the tables.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sknn_bio.persistence._kinds import (
    Axes,
    Kind,
    Misfit,
    Plain,
    Table,
    bind,
    text,
    type_name,
)

# What `fit_anndata` puts beside any estimator: genes, and where the matrix was.
BESIDE: dict[str, Kind] = {"anndata_": Table(text(), Plain())}


@dataclass(frozen=True)
class Spec:
    """What is kept of a class.

    Attributes
    ----------
    name : str
        Dotted name under which the class is imported.
    state : mapping of str to Kind
        Attributes that each fitted object has, and what they may be.
    maybe : mapping of str to Kind
        Attributes that some have. One that comes after a release goes here, as the
        files of that release lack it.
    outside : mapping of str to Any
        Parameters and attributes that may be functions or classes of the user's, and
        what stands for them where a file is opened without; ``NEEDED`` if nothing does.
    never : mapping of str to Any
        Parameters and attributes of the process or the machine, which no file keeps,
        and what they are in a model that was read.
    private : tuple of str
        Attributes that hold data of patients, kept only when asked for.
    from_state : mapping of str to str
        Parameters that are read from an attribute, as the attribute says the same.
    is_part : bool
        A data class within an estimator: no parameters, only fields.
    relations : callable or None
        ``relations(object, axes)`` raises Misfit where attributes disagree.
    finish : callable or None
        ``finish(object)`` puts a part that two attributes share where it was.
    """

    name: str
    state: Mapping[str, Kind] = field(default_factory=dict)
    maybe: Mapping[str, Kind] = field(default_factory=dict)
    outside: Mapping[str, Any] = field(default_factory=dict)
    never: Mapping[str, Any] = field(default_factory=dict)
    private: tuple[str, ...] = ()
    from_state: Mapping[str, str] = field(default_factory=dict)
    is_part: bool = False
    relations: Callable[[Any, Axes], None] | None = None
    finish: Callable[[Any], None] | None = None

    @property
    def cls(self) -> type:
        """The class itself, imported now."""
        module, _, name = self.name.rpartition(".")
        return getattr(importlib.import_module(module), name)

    @property
    def is_ours(self) -> bool:
        """Whether the class is of this package."""
        return self.name.startswith("sknn_bio.")

    @property
    def params(self) -> list[str]:
        """Names of the parameters, as the class has them today."""
        if self.is_part:
            return []
        return list(inspect.signature(self.cls).parameters)

    @property
    def attributes(self) -> set[str]:
        """Names of what a file may have of it, besides parameters."""
        beside = () if self.is_part else BESIDE
        return {*self.state, *self.maybe, *self.outside, *beside} - set(self.params)

    def check_state(self, value: Any, axes: Axes | None = None) -> None:
        """Check the attributes of a fitted object, and how they agree.

        Raises
        ------
        Misfit
            With the attribute's name.
        """
        axes = {} if axes is None else axes
        held = vars(value)
        for name, kind in {**self.state, **self.maybe, **BESIDE}.items():
            if name not in held:
                continue
            try:
                kind.check(held[name], axes)
            except Misfit as error:
                raise Misfit(f"{type(value).__name__}.{name}: {error}") from None
        if self.relations is not None:
            self.relations(value, axes)

    def is_fitted(self, value: Any) -> bool:
        """Whether an object has any of what fitting leaves."""
        return any(name in vars(value) for name in self.state or self.maybe)


NEEDED = object()


@cache
def all_specs() -> dict[str, Spec]:
    """Return the list, by name."""
    from sknn_bio.persistence import _own, _sklearn, _sklearn_composites

    found = [*_own.SPECS, *_sklearn.SPECS, *_sklearn_composites.SPECS]
    return {spec.name: spec for spec in found}


@cache
def _by_class_name() -> dict[str, list[Spec]]:
    found: dict[str, list[Spec]] = {}
    for spec in all_specs().values():
        found.setdefault(spec.name.rpartition(".")[2], []).append(spec)
    return found


def spec_of(value: Any) -> Spec | None:
    """Return what is kept of an object's class; None if it is not on the list.

    A subclass is another class: what it adds is not known here.
    """
    kind = type(value)
    for spec in _by_class_name().get(kind.__name__, []):
        if spec.name.partition(".")[0] == kind.__module__.partition(".")[0]:
            if spec.cls is kind:
                return spec
    return None


@dataclass(frozen=True)
class Part(Kind):
    """An object of a class on the list, whose axes have other letters outside.

    Attributes
    ----------
    name : str
        Of the class, as it is on the list.
    letters : mapping of str to str
        From letters of the part to letters of what it is part of.
    """

    name: str
    letters: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: Any, axes: Axes) -> None:
        spec = spec_of(value)
        if spec is None or spec.name != self.name:
            raise Misfit(f"must be a {self.name}, got {type_name(value)}")
        inner = {i: axes[o] for i, o in self.letters.items() if o in axes}
        spec.check_state(value, inner)
        for letter, outer in self.letters.items():
            if letter in inner:
                bind(axes, outer, inner[letter])


@dataclass(frozen=True)
class Estimator(Kind):
    """Any estimator or transformer on the list, or one of some words."""

    words: Sequence[str] = ()

    def check(self, value: Any, axes: Axes) -> None:
        if isinstance(value, str) and value in self.words:
            return
        spec = spec_of(value)
        if spec is None or spec.is_part:
            raise Misfit(f"must be an estimator on the list, got {type_name(value)}")
