"""What decides the numbers of a fit, so that ``checkpoint_dir`` knows it again."""

from __future__ import annotations

import hashlib
import json
from numbers import Integral
from typing import Any

import torch

from sknn_bio._version import __version__
from sknn_bio.estimators._inputs import Inputs
from sknn_bio.estimators._job import Job
from sknn_bio.estimators._merge import Chunk
from sknn_bio.estimators._state import FittedPopulation
from sknn_bio.training.callbacks import unnamed
from sknn_bio.training.fingerprint import describe, digest
from sknn_bio.training.plan import MemberPlan

# Said otherwise below, or without a say in the numbers.
_APART = ("callbacks", "checkpoint_dir", "device", "precision", "random_state")
_SILENT = ("pos_label", "verbose", "warm_start")


def fit_fingerprint(
    estimator: Any, job: Job, earlier: FittedPopulation | None
) -> dict[str, Any]:
    """Return what decides the numbers of one estimator's fit, as plain values.

    Parameters
    ----------
    estimator : estimator
        Of which `job` is.
    job : Job
    earlier : FittedPopulation or None
        Where training starts from.
    """
    params = estimator.get_params(deep=False)
    own = {k: describe(v) for k, v in params.items() if k not in _APART + _SILENT}
    own["callbacks"] = [describe(unnamed(cb)) for cb in params["callbacks"] or ()]
    if isinstance(params["random_state"], Integral):
        own["random_state"] = int(params["random_state"])
    own["device"] = job.settings.device
    own["precision"] = "bfloat16" if job.settings.half_products else job.settings.dtype
    levels = {str(j): list(v) for j, v in estimator.categories_.levels.items()}
    classes = getattr(estimator, "classes_", None)
    data = {
        **_rows(job.inputs),
        # A hash: rare levels may say who a patient is.
        "categories": _hash(levels),
        "classes": None if classes is None else digest(classes),
    }
    if job.given_validation is not None:
        given = _rows(job.given_validation)
        data["X_val"], data["y_val"] = given["X"], given["y"]
    return {
        "parameters": own,
        "data": data,
        "splits and seeds": _hash(_plan(job.plan)),
        "starting weights": None if earlier is None else _hash(earlier.weights),
        **_versions(),
    }


def chunk_fingerprint(chunk: Chunk, table: dict[str, str]) -> dict[str, Any]:
    """Return what decides the numbers of one chunk of many estimators' members.

    Parameters
    ----------
    chunk : Chunk
    table : dict
        Of :func:`table_fingerprint`.
    """
    settings = {
        name: describe(value)
        for name, value in vars(chunk.settings).items()
        if name != "checkpoint_dir"
    }
    network = {name: describe(value) for name, value in vars(chunk.network).items()}
    plan = _plan(chunk.plan)
    rates = {name: plan.pop(name) for name in ("lr", "weight_decay", "dropout")}
    return {
        "parameters": {**network, **settings, **rates, "loss": describe(chunk.loss)},
        "data": table,
        "splits and seeds": _hash(plan),
        **_versions(),
    }


def table_fingerprint(X, y, weight) -> dict[str, str]:
    """Return the digests of a table that several chunks share."""
    return {"X": digest(X), "y": digest(y), "sample_weight": digest(weight)}


def _rows(inputs: Inputs) -> dict[str, Any]:
    groups = None if inputs.groups is None else digest(inputs.groups)
    table = table_fingerprint(inputs.X, inputs.y, inputs.weight)
    return {**table, "groups": groups}


def _plan(plan: MemberPlan) -> dict[str, Any]:
    return {name: describe(value) for name, value in vars(plan).items()}


def _hash(value: Any) -> str:
    text = json.dumps(describe(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _versions() -> dict[str, str]:
    return {"sknn_bio": __version__, "torch": torch.__version__}
