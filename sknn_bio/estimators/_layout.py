"""Rows as the members see them, made once where that fits into memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from sknn_bio.data import InputMap, Table, make_store
from sknn_bio.training.plan import MemberPlan, TrainingSettings

# Up to this many numbers are mapped before training; else batch by batch, each time.
# Looking up knots costs more than a layer, a multiplication little.
_MOST_NUMBERS = {"knots": 1 << 26, "affine": 1 << 22}


@dataclass
class Rows:
    """Rows in the types that training takes; `encode` where they are not inputs yet.

    That is so of sparse tables and of those on disk: no second copy is made of them.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray
    encode: Callable[[Any], Any] | None = None


def lay_out(
    rows: Rows,
    valid: Rows | None,
    plan: MemberPlan,
    inputs: InputMap | None,
    settings: TrainingSettings,
) -> tuple[MemberPlan, Table, Table]:
    """Return the plan and the tables on the device that it is for.

    Members that see the rows alike share a copy of them; the copies stand one below the
    other, and the plan's row numbers with them.

    Parameters
    ----------
    rows, valid : Rows
        `valid` is None where the validation rows are in the same table.
    plan : MemberPlan
    inputs : InputMap or None
    settings : TrainingSettings
    """
    given = [part for part in (rows, valid) if part is not None]
    if inputs is None or not all(isinstance(part.X, np.ndarray) for part in given):
        return plan, *_tables(rows, valid, settings, False)
    copies, places = _copies(plan)
    n_rows = [len(part.y) for part in given]
    most = _MOST_NUMBERS["knots" if inputs.quantile.any() else "affine"]
    if len(copies) * max(n_rows) * rows.X.shape[1] > most:
        return plan, *_tables(rows, valid, settings, False)
    own = inputs.pick(copies)
    train = _mapped(rows, own)
    own_valid = None if valid is None else _mapped(valid, own)
    valid_rows = plan.valid_rows
    if valid_rows is not None:
        valid_rows = _moved(valid_rows, places, n_rows[-1])
    plan = replace(
        plan,
        train_rows=_moved(plan.train_rows, places, n_rows[0]),
        valid_rows=valid_rows,
    )
    return plan, *_tables(train, own_valid, settings, True)


def _copies(plan: MemberPlan) -> tuple[list[int], list[int]]:
    """Return a member for each distinct view, and each member's place among them."""
    assert plan.views is not None
    first: dict[tuple[str, bytes], int] = {}
    copies: list[int] = []
    places: list[int] = []
    for member, (view, rows) in enumerate(
        zip(plan.views, plan.train_rows, strict=True)
    ):
        key = (view, rows.tobytes())
        if key not in first:
            first[key] = len(copies)
            copies.append(member)
        places.append(first[key])
    return copies, places


def _moved(rows, places: list[int], n_rows: int) -> tuple[np.ndarray, ...]:
    return tuple(own + at * n_rows for own, at in zip(rows, places, strict=True))


def _mapped(rows: Rows, inputs: InputMap) -> Rows:
    """Return the rows once for each view, one below the other."""
    n_copies = len(inputs.quantile)
    dtype = torch.from_numpy(rows.X).dtype
    out = np.empty((n_copies * len(rows.X), rows.X.shape[1]), rows.X.dtype)
    x = torch.from_numpy(rows.X).unsqueeze(0)
    for copy, part in enumerate(np.split(out, n_copies)):
        part[:] = inputs.pick([copy]).on("cpu", dtype)(x)[0].numpy()
    repeats = (n_copies,) + (1,) * (rows.y.ndim - 1)
    return Rows(out, np.tile(rows.y, repeats), np.tile(rows.weight, n_copies))


def _tables(
    rows: Rows, valid: Rows | None, settings: TrainingSettings, mapped: bool
) -> tuple[Table, Table]:
    device = torch.device(settings.device)
    train, given = (
        None
        if part is None
        else Table(
            make_store(part.X, device, part.encode),
            torch.as_tensor(part.y, device=device),
            torch.as_tensor(part.weight, device=device),
            mapped,
        )
        for part in (rows, valid)
    )
    assert train is not None
    return train, train if given is None else given
