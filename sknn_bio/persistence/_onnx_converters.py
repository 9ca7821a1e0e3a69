"""Converters of this package's estimators and transformers, for skl2onnx.

skl2onnx walks through Pipelines and has converters for scikit-learn's own classes; each
of ours has a function for the types of its outputs, and one that writes its nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sknn_bio._optional import require
from sknn_bio.data.categories import UNSEEN
from sknn_bio.estimators import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.persistence._onnx_graph import Nodes
from sknn_bio.persistence._torch import to_torch
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer


def register() -> None:
    """Tell skl2onnx of our classes."""
    skl2onnx = require("skl2onnx", extra="export")
    options = {"zipmap": [False, True, "columns"], "output_class_labels": [False, True]}
    for kind in (NeuralNetBinaryClassifier, NeuralNetClassifier):
        skl2onnx.update_registered_converter(
            kind,
            f"SknnBio{kind.__name__}",
            _classifier_types,
            _classifier,
            options=options,
        )
    others = {
        NeuralNetRegressor: (_regressor_types, _regressor),
        LogNormalizer: (_same_types, _log_normalizer),
        GeneAligner: (_same_types, _gene_aligner),
        HighlyVariableGenes: (_selected_types, _selector),
    }
    for other, (types, convert) in others.items():
        skl2onnx.update_registered_converter(
            other, f"SknnBio{other.__name__}", types, convert
        )


# Types of the outputs ---------------------------------------------------------------


def _float_type(operator: Any, width: int) -> Any:
    """Return the type of a table that is as exact as the operator's inputs."""
    types = require("skl2onnx.common.data_types", extra="export")
    single = all(isinstance(i.type, types.FloatTensorType) for i in operator.inputs)
    kind = types.FloatTensorType if single else types.DoubleTensorType
    return kind([operator.inputs[0].get_first_dimension(), width])


def _classifier_types(operator: Any) -> None:
    types = require("skl2onnx.common.data_types", extra="export")
    model = operator.raw_operator
    words = class_labels(model.classes_).dtype.kind == "U"
    kind = types.StringTensorType if words else types.Int64TensorType
    operator.outputs[0].type = kind([operator.inputs[0].get_first_dimension()])
    operator.outputs[1].type = _float_type(operator, len(model.classes_))


def _regressor_types(operator: Any) -> None:
    operator.outputs[0].type = _float_type(operator, operator.raw_operator.n_outputs_)


def _same_types(operator: Any) -> None:
    operator.outputs[0].type = _float_type(
        operator, operator.raw_operator.n_features_in_
    )


def _selected_types(operator: Any) -> None:
    width = int(operator.raw_operator.support_.sum())
    operator.outputs[0].type = _float_type(operator, width)


def class_labels(classes: np.ndarray) -> np.ndarray:
    """Return classes as ONNX has them: words, or whole numbers."""
    words = all(isinstance(label, str) for label in classes)
    return classes.astype(str if words else np.int64)


# Networks ---------------------------------------------------------------------------


def _classifier(scope: Any, operator: Any, container: Any) -> None:
    nodes, model = Nodes(scope, container), operator.raw_operator
    label, probabilities = (out.full_name for out in operator.outputs)
    answer = _network(nodes, operator)
    nodes.add("Identity", answer, into=probabilities)
    likeliest = nodes.add("ArgMax", answer, axis=1, keepdims=0)
    nodes.add("Gather", class_labels(model.classes_), likeliest, into=label, axis=0)


def _regressor(scope: Any, operator: Any, container: Any) -> None:
    nodes = Nodes(scope, container)
    answer = _network(nodes, operator)
    nodes.add("Identity", answer, into=operator.outputs[0].full_name)


def _network(nodes: Nodes, operator: Any) -> str:
    """Add a network and return the name of its answer."""
    model = operator.raw_operator
    dtype = _dtype(operator.outputs[-1])
    rows = _table(nodes, operator, dtype)
    return nodes.module(to_torch(model), model.n_features_in_, dtype, rows)


def _dtype(variable: Any) -> type:
    types = require("skl2onnx.common.data_types", extra="export")
    return (
        np.float32 if isinstance(variable.type, types.FloatTensorType) else np.float64
    )


def _table(nodes: Nodes, operator: Any, dtype: type) -> str:
    """Return the name of all inputs beside each other, categories as codes."""
    types = require("skl2onnx.common.data_types", extra="export")
    levels = operator.raw_operator.categories_.levels
    columns: list[str] = []
    n_columns = 0
    for given in operator.inputs:
        is_words = isinstance(given.type, types.StringTensorType)
        name = given.full_name if is_words else nodes.cast(given.full_name, dtype)
        width = given.type.shape[1]
        own = {j - n_columns: own for j, own in levels.items()}
        columns += _coded(nodes, name, width, own, is_words, dtype)
        n_columns += width
    return columns[0] if len(columns) == 1 else nodes.add("Concat", *columns, axis=1)


def _coded(
    nodes: Nodes, name: str, width: int, levels: dict, is_words: bool, dtype: type
) -> list[str]:
    """Return the columns of one input, those with levels as codes."""
    some = [j for j in range(width) if j in levels]
    if not some:
        return [name]
    if is_words:
        if width > 1:
            raise ModelFileError(
                "words must come as one input a column: give the rows as a data frame"
            )
        return [_codes_of_words(nodes, name, levels[0], dtype)]
    parts, start = [], 0
    for j in some:
        if j > start:
            parts.append(nodes.add("Gather", name, np.arange(start, j), axis=1))
        column = nodes.add("Gather", name, np.array([j]), axis=1)
        parts.append(_codes_of_numbers(nodes, column, levels[j], dtype))
        start = j + 1
    if start < width:
        parts.append(nodes.add("Gather", name, np.arange(start, width), axis=1))
    return parts


def _codes_of_words(nodes: Nodes, name: str, levels: list, dtype: type) -> str:
    places: dict[str, float] = {
        "": np.nan,
        **{level: code for code, level in enumerate(levels)},
    }
    codes = nodes.add(
        "ai.onnx.ml.LabelEncoder",
        name,
        keys_strings=list(places),
        values_floats=[float(code) for code in places.values()],
        default_float=UNSEEN,
    )
    return nodes.cast(codes, dtype)


def _codes_of_numbers(nodes: Nodes, name: str, levels: list, dtype: type) -> str:
    equal = nodes.add("Equal", name, np.array([levels], dtype))
    # Places from 1; the sum is 0 where the number is no level.
    places: np.ndarray = np.arange(1, len(levels) + 1, dtype=dtype)[:, None]
    found = nodes.add("MatMul", nodes.cast(equal, dtype), places)
    codes = nodes.add("Sub", found, np.array(1, dtype))
    return nodes.add("Where", nodes.add("IsNaN", name), name, codes)


# Transformers -----------------------------------------------------------------------


def _log_normalizer(scope: Any, operator: Any, container: Any) -> None:
    nodes, model = Nodes(scope, container), operator.raw_operator
    out, one = operator.outputs[0], np.array(1.0)
    counts = nodes.cast(operator.inputs[0].full_name, np.float64)
    totals = nodes.add("ReduceSum", counts, np.array([1]), keepdims=1)
    if model.method == "pearson":
        answer = _residuals(nodes, model, counts, totals)
    else:
        empty = nodes.add("Equal", totals, np.array(0.0))
        divisor = nodes.add("Where", empty, one, totals)
        factors = nodes.add("Div", np.array(model.target_sum_), divisor)
        answer = nodes.add("Mul", counts, factors)
        if model.log1p:
            answer = nodes.add("Log", nodes.add("Add", answer, one))
    nodes.add("Identity", nodes.cast(answer, _dtype(out)), into=out.full_name)


def _residuals(nodes: Nodes, model: LogNormalizer, counts: str, totals: str) -> str:
    expected = nodes.add("Mul", totals, model.gene_share_[None])
    squared = nodes.add("Mul", expected, expected)
    extra = nodes.add("Div", squared, np.array(float(model.theta)))
    deviation = nodes.add("Sqrt", nodes.add("Add", expected, extra))
    still = nodes.add("Equal", deviation, np.array(0.0))
    divisor = nodes.add("Where", still, np.array(1.0), deviation)
    ratio = nodes.add("Div", nodes.add("Sub", counts, expected), divisor)
    answer = nodes.add("Where", still, np.array(0.0), ratio)
    return nodes.add("Clip", answer, np.array(-model.clip_), np.array(model.clip_))


def _gene_aligner(scope: Any, operator: Any, container: Any) -> None:
    nodes, out = Nodes(scope, container), operator.outputs[0]
    if (
        sum(i.type.shape[1] for i in operator.inputs)
        != operator.raw_operator.n_features_in_
    ):
        raise ModelFileError(
            "an ONNX model takes the reference's genes in their order: give X with the "
            f"{operator.raw_operator.n_features_in_:,} columns of "
            "GeneAligner.feature_names_in_"
        )
    name = nodes.cast(operator.inputs[0].full_name, _dtype(out))
    nodes.add("Identity", name, into=out.full_name)


def _selector(scope: Any, operator: Any, container: Any) -> None:
    nodes, out = Nodes(scope, container), operator.outputs[0]
    name = nodes.cast(operator.inputs[0].full_name, _dtype(out))
    chosen = np.flatnonzero(operator.raw_operator.support_)
    nodes.add("Gather", name, chosen, into=out.full_name, axis=1)
