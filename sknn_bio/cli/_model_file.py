"""The file that ``sknn-bio train`` writes: an estimator and what it was trained on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import joblib
import sklearn
import torch

from sknn_bio._version import __version__
from sknn_bio.cli._columns import Column
from sknn_bio.cli._files import written_whole

FORMAT = "sknn-bio model, version 1"
WARNING = (
    "a joblib file can run any code when it is opened: open only files that you or "
    "people you trust have made"
)

VERSIONS = {
    "sknn-bio": __version__,
    "scikit-learn": sklearn.__version__,
    "torch": torch.__version__.partition("+")[0],
}


@dataclass
class Model:
    """A fitted estimator and what its tables look like.

    Attributes
    ----------
    estimator : estimator
        A fitted network of this library.
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
    versions : dict of str to str
        Of the packages it was trained with.
    """

    estimator: Any
    columns: list[Column]
    target: str
    task: str
    score: float | None = None
    log_normalized: bool = False
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
    The file holds a plain dict, so that ``joblib.load(path)["estimator"]`` is the
    estimator.
    """
    plain = {name: getattr(model, name) for name in Model.__dataclass_fields__}
    plain["columns"] = [asdict(column) for column in model.columns]
    with written_whole(path, force=force) as temporary:
        joblib.dump({"format": FORMAT, **plain}, temporary, compress=1)


def read_model(path: Path) -> Model:
    """Read a model file of `write_model`; this can run code that the file holds.

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
        plain = joblib.load(path)
    except Exception as error:  # whatever a file that is no pickle may lead to
        said = " ".join(str(error).split())[:80] or type(error).__name__
        raise ValueError(f"{foreign}, and cannot be opened: {said}") from error
    if not isinstance(plain, dict) or plain.pop("format", None) != FORMAT:
        raise ValueError(f"{foreign}, got something else")
    plain["columns"] = [Column(**column) for column in plain["columns"]]
    return Model(**plain)
