"""A fitted model into a file."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import torch
from safetensors.numpy import save as save_tensors
from sklearn.utils.validation import check_is_fitted

from sknn_bio._version import __version__
from sknn_bio.persistence._container import (
    MODEL,
    NOTES,
    TENSORS,
    dump_json,
    load_json,
    write_archive,
)
from sknn_bio.persistence._encode import Encoder
from sknn_bio.persistence._errors import ModelFileError

VERSIONS = {
    "sknn-bio": __version__,
    "scikit-learn": sklearn.__version__,
    "torch": torch.__version__.partition("+")[0],
    "numpy": np.__version__,
    "python": platform.python_version(),
}


def save(
    model: Any,
    path: str | os.PathLike[str],
    *,
    keep_out_of_fold: bool = False,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a fitted model to a file that can be opened without running code.

    The file is one zip of JSON and safetensors; it holds parameters and fitted arrays,
    and neither code nor pickles. It is written whole or not at all, and replaces one
    that is there. The same model gives the same bytes.

    Parameters
    ----------
    model : estimator
        A fitted network of this package, a transformer of
        :mod:`sknn_bio.preprocessing`, one of scikit-learn's that the guide lists
        (scalers, encoders, selectors, PCA, linear models, ...), or a Pipeline,
        FeatureUnion or ColumnTransformer of those.
    path : str or path-like
        The file; ``.sknn`` is its usual suffix.
    keep_out_of_fold : bool, default=False
        Keep ``oof_prediction_`` too: it has a row a patient of the training table. The
        score ``oof_score_`` is always kept.
    notes : mapping of str to JSON values, default=None
        Anything to be kept beside the model, such as the unit of the target; see
        :func:`inspect`.

    Raises
    ------
    ModelFileError
        If the model, or a part of it, is of a class that is not on the list, with
        advice.
    NotFittedError
        If it is not fitted.
    OSError
        If the file cannot be written; one that was there is as it was.

    See Also
    --------
    load : Read it again.
    inspect : What a file holds, without building the model.

    Notes
    -----
    A class or function of yours (``module=``, a loss, callbacks, the function of a
    FunctionTransformer) is in the file by name only, and is supplied to :func:`load`.
    ``checkpoint_dir``, a Pipeline's ``memory`` and the moments of the optimizer are not
    kept; a ``RandomState`` becomes a seed drawn from it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> from sknn_bio.persistence import load, save
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = NeuralNetBinaryClassifier(max_epochs=3, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(clf, Path(folder, "model.sknn"))
    ...     again = load(Path(folder, "model.sknn"))
    >>> bool((again.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    _check_fitted(model)
    encoder = Encoder(keep_out_of_fold)
    node = encoder.value(model, "")
    if not (isinstance(node, dict) and node.get("$") == "object"):
        raise ModelFileError(f"a file keeps an estimator, got {type(model).__name__}")
    about = {
        "fingerprint": _fingerprint(model),
        "left_out": encoder.left_out,
        "supplied": sorted(set(encoder.supplies)),
    }
    members = {
        MODEL: dump_json({"model": node, "about": about}),
        TENSORS: save_tensors(encoder.tensors),
    }
    load_json(members[MODEL], MODEL)  # within the bounds of reading
    if notes is not None:
        members[NOTES] = _notes(notes)
    write_archive(Path(path), members, VERSIONS)


def _check_fitted(model: Any) -> None:
    if not hasattr(model, "get_params"):
        raise ModelFileError(f"a file keeps an estimator, got {type(model).__name__}")
    check_is_fitted(model)


def _notes(notes: Mapping[str, Any]) -> bytes:
    try:
        data = dump_json(dict(notes))
        same = load_json(data, NOTES) == dict(notes)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"notes must be plain JSON values: {error}") from error
    if not same:
        raise ModelFileError(
            "notes must be plain JSON values: strings as keys, lists and no tuples"
        )
    return data


def _fingerprint(model: Any) -> dict[str, Any]:
    """Return what tells one training table from another, and nothing of its rows."""
    last = model
    while hasattr(last, "steps"):
        last = last.steps[-1][1]
    names = getattr(model, "feature_names_in_", None)
    rows = getattr(last, "oof_prediction_", None)
    text = None if names is None else "\n".join(map(str, names))
    return {
        "n_features": getattr(model, "n_features_in_", None),
        "feature_names_sha256": None
        if text is None
        else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        "n_rows": None if rows is None else len(rows),
    }
