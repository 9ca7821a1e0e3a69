"""A file into a fitted model; what is in it is checked before anything is built."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from safetensors.numpy import load as load_tensors
from sklearn.exceptions import InconsistentVersionWarning

from sknn_bio.persistence._container import MODEL, TENSORS, load_json, read_archive
from sknn_bio.persistence._decode import Decoder, Missing
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._named import supplied
from sknn_bio.persistence._specs import spec_of
from sknn_bio.training.devices import resolve_device

_MOST_HEADER = 1 << 24  # bytes of the safetensors header


def load(
    path: str | os.PathLike[str],
    trusted: Mapping[str, Any] | None = None,
    *,
    device: str | None = None,
) -> Any:
    """Read a model that :func:`save` wrote; nothing in the file is run.

    Parameters
    ----------
    path : str or path-like
        The file.
    trusted : mapping of str to object, default=None
        Classes and functions of yours that the file names, by their name
        (``"MyModule"``) or ``"module:name"``. They get parameters that the file has.
    device : str, default=None
        Where the networks predict, as in their ``device`` parameter. None keeps what
        the model had, or ``"auto"`` where that is not on this machine: a model that was
        trained on a GPU opens on a laptop.

    Returns
    -------
    model : estimator
        Fitted; on the same machine its predictions are those of the saved one to the
        bit.

    Raises
    ------
    ModelFileError
        If the file is damaged, no model file, of a later format, or names something
        that is not supplied; a ``ValueError``.
    OSError
        If there is no such file.

    Warns
    -----
    InconsistentVersionWarning
        If a transformer of scikit-learn's was fitted with another version of it than
        this one (their minor versions differ).
    UserWarning
        If the model can predict without something that was not supplied, such as a loss
        of yours: fitting it again would use the default.

    See Also
    --------
    save : Write it.
    inspect : What a file holds, without building the model.
    """
    path = Path(path)
    try:
        manifest, members = read_archive(path)
        tree = read_tree(members)
        tensors = read_tensors(members.pop(TENSORS))
        model, decoder = _build(tree, tensors, dict(trusted or {}))
    except ModelFileError as error:
        raise ModelFileError(f"{path} cannot be opened: {error}") from error
    if decoder.replaced:
        warnings.warn(
            f"not supplied: {', '.join(sorted(set(decoder.replaced)))}. Predictions do "
            "not need them; fitting again would use the defaults",
            UserWarning,
            stacklevel=2,
        )
    _compare_versions(manifest["versions"], decoder.built)
    _choose_devices(decoder.built, device)
    return model


def read_tree(members: dict[str, bytes]) -> dict[str, Any]:
    """Return the JSON of the model and what is told about it."""
    tree = load_json(members[MODEL], MODEL)
    if not isinstance(tree, dict) or set(tree) != {"model", "about"}:
        raise ModelFileError(f"{MODEL} must have a model, and what is told about it")
    node = tree["model"]
    if not isinstance(node, dict) or node.get("$") != "object":
        raise ModelFileError(f"{MODEL} must have a model")
    return tree


def read_tensors(data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays of the tensor file, as copies that may be written to."""
    header = int.from_bytes(data[:8], "little")
    if len(data) < 8 or header > min(len(data), _MOST_HEADER):
        raise ModelFileError(f"{TENSORS} must have a header of its own size at most")
    try:
        found = load_tensors(data)
    except Exception as error:  # its own error, or NumPy's for what it has no type
        said = " ".join(str(error).split())[:120]
        raise ModelFileError(f"{TENSORS} is damaged: {said}") from error
    # Copies, as those are read-only and keep all of the file in memory.
    return {name: np.array(array) for name, array in found.items()}


def _build(
    tree: dict[str, Any], tensors: dict[str, np.ndarray], trusted: dict[str, Any]
) -> tuple[Any, Decoder]:
    decoder = Decoder(tensors, trusted)
    try:
        model = decoder.value(tree["model"])
    except Missing:
        names = sorted(set(_lacking(tree["model"], trusted)))
        key = names[0].rpartition(".")[2].rpartition(":")[2]
        raise ModelFileError(
            f"it needs what only you can supply: {', '.join(names)}; give it as "
            f"load(path, trusted={{{key!r}: ...}})"
        ) from None
    except RecursionError as error:
        raise ModelFileError("the model is nested too deep") from error
    if decoder.unused:
        raise ModelFileError(f"a tensor has no use: {decoder.unused[0][:80]!r}")
    spec = spec_of(model)
    if spec is None or spec.is_part:
        raise ModelFileError("it must hold an estimator, got a part of one")
    return model, decoder


def _lacking(node: Any, trusted: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that a tree wants supplied, and that are not."""
    if isinstance(node, list):
        for item in node:
            yield from _lacking(item, trusted)
    elif isinstance(node, dict):
        if node.get("$") == "supplied":
            try:
                supplied(node["name"], trusted)
            except KeyError:
                yield node["name"]
        for item in node.values():
            yield from _lacking(item, trusted)


def _compare_versions(written: Mapping[str, str], built: list[Any]) -> None:
    theirs = [value for value in built if _is_stateful(value)]
    before, now = written.get("scikit-learn", ""), sklearn.__version__
    if theirs and before.split(".")[:2] != now.split(".")[:2]:
        names = ", ".join(sorted({type(value).__name__ for value in theirs}))
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=names,
                current_sklearn_version=now,
                original_sklearn_version=before[:20],
            ),
            stacklevel=3,
        )


def _is_stateful(value: Any) -> bool:
    spec = spec_of(value)
    return spec is not None and not spec.is_ours and bool(spec.state)


def _choose_devices(built: list[Any], device: str | None) -> None:
    for value in built:
        if not hasattr(value, "population_"):
            continue
        if device is not None:
            resolve_device(device)
            value.device = device
            continue
        try:
            resolve_device(value.device)
        except ValueError:
            value.device = "auto"
