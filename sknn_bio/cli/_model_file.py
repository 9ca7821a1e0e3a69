"""The file that ``sknn-bio train`` writes: an estimator and what it was trained on."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sknn_bio.cli._columns import Column
from sknn_bio.cli._files import written_whole
from sknn_bio.persistence import ModelFileError, inspect, load, save
from sknn_bio.persistence._save import VERSIONS as ALL_VERSIONS

VERSIONS = {name: ALL_VERSIONS[name] for name in ("sknn-bio", "scikit-learn", "torch")}
# What stands in the notes of the file: the estimator and the versions have their place.
_NOTES = "sknn-bio train"


@dataclass
class Model:
    """A fitted estimator and what its tables look like.

    Attributes
    ----------
    estimator : estimator
        A fitted network of this library, or a Pipeline that ends with one.
    columns : list of Column
        The features, in order.
    target : str
        The column that was predicted.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    score : float or None
        Out of fold: ROC AUC (macro, one against the rest) of classes, R² of numbers.
    log_normalized : bool
        Whether counts are brought to 10,000 a cell and to the log scale beforehand.
    layer : str or None
        The layer of the AnnData file that was trained on; `columns` is then empty.
    versions : dict of str to str
        Of the packages it was trained with.
    """

    estimator: Any
    columns: list[Column]
    target: str
    task: str
    score: float | None = None
    log_normalized: bool = False
    layer: str | None = None
    versions: dict[str, str] = field(default_factory=lambda: dict(VERSIONS))


def write_model(model: Model, path: Path, *, force: bool = False) -> None:
    """Write a model file, whole or not at all.

    Parameters
    ----------
    model : Model
        The model.
    path : Path
        The file.
    force : bool, default=False
        Replace one that is there.

    Notes
    -----
    It is a file of :func:`sknn_bio.persistence.save`, so that
    :func:`sknn_bio.persistence.load` returns the estimator.
    """
    told = {name: getattr(model, name) for name in _told()}
    told["columns"] = [
        {**asdict(column), "levels": list(column.levels)} for column in model.columns
    ]
    if model.score is not None:  # JSON has no NaN: a fold without one of the classes
        told["score"] = model.score if math.isfinite(model.score) else None
    with written_whole(path, force=force) as temporary:
        save(model.estimator, temporary, notes={_NOTES: told})


def read_model(path: Path) -> Model:
    """Read a model file of `write_model`; nothing in it is run.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Model
        As it was written.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or something else in it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such model file: {path}")
    foreign = f"{path} must be a model file of `sknn-bio train`"
    try:
        contents, estimator = inspect(path), load(path)
    except ModelFileError as error:
        raise ValueError(f"{foreign}: {error.__cause__}") from error
    told = contents.notes.get(_NOTES)
    if not isinstance(told, dict) or set(told) != set(_told()):
        raise ValueError(f"{foreign}, got a model without notes of it")
    columns = [
        Column(each["name"], each["kind"], tuple(each["levels"]))
        for each in told["columns"]
    ]
    versions = {name: contents.versions.get(name, "") for name in VERSIONS}
    return Model(estimator, **{**told, "columns": columns}, versions=versions)


def _told() -> list[str]:
    apart = ("estimator", "versions")
    return [name for name in Model.__dataclass_fields__ if name not in apart]
