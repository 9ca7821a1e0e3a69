"""What a file holds, told without building the model."""

from __future__ import annotations

import inspect as signatures
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sknn_bio.persistence._container import NOTES, TENSORS, load_json, read_archive
from sknn_bio.persistence._decode import Decoder, Missing
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._load import read_tensors, read_tree
from sknn_bio.persistence._specs import all_specs

_SHOWN = 5
# What a tree that is not as the format has it may lead to.
_ODD = (ArithmeticError, AttributeError, LookupError, Missing, RecursionError,
        TypeError, ValueError)  # fmt: skip
_WIDTH, _WIDEST = 60, 24


@dataclass(frozen=True)
class FileContents:
    """What a model file holds.

    Attributes
    ----------
    path : Path
    n_bytes : int
        Size of the file.
    format_version : int
    versions : dict of str to str
        Of the packages that wrote it.
    steps : list of (str, str, dict of str to str)
        Estimators, outer ones first: the path within the model, the class, and the
        parameters that are not the default, as text.
    networks : list of dict
        Of each network: its path, members, inputs, layers, outputs, score.
    feature_names : list of str or None
        None where the training table had no names.
    classes : list or None
        Labels of a classifier.
    n_levels : dict of int to int
        Number of named levels by the position of a categorical column.
    fingerprint : dict
        Of the training table: number of features and rows, a hash of the names.
    supplied : list of str
        Functions and classes that the file names.
    left_out : list of str
        What the model had and the file does not keep.
    notes : dict
        What was given as ``notes`` to :func:`save`.
    tensors : dict of str to (str, tuple of int)
        Type and shape of each array.
    """

    path: Path
    n_bytes: int
    format_version: int
    versions: dict[str, str]
    steps: list[tuple[str, str, dict[str, str]]]
    networks: list[dict[str, Any]]
    feature_names: list[str] | None
    classes: list[Any] | None
    n_levels: dict[int, int]
    fingerprint: dict[str, Any]
    supplied: list[str]
    left_out: list[str]
    notes: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    def __str__(self) -> str:
        """Some lines for a terminal."""
        lines = list(self._lines())
        width = min(_WIDEST, max(len(name) for name, _ in lines))
        # A file may hold what a terminal obeys.
        return "\n".join(
            "".join(c if c.isprintable() else "?" for c in line)
            for line in (f"{name[:width]:<{width}}  {text}" for name, text in lines)
        )

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield (
            "file",
            f"{self.path.name}: {self.n_bytes:,} bytes, format {self.format_version}, "
            "checksums agree",
        )
        yield "written by", ", ".join(f"{n} {v}" for n, v in self.versions.items())
        for path, name, params in self.steps:
            told = ", ".join(f"{key}={value}" for key, value in params.items())
            yield path or "model", f"{name}({told})"
        for network in self.networks:
            yield "network", _network_line(network)
        names = self.feature_names
        n_features = self.fingerprint.get("n_features")
        if names is not None or n_features is not None:
            yield "features", _counted(names, n_features)
        if self.classes is not None:
            yield "classes", _counted(self.classes, len(self.classes))
        if self.n_levels:
            total = sum(self.n_levels.values())
            yield "categories", f"{len(self.n_levels)}, with {total} levels named"
        if self.fingerprint.get("n_rows") is not None:
            yield "trained on", f"{self.fingerprint['n_rows']} rows"
        numbers = sum(int(np.prod(shape)) for _, shape in self.tensors.values())
        yield "arrays", f"{len(self.tensors)}, of {numbers:,} numbers"
        if self.supplied:
            yield "to supply", ", ".join(self.supplied)
        if self.left_out:
            yield "left out", ", ".join(self.left_out)
        for name, note in self.notes.items():
            yield "note", f"{name}: {_cut(str(note))}"


def inspect(path: str | os.PathLike[str]) -> FileContents:
    """Tell what a model file holds, without building the model.

    Parameters
    ----------
    path : str or path-like
        A file of :func:`save`.

    Returns
    -------
    contents : FileContents
        Printing it shows a summary.

    Raises
    ------
    ModelFileError
        If the file is damaged, no model file, or of a later format.
    OSError
        If there is no such file.
    """
    path = Path(path)
    try:
        manifest, members = read_archive(path)
        tree = read_tree(members)
        tensors = read_tensors(members[TENSORS])
        notes = load_json(members[NOTES], NOTES) if NOTES in members else {}
        contents = FileContents(
            path,
            path.stat().st_size,
            manifest["format_version"],
            manifest["versions"],
            notes=notes,
            tensors={n: (a.dtype.name, a.shape) for n, a in sorted(tensors.items())},
            **_told(tree, Decoder(tensors, {})),
        )
        str(contents)  # what a forged file claims may be of any type
        return contents
    except ModelFileError as error:
        raise ModelFileError(f"{path} cannot be inspected: {error}") from error
    except _ODD as error:
        raise ModelFileError(
            f"{path} cannot be inspected: it is not as the format has it "
            f"({type(error).__name__})"
        ) from error


def _told(tree: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
    steps: list[tuple[str, str, dict[str, str]]] = []
    networks: list[dict[str, Any]] = []
    labels: dict[str, list[Any]] = {}
    levels: dict[int, int] = {}
    for path, node in _objects(tree["model"], ""):
        spec = all_specs().get(node["class"])
        if spec is None:
            raise ModelFileError(f"a class must be on the list, got {node['class']!r}")
        state = node["state"]
        if spec.is_part or (spec.state and not state):  # or not fitted
            continue
        steps.append((path, node["class"].rpartition(".")[2], _params(node, spec.cls)))
        for name in ("feature_names_in_", "classes_"):
            if name in state and name not in labels:
                labels[name] = decoder.value(state[name]).tolist()
        if "population_" in state:
            networks.append(_network(path, state, decoder))
            found = decoder.value(state["categories_"]["state"]["levels"])
            levels |= {column: len(own) for column, own in found.items()}
    about = tree["about"]
    return {
        "steps": steps,
        "networks": networks,
        "feature_names": labels.get("feature_names_in_"),
        "classes": labels.get("classes_"),
        "n_levels": levels,
        **{name: about[name] for name in ("fingerprint", "supplied", "left_out")},
    }


def _objects(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a tree, outer ones first, with the names of the steps."""
    if isinstance(node, list):
        for item in node:
            yield from _objects(item, path)
        return
    if not isinstance(node, dict):
        return
    if node.get("$") == "object":
        yield path, node
    if node.get("$") == "tuple" and node["items"] and type(node["items"][0]) is str:
        path = node["items"][0]
    for item in node.values():
        yield from _objects(item, path)


def _params(node: dict[str, Any], cls: type) -> dict[str, str]:
    """Return the parameters that are not the default, as text."""
    defaults = signatures.signature(cls).parameters
    told = {name: _text(value) for name, value in node["params"].items()}
    return {
        name: text
        for name, text in told.items()
        if name not in defaults or text not in _texts(defaults[name].default)
    }


def _texts(default: Any) -> tuple[str, str]:
    return repr(default), getattr(default, "__name__", "")


def _text(node: Any) -> str:
    if isinstance(node, list):
        return _cut(f"[{', '.join(map(_text, node))}]")
    if not isinstance(node, dict):
        return _cut(repr(node))
    tag = node.get("$")
    if tag == "tuple":
        items = ", ".join(map(_text, node["items"]))
        return _cut(f"({items},)" if len(node["items"]) == 1 else f"({items})")
    if tag == "float":
        return node["value"]
    if tag == "object":
        return node["class"].rpartition(".")[2]
    if tag in ("known", "supplied"):
        return node["name"].rpartition(":")[2]
    return "{...}" if tag is None else f"<{tag}>"


def _network(path: str, state: dict[str, Any], decoder: Decoder) -> dict[str, Any]:
    network = state["population_"]["state"]["network"]["state"]
    module = network["module"]
    params = network["params"]
    return {
        "path": path,
        "n_members": state["n_members_"],
        "d_in": network["d_in"],
        "d_out": network["d_out"],
        "module": None if module is None else _text(module),
        "n_neurons": None if module else list(decoder.value(params["n_neurons"])),
        "best_epoch": decoder.value(state["best_epoch_"]).tolist(),
        "oof_score": decoder.value(state.get("oof_score_")),
        "interrupted": state["interrupted_"],
    }


def _network_line(network: dict[str, Any]) -> str:
    inner = network["n_neurons"]
    inner = [network["module"]] if inner is None else inner
    layers = " → ".join(map(str, [network["d_in"], *inner, network["d_out"]]))
    members = network["n_members"]
    epochs = sorted(set(network["best_epoch"]))
    span = f"{epochs[0]}" if len(epochs) == 1 else f"{epochs[0]} to {epochs[-1]}"
    score = network["oof_score"]
    parts = [
        f"{members} member{'s' * (members > 1)} of {layers}",
        f"best epoch {span}",
        *([] if score is None else [f"out-of-fold score {score:.3f}"]),
        *(["fit was interrupted"] if network["interrupted"] else []),
    ]
    return ", ".join(parts)


def _counted(names: list[Any] | None, count: Any) -> str:
    if names is None:
        return f"{count}, without names"
    shown = ", ".join(map(str, names[:_SHOWN])) + (", ..." * (len(names) > _SHOWN))
    return f"{len(names)}: {_cut(shown)}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 4]} ..."
