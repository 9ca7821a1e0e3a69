"""What the layers of a fitted network are called, and what they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sknn_bio.reporting._parts import plural
from sknn_bio.reporting._style import shorten

_MOST_LAYERS = 5  # hidden ones that are named singly
_ACTIVATIONS = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "selu": "SELU"}


@dataclass(frozen=True)
class Layer:
    """A layer as it is drawn.

    Attributes
    ----------
    kind : {"input", "hidden", "output", "gap"}
    title, detail : str
        What stands beside it.
    width : int
        Its units; 0 for a gap or a user's own module.
    """

    kind: str
    title: str
    detail: str
    width: int


def layers_of(network: Any) -> list[Layer]:
    """Return the layers of a fitted estimator."""
    shape, plan = network.population_.network, network.population_.plan
    layers = [_input(network, shape, plan)]
    if shape.module is not None:
        name = f"{shape.module.__name__} (own module)"
        layers.append(Layer("hidden", shorten(name), f"{shape.d_in} inputs", 0))
    else:
        layers += _hidden(shape, plan)
    return [*layers, _output(network, shape)]


def _input(network: Any, shape: Any, plan: Any) -> Layer:
    n = int(network.n_features_in_)
    columns = network.population_.scaling.columns
    notes = []
    n_categories = len(columns.one_hot) + len(columns.embedded)
    if n_categories:
        notes.append(f"{n_categories} categorical")
        if len(columns.embedded):
            notes[-1] += f" ({len(columns.embedded)} embedded)"
    if len(columns.told):
        notes.append(f"{len(columns.told)} with missing values told")
    if shape.d_in != n:
        notes.append(f"{shape.d_in} inputs")
    if plan.views is not None:
        views = list(dict.fromkeys(plan.views))
        kind = " and ".join(views)
        notes.append(f"scaled: {kind}{', in turn' if len(views) > 1 else ''}")
    rate = float(np.max(plan.input_dropout))
    if rate:
        notes.append(f"dropout {rate:g}")
    return Layer("input", plural(n, "column"), ", ".join(notes), n)


def _hidden(shape: Any, plan: Any) -> list[Layer]:
    widths = list(shape.params["n_neurons"])
    activation = shape.params["activation"]
    if isinstance(activation, str):
        name = _ACTIVATIONS.get(activation, activation)
    else:
        name = getattr(activation, "__name__", type(activation).__name__)
    notes = [name]
    if shape.params["normalization"]:
        notes.insert(0, f"{shape.params['normalization']} normalisation")
    rate = float(np.max(plan.dropout))
    if rate:
        notes.append(f"dropout {rate:g}")
    before = [shape.d_in, *widths]
    layers = []
    for number, width in enumerate(widths):
        added = shape.params["residual"] and before[number] == width
        detail = [*notes, "plus its input"] if added else notes
        title = f"Hidden {number + 1}: {plural(width, 'unit')}"
        layers.append(Layer("hidden", title, ", ".join(detail), width))
    if len(layers) > _MOST_LAYERS:
        left_out = layers[2:-1]
        units = {str(layer.width) for layer in left_out}
        same = f"{units.pop()} units each" if len(units) == 1 else ""
        gap = Layer("gap", f"{len(left_out)} more layers", same, 0)
        layers = [*layers[:2], gap, layers[-1]]
    return layers


def _output(network: Any, shape: Any) -> Layer:
    mean = "" if network.n_members_ == 1 else ", mean of the members"
    if not hasattr(network, "classes_"):
        return Layer("output", plural(shape.d_out, "target"), mean[2:], shape.d_out)
    if network.loss == "hinge":
        return Layer("output", plural(shape.d_out, "score"), mean[2:], shape.d_out)
    if shape.d_out == 1:
        title = f"P({shorten(network.classes_[-1], 18)})"
        return Layer("output", title, f"sigmoid{mean}", 1)
    title = f"{shape.d_out} classes"
    return Layer("output", title, f"softmax{mean}", shape.d_out)
