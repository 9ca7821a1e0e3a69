"""A fitted model into an ONNX file, which is checked before it is kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier, is_regressor
from sklearn.utils.validation import check_is_fitted

from sknn_bio._optional import require
from sknn_bio.estimators import NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._onnx_converters import class_labels, register
from sknn_bio.persistence._onnx_graph import OPSETS, expand, name_inputs
from sknn_bio.persistence._onnx_inputs import checked_rows, generated_rows, inputs_of

TOLERANCE = 1e-5


def to_onnx(model: Any, path: str | os.PathLike[str], X: Any = None) -> None:
    """Write a fitted model to an ONNX file that gives the same answers.

    Preprocessing is in the file: it takes the user's numbers. Its answers are compared
    with the model's in onnxruntime, and no file is written if they differ by more than
    1e-5.

    Parameters
    ----------
    model : estimator
        A fitted network of this package, one of the transformers of
        :mod:`sknn_bio.preprocessing`, an estimator of scikit-learn's that skl2onnx has
        a converter for, or a Pipeline or ColumnTransformer of those.
    path : str or path-like
        The file; ``.onnx`` is its usual suffix.
    X : array-like, sparse matrix or DataFrame of shape (n_samples, n_features), \
default=None
        Rows to compare answers on; the file does not keep them. Their type is that of
        the inputs: float32, or float64 for any other numbers. None draws rows for a
        network; a Pipeline needs some.

    Raises
    ------
    ImportError
        If the extra ``export`` is not installed.
    ModelFileError
        If a part of the model cannot be expressed, with its name, or the answers
        differ; nothing is written then.
    NotFittedError
        If the model is not fitted.

    See Also
    --------
    save : A file for this package, equal to the bit.
    to_torch : A torch module, for ``torch.export``.

    Notes
    -----
    Inputs: one matrix ``X`` (n, D) where all columns are numbers, with NaN where a
    value is missing. One input (n, 1) a column, under the column's name, where `X` has
    words, truth values or categories, or the model a ColumnTransformer; words are
    strings, ``""`` where missing, and all else are numbers.

    Outputs: ``label`` and ``probabilities`` (n, n_classes) of a classifier;
    ``variable`` (n, n_outputs) of anything else. 1e-5 is absolute for probabilities,
    and relative to the largest answer for others.

    A :class:`~sknn_bio.preprocessing.GeneAligner` cannot look for names in ONNX: the
    file takes the reference's genes in their order. Sparse tables become dense.
    The graph is of opset 18; networks go through ``torch.onnx``, all else through
    skl2onnx.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.persistence import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = NeuralNetClassifier(max_epochs=3, random_state=0).fit(X, y)
    >>> to_onnx(clf, "iris.onnx", X)  # doctest: +SKIP
    """
    for name in ("onnx", "onnxruntime", "skl2onnx"):
        require(name, extra="export")
    if not hasattr(model, "get_params"):
        raise ModelFileError(
            f"ONNX is made of an estimator, got {type(model).__name__}"
        )
    check_is_fitted(model)
    if X is None:
        if not isinstance(model, NeuralNetClassifier | NeuralNetRegressor):
            raise ModelFileError(
                f"X must be given for a {type(model).__name__}: some rows to compare "
                "answers on, which the file does not keep"
            )
        X = generated_rows(model)
    rows = checked_rows(X)
    types, feed = inputs_of(model, rows)
    content = _converted(model, types)
    _compare(model, rows, _run(content, feed))
    Path(path).write_bytes(content)


def _converted(model: Any, types: list[tuple[str, Any]]) -> bytes:
    """Return a model in ONNX's format."""
    skl2onnx = require("skl2onnx", extra="export")
    register()
    options = {id(model): {"zipmap": False}} if is_classifier(model) else None
    try:
        proto = skl2onnx.convert_sklearn(
            model, initial_types=types, target_opset=OPSETS, options=options
        )
    except ModelFileError:
        raise
    except Exception as error:  # skl2onnx raises of many kinds
        first = str(error).strip().splitlines()[0]
        raise ModelFileError(
            f"skl2onnx cannot convert the {type(model).__name__}: {first} Put that "
            "step before the model that is exported"
        ) from error
    name_inputs(proto, [name for name, _ in types])
    expand(proto)
    return proto.SerializeToString()


def _run(content: bytes, feed: dict[str, Any]) -> list[np.ndarray]:
    runtime = require("onnxruntime", extra="export")
    try:
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        return session.run(None, feed)
    except Exception as error:  # onnxruntime raises of many kinds
        raise ModelFileError(
            "onnxruntime cannot run the model; where it lacks an operation for "
            "float64, give X as float32, and fit networks with precision='float32': "
            f"{str(error).strip().splitlines()[0]}"
        ) from error


def _compare(model: Any, rows: Any, found: list[np.ndarray]) -> None:
    """Compare answers.

    Raises
    ------
    ModelFileError
        If they differ.
    """
    if is_classifier(model) and hasattr(model, "predict_proba"):
        expected = model.predict_proba(rows)
        _check_close(expected, found[1], 1.0)
        ordered = np.sort(expected, axis=1)
        clear = ordered[:, -1] - ordered[:, -2] > 2 * TOLERANCE
        labels = class_labels(model.predict(rows))
        if (labels != found[0])[clear].any():
            raise ModelFileError("the labels of the ONNX model differ from the model's")
        return
    if not is_regressor(model) and not hasattr(model, "transform"):
        raise ModelFileError(
            "ONNX is made of classifiers with probabilities, regressors and "
            f"transformers, got {type(model).__name__}"
        )
    expected = model.predict(rows) if is_regressor(model) else model.transform(rows)
    if sparse.issparse(expected):
        expected = expected.toarray()
    expected = np.asarray(expected, np.float64).reshape(len(rows), -1)
    _check_close(expected, found[0], max(1.0, np.nanmax(np.abs(expected))))


def _check_close(expected: np.ndarray, found: np.ndarray, unit: float) -> None:
    if found.shape != expected.shape:
        raise ModelFileError(
            f"the ONNX model answers with shape {found.shape}, not {expected.shape}"
        )
    same_gaps = (np.isnan(found) == np.isnan(expected)).all()
    worst = float(np.nanmax(np.abs(found - expected), initial=0.0)) / unit
    if not same_gaps or not worst <= TOLERANCE:
        raise ModelFileError(
            f"the ONNX model must agree to {TOLERANCE:g}, and differs by {worst:.2g}; "
            "where X is float32, columns of large numbers need float64"
        )
