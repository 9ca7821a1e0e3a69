"""Integrated gradients of fitted networks, all members at once."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.base import is_classifier

from sknn_bio.estimators._inputs import check_query
from sknn_bio.inspection._attributions import Attributions
from sknn_bio.inspection._path_baselines import baseline_rows
from sknn_bio.inspection._path_integral import Accuracy, Collector
from sknn_bio.inspection._path_model import parts_of
from sknn_bio.inspection._path_network import PathNetwork
from sknn_bio.inspection._path_routes import ByColumn
from sknn_bio.inspection._path_steps import follow_steps
from sknn_bio.inspection._rows import as_table, column_names
from sknn_bio.ondisk import RowsOnDisk
from sknn_bio.training.devices import resolve_device, threads_for

_NUMBERS = 1 << 22  # of the widest layer, held at a time
_DOUBLE_FLOPS = 1e9  # below, as in prediction, a float64 table is answered in float64


def integrated_gradients(
    model: Any,
    X: Any,
    *,
    baseline: Any = "auto",
    output: str = "auto",
    tol: float = 0.01,
    n_steps: int = 16,
    max_steps: int = 1024,
) -> Attributions:
    """Attribute a fitted model's answers to the columns of its table.

    Parameters
    ----------
    model : fitted estimator
        A network of this library; or a Pipeline, a search, a
        ``TransformedTargetRegressor`` or a ``RejectOption`` that ends in one.
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The rows to explain, as `model` takes them.
    baseline : {"auto", "mean", "zero"} or array-like, default="auto"
        What a row is held against. ``"mean"``: the middle of each member's training
        rows, in its own scaled columns (where the network does not scale, zero); of an
        embedded category, the mean over its levels. ``"zero"``: a row of zeros in the
        table, sent through the whole Pipeline. ``"auto"``: zero for a sparse table,
        whose zeros say that nothing was counted, and the mean for any other. A row, or
        rows: of several, the mean over all of them (expected gradients, [2]_).
    output : {"auto", "probability", "raw", "prediction"}, default="auto"
        What is explained: the mean over the members of a classifier's probabilities, or
        of its raw outputs (log-odds, or scores of classes); of a regressor's
        predictions, in the target's unit. ``"auto"`` is the probability, the prediction
        for a regressor, and raw for a classifier with ``loss="hinge"``.
    tol : float, default=0.01
        Largest relative completeness error that is accepted. A row that is above it
        gets twice the points on its path, until it is not.
    n_steps, max_steps : int, default=16, 1024
        Points on a path at first, and at most.

    Returns
    -------
    attributions : Attributions
        In the columns of `X`. Of two classes, to the probability of the second.

    Raises
    ------
    TypeError
        If there is no network of this library in `model`.
    ValueError
        If a step of a Pipeline mixes columns in a way that is not linear.

    Warns
    -----
    UserWarning
        If rows stay above `tol`.

    See Also
    --------
    shap_values : Asks the model for answers only, and so takes any.

    Notes
    -----
    Integrated gradients [1]_ average the gradient on the straight path from the
    baseline to the row, by Gauss-Legendre quadrature, and multiply it by the way. The
    path is straight in the columns as each member sees them; what all members add is
    averaged, as their answers are. Since the first layer is linear, a point of a path
    costs no product with the whole table.

    What is made of one column (its scaling, its missing indicator, its one-hot levels,
    its embedding) is summed. Columns that always miss the same rows share an
    indicator, which counts for the first of them. In a Pipeline, attributions go back
    by the column that each output stems from; scalers of whole rows, such as
    ``LogNormalizer``, are taken as if a row's total were given. Linear steps (PCA,
    TruncatedSVD, random projections) are followed through their components; the
    ``"mean"`` is then the one that the step keeps, or zero. The transformation of a
    ``TransformedTargetRegressor`` passes attributions on in proportion.

    The completeness error of a row is how far its attributions miss the difference of
    the answers, relative to that difference, or to 0.01 where it is smaller: 0.01 of
    probability or of a raw output, 0.01 standard deviations of the training target, 1 %
    of the baseline's answer for ``loss="poisson"``.

    References
    ----------
    .. [1] Sundararajan, M., Taly, A. & Yan, Q. (2017). Axiomatic attribution for deep
       networks. ICML.
    .. [2] Erion, G., Janizek, J. D., Sturmfels, P., Lundberg, S. M. & Lee, S.-I.
       (2021). Improving performance of deep learning models with axiomatic attribution
       priors and expected gradients. Nature Machine Intelligence 3, 620-631.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.inspection import integrated_gradients
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = NeuralNetClassifier(n_members=2, max_epochs=20, random_state=0).fit(X, y)
    >>> found = integrated_gradients(clf, X)
    >>> found.values.shape
    (150, 4, 3)
    >>> bool(found.completeness_error.max() <= 0.01)
    True
    """
    parts = parts_of(model)
    kind = _what_to_explain(output, parts.network)
    accuracy = _checked_accuracy(tol, n_steps, max_steps)
    table = as_table(X)
    starts = baseline_rows(baseline, table)
    is_named = starts is None
    route, reached, starts = follow_steps(parts.steps, table, starts)
    rows = check_query(parts.network, reached)
    device = resolve_device(parts.network.device)
    weights = parts.network.population_.weights
    flops = 2.0 * rows.shape[0] * sum(w.size for w in weights.values())
    network = PathNetwork(
        parts.network, kind, _precision(rows, route, flops, device), device
    )
    with threads_for(flops * n_steps), torch.no_grad():
        if starts is None:
            begin = network.center()
        else:
            starts = check_query(parts.network, starts)
            is_centered = np.isnan(starts) if is_named else np.zeros(starts.shape, bool)
            begin = network.starts(starts, is_centered)
        found = Collector(network, route, begin, rows.shape[0])
        target = None if kind == "raw" else parts.target
        width = network.n_members * network.width * found.outputs.shape[1]
        step = max(1, _NUMBERS // width)
        for start in range(0, rows.shape[0], step):
            part = slice(start, min(start + step, rows.shape[0]))
            found.add(part, network.inputs(_read(rows, part)), accuracy, target)
    classes = getattr(parts.network, "classes_", None)
    return _as_result(found, model, table, classes, kind, accuracy)


def _what_to_explain(output: str, network: Any) -> str:
    first = "probability" if is_classifier(network) else "prediction"
    allowed = (first, "raw")
    has_none = getattr(network, "loss", None) == "hinge"
    if output == "auto":
        return "raw" if has_none else first
    if output not in allowed:
        raise ValueError(
            f"output must be 'auto' or one of {allowed} for a "
            f"{type(network).__name__}, got {output!r}"
        )
    if output == "probability" and has_none:
        raise ValueError("a classifier with loss='hinge' has no probability: use 'raw'")
    return output


def _checked_accuracy(tol: float, n_steps: int, max_steps: int) -> Accuracy:
    if not (isinstance(tol, Real) and tol > 0):
        raise ValueError(f"tol must be a number > 0, got {tol!r}")
    are_whole = isinstance(n_steps, Integral) and isinstance(max_steps, Integral)
    if not (are_whole and 1 <= n_steps <= max_steps):
        raise ValueError(
            "n_steps and max_steps must be integers, 1 <= n_steps <= max_steps, got "
            f"{n_steps!r} and {max_steps!r}"
        )
    return Accuracy(tol, n_steps, max_steps)


def _precision(rows: Any, route: Any, flops: float, device: str) -> torch.dtype:
    """Return double precision where it costs little, as prediction does.

    Shares of a sum are quotients, which need it.
    """
    is_small = rows.dtype == np.float64 and flops < _DOUBLE_FLOPS
    is_divided = not isinstance(route, ByColumn)
    is_double = device == "cpu" and (is_small or is_divided)
    return torch.float64 if is_double else torch.float32


def _read(rows: Any, part: slice) -> Any:
    if isinstance(rows, RowsOnDisk):
        return rows.read(part.start, part.stop)
    return rows[part]


def _as_result(
    found: Collector,
    model: Any,
    table: Any,
    classes: np.ndarray | None,
    kind: str,
    accuracy: Accuracy,
) -> Attributions:
    n_rows, n_features = table.shape
    values = found.values
    members = found.members / n_rows
    if len(found.columns) < n_features:
        values = np.zeros((n_rows, n_features, values.shape[2]), values.dtype)
        values[:, found.columns] = found.values
        members = np.zeros((len(members), n_features))
        members[:, found.columns] = found.members / n_rows
    error = found.error
    above = error.max(1) > accuracy.tol
    if above.any():
        warnings.warn(
            f"the completeness error of {int(above.sum())} of {n_rows} rows is above "
            f"tol={accuracy.tol:g}, {error.max():.3g} at most, with "
            f"{accuracy.max_steps} points on a path",
            UserWarning,
            stacklevel=3,
        )
    flat = (lambda a: a[..., 0]) if values.shape[2] == 1 else (lambda a: a)
    return Attributions(
        values=flat(values),
        base_values=flat(found.base),
        outputs=flat(found.outputs),
        data=table,
        feature_names=column_names(table, model),
        output_names=None if classes is None else classes[-values.shape[2] :],
        completeness_error=flat(error),
        member_importances=members,
        output=kind,
    )
