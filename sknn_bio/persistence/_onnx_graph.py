"""The nodes of an ONNX graph: by hand, and from a torch module.

Both are written into the container that skl2onnx fills while it converts a model.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sknn_bio._optional import require
from sknn_bio.persistence._errors import ModelFileError

# The first that torch exports to without converting, and one that all runtimes know.
OPSETS = {"": 18, "ai.onnx.ml": 3}
# A node that stands for a graph: skl2onnx's sorting does not know optional inputs.
_DOMAIN = "sknn_bio"


class Nodes:
    """Writes nodes into a container of skl2onnx.

    Parameters
    ----------
    scope, container : object
        As skl2onnx gives them to a converter.
    """

    def __init__(self, scope: Any, container: Any):
        self._scope, self._container = scope, container
        self._onnx = require("onnx", extra="export")

    def add(
        self, kind: str, *inputs: Any, into: str | None = None, **attributes: Any
    ) -> str:
        """Add a node and return its output's name.

        Parameters
        ----------
        kind : str
            Such as ``"Mul"``; ``"ai.onnx.ml.LabelEncoder"`` for one of that domain.
        *inputs : str or ndarray
            Names, and constants.
        into : str, default=None
            Name of the output; None makes one.
        **attributes
            Of the node.
        """
        domain, _, op = kind.rpartition(".")
        names = [i if isinstance(i, str) else self.constant(i) for i in inputs]
        out = self._scope.get_unique_variable_name(op) if into is None else into
        node = self._onnx.helper.make_node(
            op, names, [out], self._name(op), domain=domain, **attributes
        )
        self._append(node)
        return out

    def constant(self, value: Any) -> str:
        """Add an array and return its name."""
        name = self._scope.get_unique_variable_name("constant")
        tensor = self._onnx.numpy_helper.from_array(np.asarray(value), name)
        self._container.initializers.append(tensor)
        return name

    def cast(self, name: str, dtype: Any) -> str:
        """Return a value in another type."""
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", name, to=kind)

    def module(self, module: nn.Module, n_features: int, dtype: Any, rows: str) -> str:
        """Add a torch module, (n, n_features) → (n, C), and return its output's name.

        Parameters
        ----------
        module : torch.nn.Module
        n_features : int
        dtype : numpy dtype
            Of `rows`: float32 or float64.
        rows : str
            Name of the input.

        Raises
        ------
        ModelFileError
            If torch cannot export it.
        """
        graph = _torch_graph(module, n_features, dtype)
        out = self._scope.get_unique_variable_name("answer")
        helper = self._onnx.helper
        self._append(
            helper.make_node(
                "Graph",
                [rows],
                [out],
                self._name("Graph"),
                domain=_DOMAIN,
                graph=graph.SerializeToString(),
            )
        )
        return out

    def _name(self, op: str) -> str:
        return self._scope.get_unique_operator_name(op)

    def _append(self, node: Any) -> None:
        self._container.nodes.append(node)
        pair = (node.domain, OPSETS.get(node.domain, 1))
        self._container.node_domain_version_pair_sets.add(pair)


def expand(model: Any) -> None:
    """Put the nodes of torch's graphs where :meth:`Nodes.module` left a mark.

    Parameters
    ----------
    model : ModelProto
        Changed in place.
    """
    onnx = require("onnx", extra="export")
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for i, node in enumerate(nodes):
        if node.domain != _DOMAIN:
            model.graph.node.append(node)
            continue
        graph = onnx.GraphProto.FromString(node.attribute[0].s)
        names = {"": ""}
        names[graph.input[0].name] = node.input[0]
        names[graph.output[0].name] = node.output[0]
        for tensor in graph.initializer:
            names[tensor.name] = tensor.name = f"{_DOMAIN}{i}.{tensor.name}"
            del tensor.metadata_props[:]
            model.graph.initializer.append(tensor)
        for inner in graph.node:
            for out in inner.output:
                names.setdefault(out, f"{_DOMAIN}{i}.{out}")
            inner.input[:] = [names[name] for name in inner.input]
            inner.output[:] = [names[name] for name in inner.output]
            inner.name = f"{_DOMAIN}{i}.{inner.name}"
            inner.doc_string = ""
            del inner.metadata_props[:]  # torch's, with paths of this machine
            model.graph.node.append(inner)
    kept = [pair for pair in model.opset_import if pair.domain != _DOMAIN]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def name_inputs(model: Any, names: Sequence[str]) -> None:
    """Call the inputs as the columns: skl2onnx makes identifiers of their names."""
    made = [given.name for given in model.graph.input]
    own = dict(zip(made, names, strict=True))
    for given, name in zip(model.graph.input, names, strict=True):
        given.name = name
    for node in model.graph.node:
        node.input[:] = [own.get(name, name) for name in node.input]


def _torch_graph(module: nn.Module, n_features: int, dtype: Any) -> Any:
    """Return the graph (a GraphProto) of a module."""
    require("onnxscript", extra="export")
    kind = torch.from_numpy(np.empty(0, dtype)).dtype
    rows = torch.zeros(3, n_features, dtype=kind)
    count = torch.export.Dim("n", min=1)
    search = {torch.ops.aten.searchsorted.Tensor: _searchsorted}
    with _quiet():
        try:
            program = torch.export.export(module, (rows,), dynamic_shapes=({0: count},))
            program = program.run_decompositions(search)
            exported = torch.onnx.export(
                program, dynamo=True, opset_version=OPSETS[""], verbose=False
            )
        except Exception as error:
            raise ModelFileError(
                "torch cannot export the network's module or activation; avoid "
                "branches on the values of a tensor and loops over rows: "
                f"{str(error).strip().splitlines()[0]}"
            ) from error
    assert exported is not None
    proto = exported.model_proto
    nested = [
        n.op_type for n in proto.graph.node for a in n.attribute if a.HasField("g")
    ]
    if nested or proto.functions:
        names = [*nested, *(f.name for f in proto.functions)]
        raise ModelFileError(
            f"the network's module must be a plain graph, got {names[0]} in it: avoid "
            "branches and loops on the values of a tensor"
        )
    return proto.graph


def _searchsorted(knots: Tensor, values: Tensor, **sides: Any) -> Tensor:
    """Find places by bisection: ONNX has no search, and comparing all takes memory."""
    n_knots = knots.shape[-1]
    low = torch.zeros_like(values, dtype=torch.int64)
    high = torch.full_like(low, n_knots)
    for _ in range(n_knots.bit_length()):
        middle = (low + high) // 2
        at = knots.gather(-1, middle.clamp(max=n_knots - 1))
        goes_on = (at < values) & (low < high)
        low = torch.where(goes_on, middle + 1, low)
        high = torch.where(goes_on, high, middle)
    return low


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's notes to its own developers from the user."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
