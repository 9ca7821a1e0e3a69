"""A fitted network as one torch module, with the scaling before it and the mean after.

The module has nothing of scikit-learn or skorch in it: ``torch.export`` takes it, and
:func:`~sknn_bio.persistence.to_onnx` is made from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from sknn_bio.data import TableEncoder
from sknn_bio.data.categories import UNSEEN
from sknn_bio.data.scaling import FURTHEST
from sknn_bio.estimators import NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.nn import LiftedModule
from sknn_bio.persistence._errors import ModelFileError
from sknn_bio.training.network import restore_network
from sknn_bio.training.run import Scaling

FURTHEST_LOG = 700.0  # of a rate that float64 has


def to_torch(model: Any, device: str = "cpu") -> nn.Module:
    """Return a fitted network as a torch module: numbers in, probabilities out.

    Parameters
    ----------
    model : NeuralNetClassifier, NeuralNetBinaryClassifier or NeuralNetRegressor
        Fitted. Of a Pipeline, give the last step and the numbers that reach it.
    device : str, default="cpu"
        Where its weights and statistics are; it stays there.

    Returns
    -------
    module : torch.nn.Module
        In evaluation mode. It takes a float32 or float64 tensor ``(n, D)`` of the
        user's numbers, unscaled, NaN where a value is missing; a category is its place
        among the column's levels (``model.categories_.levels``), -1 for another one.
        It returns, in the same float type, probabilities ``(n, n_classes)`` in the
        order of ``model.classes_``, or targets ``(n, n_outputs)`` in their unit: the
        mean over the members, as ``predict_proba`` and ``predict`` do, to 1e-5.

    Raises
    ------
    ModelFileError
        If the model is another one, or has no probabilities (``loss="hinge"``).
    NotFittedError
        If it is not fitted.

    See Also
    --------
    to_onnx : One file for other languages and runtimes; Pipelines too.

    Notes
    -----
    Scaling is computed in float64 and the network in the type of its weights. A table
    that is not plain numbers of one float type, a sparse matrix and a data frame are
    scikit-learn's business, and not the module's.

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_iris
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.persistence import to_torch
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = NeuralNetClassifier(max_epochs=3, random_state=0).fit(X, y)
    >>> rows = torch.from_numpy(X)
    >>> n = torch.export.Dim("n", min=1)
    >>> program = torch.export.export(
    ...     to_torch(clf), (rows,), dynamic_shapes=({0: n},)
    ... )
    >>> program.module()(rows[:2]).shape
    torch.Size([2, 3])
    """
    if not isinstance(model, NeuralNetClassifier | NeuralNetRegressor):
        raise ModelFileError(
            "a torch module is made of a network of this package, got "
            f"{type(model).__name__}; of a Pipeline, give the last step"
        )
    check_is_fitted(model, "population_")
    if getattr(model, "loss", None) == "hinge":
        raise ModelFileError(
            "a classifier must have probabilities, got loss='hinge'; fit it with "
            "loss='cross_entropy'"
        )
    return FittedModule(model, device).eval()


class FittedModule(nn.Module):
    """Encoding, each member's map, the network, and the members' mean.

    Input ``(n, D)`` → output ``(n, C)``, in the float type of the input.

    Parameters
    ----------
    model : estimator
    device : str
    """

    def __init__(self, model: Any, device: str):
        super().__init__()
        state = model.population_
        self.encoder = ColumnEncoder(state.scaling.columns).to(device)
        self.network = restore_network(state.network, state.weights).to(device)
        if isinstance(self.network, LiftedModule):
            self.network.vectorized = False  # torch.export does not see through vmap
        floats = [w for w in state.weights.values() if w.dtype.kind == "f"]
        self._dtype = torch.from_numpy(np.array(floats[0])).dtype
        self._n_members = len(floats[0])
        inputs = state.scaling.inputs
        self._maps = None if inputs is None else inputs.on(device, self._dtype)
        self.answer: nn.Module = (
            Probabilities() if is_classifier(model) else Targets(state.scaling)
        ).to(device)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.encoder(x.double()).to(self._dtype).unsqueeze(0)
        if self._maps is None:
            rows = rows.expand(self._n_members, -1, -1)
        else:
            rows = self._maps(rows)
        return self.answer(self.network(rows).double()).mean(0).to(x.dtype)


class ColumnEncoder(nn.Module):
    """What :meth:`sknn_bio.data.TableEncoder.transform` does, (n, D) → (n, inputs)."""

    center: Tensor
    scale: Tensor

    def __init__(self, encoder: TableEncoder):
        super().__init__()
        self.is_plain, self.fills = encoder.is_plain, encoder.fills
        self.register_buffer("center", torch.tensor(encoder.scaler.center))
        self.register_buffer("scale", torch.tensor(encoder.scaler.scale))
        numeric = encoder.numeric
        self.numeric = [] if numeric is None else numeric.tolist()
        self.told = encoder.told.tolist()
        self.n_levels = _by_column(encoder.one_hot, encoder.n_levels)
        self.n_codes = _by_column(encoder.embedded, encoder.n_codes)

    def forward(self, x: Tensor) -> Tensor:
        numbers = x if self.is_plain else x[:, self.numeric]
        numbers = (numbers - self.center) / self.scale
        # Not clamp: runtimes differ in what it makes of NaN.
        numbers = torch.where(numbers > FURTHEST, FURTHEST, numbers)
        numbers = torch.where(numbers < -FURTHEST, -FURTHEST, numbers)
        if self.fills:
            numbers = torch.nan_to_num(numbers, nan=0.0)
        if self.is_plain:
            return numbers
        parts = [numbers, x[:, self.told].isnan().double()]
        for j, n in self.n_levels.items():
            parts.append(_one_hot(x[:, j : j + 1], n))
        for j, n in self.n_codes.items():
            code = torch.nan_to_num(x[:, j : j + 1], nan=n - 1.0)
            parts.append(torch.where(code == UNSEEN, n - 2.0, code))
        return torch.cat(parts, 1)


def _by_column(columns: np.ndarray, counts: np.ndarray) -> dict[int, int]:
    return dict(zip(columns.tolist(), counts.tolist(), strict=True))


def _one_hot(codes: Tensor, n_levels: int) -> Tensor:
    if n_levels == 2:
        return torch.where(codes >= 0, (codes == 1).double(), 0.5)
    levels = torch.arange(n_levels, dtype=codes.dtype, device=codes.device)
    return (codes == levels).double()


class Probabilities(nn.Module):
    """Logits (M, n, C) → probabilities (M, n, classes)."""

    def forward(self, raw: Tensor) -> Tensor:
        if raw.shape[-1] > 1:
            return torch.softmax(raw, -1)
        positive = torch.sigmoid(raw)
        return torch.cat([1 - positive, positive], -1)


class Targets(nn.Module):
    """Raw outputs (M, n, C) → the user's unit."""

    scale: Tensor
    shift: Tensor

    def __init__(self, scaling: Scaling):
        super().__init__()
        self.is_log = scaling.target is None  # a Poisson rate
        scale, shift = np.ones(1), np.zeros(1)
        if scaling.target is not None:
            scale, shift = scaling.target.scale, scaling.target.center
        if scaling.target is not None and scaling.target_scale is not None:
            own, off = scaling.target_scale, np.asarray(scaling.target_shift)
            scale, shift = scale / own, shift - off * scale / own
        self.register_buffer("scale", torch.as_tensor(scale))
        self.register_buffer("shift", torch.as_tensor(shift))

    def forward(self, raw: Tensor) -> Tensor:
        if self.is_log:
            return torch.exp(raw.clamp(-FURTHEST_LOG, FURTHEST_LOG))
        return raw * self.scale + self.shift
