"""How the parts of a fitted network must agree; each rule raises ``Misfit``.

The letters of axes are those of ``_parts.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sknn_bio.nn.embedding import embedding_width
from sknn_bio.persistence._kinds import (
    BOOL,
    Axes,
    Kind,
    Many,
    Misfit,
    Number,
    Optional,
    bind,
    text,
)
from sknn_bio.training.network import restore_network


def encoder_relations(encoder: Any, axes: Axes) -> None:
    if encoder.numeric is None:
        bind(axes, "D", axes["N"])
        if len(encoder.told) or len(encoder.one_hot) or len(encoder.embedded):
            raise Misfit("TableEncoder: a plain one has numeric columns only")
        return
    parts = (encoder.numeric, encoder.one_hot, encoder.embedded)
    if sorted(np.concatenate(parts).tolist()) != list(range(axes["D"])):
        raise Misfit("TableEncoder: each column must be numeric, one-hot or embedded")


def scaling_relations(scaling: Any, axes: Axes) -> None:
    n_inputs = scaling.columns.n_inputs - len(scaling.columns.embedded)
    bind(axes, "I", n_inputs)
    if (scaling.target_scale is None) != (scaling.target_shift is None):
        raise Misfit("Scaling: target_scale and target_shift go together")
    if scaling.target is None and scaling.target_scale is not None:
        raise Misfit("Scaling: target_scale needs a target")


def input_map_relations(inputs: Any, axes: Axes) -> None:
    bind(axes, "Q", int(inputs.quantile.sum()))
    if (inputs.clipped & inputs.quantile).any():
        raise Misfit("InputMap: a member is robust or quantile, not both")
    if axes["Q"] and not axes.get("K"):
        raise Misfit("InputMap: a member's quantiles need knots")


def population_relations(population: Any, axes: Axes) -> None:
    network, columns = population.network, population.scaling.columns
    bind(axes, "M", len(population.plan.seeds))
    if network.d_in != columns.n_inputs:
        raise Misfit(f"Network.d_in must be {columns.n_inputs}, got {network.d_in}")
    if network.module is None:
        _check_perceptron(population, axes["M"])
        return
    if any(w.ndim == 0 or len(w) != axes["M"] for w in population.weights.values()):
        raise Misfit(f"weights must have {axes['M']} members")
    try:
        restore_network(network, population.weights)
    except Exception as error:  # a user's own module
        raise Misfit(
            f"the weights do not fit the module {network.module.__name__}: "
            f"{str(error).splitlines()[0]}"
        ) from error


def _check_perceptron(population: Any, n_members: int) -> None:
    network, columns = population.network, population.scaling.columns
    if tuple(network.params.get("n_codes", ())) != tuple(columns.n_codes.tolist()):
        raise Misfit("Network.params: n_codes must be those of the encoder")
    if len(network.params.get("n_neurons", ())) > len(population.weights):
        raise Misfit("Network.params: n_neurons must have an entry a layer")
    expected = perceptron_shapes(
        n_members, network.d_in, network.d_out, **network.params
    )
    found = {name: w.shape for name, w in population.weights.items()}
    for name in sorted(set(expected) | set(found)):
        if expected.get(name) != found.get(name):
            raise Misfit(
                f"weights: {name} must have shape {expected.get(name)}, got "
                f"{found.get(name)}"
            )
    if {w.dtype.name for w in population.weights.values()} - {"float32", "float64"}:
        raise Misfit("weights must be of float32 or float64")


def perceptron_shapes(
    n_members: int,
    d_in: int,
    d_out: int,
    n_neurons: tuple[int, ...],
    activation: Any = "relu",
    normalization: str | None = None,
    residual: bool = False,
    n_codes: tuple[int, ...] = (),
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a perceptron's weights without allocating any.

    A file may claim a layer of a billion units; ``tests/persistence`` holds this
    against :class:`sknn_bio.nn.MLP`.
    """
    tables = [(n, embedding_width(n)) for n in n_codes]
    widths = (d_in + sum(width - 1 for _, width in tables), *n_neurons, d_out)
    layers = [f"hidden.{i}" for i in range(len(n_neurons))] + ["head"]
    shapes: dict[str, tuple[int, ...]] = {}
    for i, table in enumerate(tables):
        shapes[f"embedding.tables.{i}"] = (n_members, *table)
    for layer, a, b in zip(layers, widths[:-1], widths[1:], strict=True):
        shapes[f"{layer}.weight"] = (n_members, a, b)
        shapes[f"{layer}.bias"] = (n_members, 1, b)
    kept = {"batch": ["weight", "bias", "running_mean", "running_var"]}
    names = [] if normalization is None else kept.get(normalization, ["weight", "bias"])
    for i, width in enumerate(n_neurons):
        shapes |= {f"norms.{i}.{name}": (n_members, 1, width) for name in names}
    return shapes


def network_relations(network: Any, axes: Axes) -> None:
    if network.module is not None:
        return
    params = network.params
    rules: dict[str, Kind] = {
        "n_neurons": Many(Number(whole=True, low=1), holder=tuple),
        "normalization": Optional(text("batch", "layer")),
        "residual": BOOL,
        "n_codes": Many(Number(whole=True, low=3), holder=tuple),
    }
    if set(params) != {"activation", *rules}:
        raise Misfit(f"Network.params must be those of a perceptron, got {[*params]}")
    for name, rule in rules.items():
        rule.check(params[name], {})
