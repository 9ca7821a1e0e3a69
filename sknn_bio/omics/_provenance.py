"""Where columns come from, in plain values that an .h5ad file can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from numbers import Integral, Real
from typing import Any

import numpy as np
import sklearn

from sknn_bio._version import __version__
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._defaults import resolve
from sknn_bio.omics._cells import Cells
from sknn_bio.omics._genes import NOTES, coverage_of

_LONGEST = 100


def provenance_of(model: Any, cells: Cells, columns: list[str]) -> dict[str, Any]:
    """Return what ``uns`` keeps of a prediction.

    Parameters
    ----------
    model : fitted estimator
    cells : Cells
        The query.
    columns : list of str
        What was written.

    Returns
    -------
    dict
        Of str, int, float, bool, arrays of str, and dicts of those.
    """
    notes = getattr(model, NOTES, {})
    told: dict[str, Any] = {
        "package": "sknn-bio",
        "version": __version__,
        "scikit_learn": sklearn.__version__,
        "model": _described(model),
        "settings": _settings(model, notes.get("n_cells")),
        "matrix": str(cells.place),
        "n_cells": cells.X.shape[0],
        "columns": np.array(columns, dtype=object),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    for name in ("target", "groups"):
        if notes.get(name) is not None:
            told[name] = notes[name]
    if "n_cells" in notes:
        told["n_cells_of_training"] = notes["n_cells"]
    coverage = coverage_of(model, cells)
    if coverage is not None:
        told["genes"] = {
            "of_training": coverage.n_reference,
            "of_query": coverage.n_query,
            "found": coverage.n_exact + coverage.n_mapped,
            "found_by_alias": coverage.n_mapped,
            "share": coverage.share,
            "missing": coverage.missing,
            "n_dropped": len(coverage.dropped),
        }
    return told


def _described(model: Any) -> str:
    """Return the classes of a model, such as ``Pipeline(GeneAligner, ...)``."""
    parts = [part for _, part in _parts(model)]
    inner = f"({', '.join(map(_described, parts))})" if parts else ""
    return f"{type(model).__name__}{inner}"


def _parts(model: Any) -> list[tuple[str, Any]]:
    if hasattr(model, "steps"):
        return list(model.steps)
    names = ("best_estimator_", "estimator_")
    return [(n[:-1], getattr(model, n)) for n in names if hasattr(model, n)][:1]


def _settings(model: Any, n_rows: int | None) -> dict[str, Any]:
    """Return the parameters of each part by ``part__name``, every "auto" resolved."""
    own = model.get_params(deep=False) if hasattr(model, "get_params") else {}
    if isinstance(model, NeuralNetBase) and n_rows is not None:
        state = model.population_
        views = state.plan.views or ()
        own |= resolve(
            own,
            model._task,
            n_rows,
            state.network.d_in,
            state.network.d_out,
            "quantile" not in views,
        )
    told = {name: _plain(v) for name, v in own.items() if not _is_part(v)}
    for part, inner in _parts(model):
        deeper = _settings(inner, n_rows)
        told |= {f"{part}__{name}": value for name, value in deeper.items()}
    return told


def _is_part(value: Any) -> bool:
    """Whether a parameter is told of as a part: an estimator, or a Pipeline's steps."""
    steps = isinstance(value, list) and value and isinstance(value[0], tuple)
    return bool(steps) or hasattr(value, "get_params")


def _plain(value: Any) -> Any:
    """Return a value that every version of .h5ad can hold."""
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    words = repr(value)
    return words if len(words) <= _LONGEST else f"a {type(value).__name__}"
