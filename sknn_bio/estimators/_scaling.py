"""The maps between the user's numbers and the networks', fitted before training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sknn_bio.data import (
    ColumnScaler,
    InputMap,
    TableEncoder,
    distinct_rows,
    relative_scaling,
    row_moments,
    scale_of,
    set_weights,
)
from sknn_bio.estimators._inputs import Inputs
from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.training.plan import MemberPlan
from sknn_bio.training.run import Scaling


def fit_scaling(
    inputs: Inputs,
    plan: MemberPlan,
    levels: dict[int, int],
    embeds: bool,
    standardize_target: bool,
) -> Scaling:
    """Fit the table's encoding, and each member's own map of it and of the target."""
    single = plan.n_members == 1
    own = plan.train_rows[0] if single else slice(None)
    if isinstance(inputs.X, np.ndarray):
        columns = TableEncoder.fit(
            inputs.X, inputs.weight, levels, plan.views is not None, embeds, own
        )
        inputs_map = None
        is_whole = single and columns.is_plain and plan.views == ("standard",)
        if plan.views is not None and not is_whole:
            inputs_map = fit_input_map(columns, inputs.X, plan, inputs.weight)
    else:
        columns, inputs_map = _fit_in_one_pass(inputs, plan)
    scaling = Scaling(replace(columns, fills=inputs_map is None), inputs_map)
    if not standardize_target:
        return scaling
    scaling.target = ColumnScaler.fit(inputs.y[own], inputs.weight[own], constant=1.0)
    if not single:
        scaling.target_scale, scaling.target_shift = relative_scaling(
            scaling.target.transform(inputs.y, np.float64),
            plan.train_rows,
            inputs.weight,
            constant=1.0,
        )
    return scaling


def fit_input_map(
    columns: TableEncoder, X, plan: MemberPlan, weight: np.ndarray
) -> InputMap:
    """Fit each member's map of the encoded numbers; codes of categories have none."""
    assert plan.views is not None
    encoded = columns.transform(X, X.dtype)
    n_numbers = columns.n_inputs - len(columns.embedded)
    return InputMap.fit(encoded[:, :n_numbers], plan.train_rows, plan.views, weight)


def _fit_in_one_pass(
    inputs: Inputs, plan: MemberPlan
) -> tuple[TableEncoder, InputMap | None]:
    """Scale a sparse table, or one on disk, of numbers only."""
    X = inputs.X
    if plan.views is None:
        return TableEncoder(ColumnScaler.identity(X.shape[1])), None
    distinct, places = distinct_rows(plan.train_rows)
    weights = set_weights(distinct, X.shape[0], inputs.weight)
    if len(distinct) > 1:
        weights = np.vstack([weights, inputs.weight])
    mean, var = row_moments(X, weights)
    scale = scale_of(mean[-1], var[-1], np.inf)
    is_sparse = X.is_sparse if isinstance(X, RowsOnDisk) else True
    center = np.zeros_like(scale) if is_sparse else mean[-1]
    columns = TableEncoder(ColumnScaler(center, scale))
    if plan.n_members == 1 and not is_sparse:
        return columns, None
    mean, var = (mean - center) / scale, var / scale**2
    own = 1.0 / scale_of(mean, var, np.inf)
    shift = -mean * own
    return columns, InputMap.affine(own[places][:, None], shift[places][:, None])
