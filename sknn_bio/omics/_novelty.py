"""How much a row is like the training rows, in the eyes of a fitted classifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.base import is_classifier
from sklearn.covariance import LedoitWolf
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._inputs import check_query
from sknn_bio.training.devices import resolve_device, threads_for
from sknn_bio.training.prediction import stored_outputs

NOVELTIES = ("distance", "entropy", "probability")
_MOST_ROWS = 20_000  # for means and covariances
_BLOCK = 4_096  # rows whose hidden units are held at a time


def parts_of(model: Any) -> tuple[Pipeline | None, Any]:
    """Return what is before a fitted model's last step, and that step."""
    while True:
        if isinstance(model, FrozenEstimator):
            model = model.estimator
        elif hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        else:
            break
    if not isinstance(model, Pipeline):
        return None, model
    return (model[:-1] if len(model.steps) > 1 else None), model.steps[-1][1]


def has_hidden_layer(last: Any) -> bool:
    """Whether a fitted classifier is a network of ours with a hidden layer to look at.

    A module of the user's own is a closed box.
    """
    if not (isinstance(last, NeuralNetBase) and is_classifier(last)):
        return False
    network = last.population_.network
    return network.module is None and len(network.params["n_neurons"]) > 0


def hidden_units(network: Any, X: Any) -> np.ndarray:
    """Return the last hidden layer (M, n, H) of a fitted network for a checked table.

    The stored network is asked with an identity in the place of its head.
    """
    state = network.population_
    head = state.weights["head.weight"]  # (M, H, C)
    n_members, width = head.shape[:2]
    eye = np.broadcast_to(np.eye(width, dtype=head.dtype), (n_members, width, width))
    bias = np.zeros((n_members, 1, width), head.dtype)
    weights = {**state.weights, "head.weight": eye.copy(), "head.bias": bias}
    bare = replace(state.network, d_out=width)
    device = resolve_device(network.device)
    with threads_for(2.0 * X.shape[0] * sum(w.size for w in weights.values())):
        return stored_outputs(bare, weights, state.scaling, X, device)


@dataclass
class HiddenDistance:
    """Mahalanobis distance to the nearest class in the last hidden layer, after [1]_.

    Each member has a mean a class and one covariance, shrunk as by Ledoit and Wolf,
    since there are often fewer rows than hidden units. The distances of the members are
    averaged.

    Attributes
    ----------
    whitening : ndarray of shape (M, H, H)
        What makes Mahalanobis distances Euclidean ones.
    means : ndarray of shape (M, K, H)
        Of the classes, whitened.

    References
    ----------
    .. [1] Lee, K., Lee, K., Lee, H. & Shin, J. (2018). A simple unified framework for
       detecting out-of-distribution samples and adversarial attacks. NeurIPS 31.
    """

    whitening: np.ndarray
    means: np.ndarray

    @classmethod
    def fit(
        cls, network: Any, X: Any, y: np.ndarray, kept: np.ndarray
    ) -> HiddenDistance:
        """Learn means and covariances from the rows that the network was fitted on.

        Parameters
        ----------
        network : fitted network
        X : table of shape (n, n_features)
        y : ndarray of shape (n,)
            Labels; about 20,000 rows at most are used, evenly spaced in each class.
        kept : ndarray of bool of shape (n,)
            Rows that count.
        """
        labels = np.unique(y[kept])
        most = max(1, _MOST_ROWS // len(labels))
        of_label = [
            _some(np.flatnonzero(kept & (y == label)), most) for label in labels
        ]
        rows = np.sort(np.concatenate(of_label))
        codes = np.searchsorted(labels, y[rows])
        X = check_query(network, X)
        hidden = hidden_units(network, X[rows]).astype(np.float64)
        whitening, means = [], []
        for units in hidden:
            center = np.stack(
                [units[codes == c].mean(axis=0) for c in range(len(labels))]
            )
            inverse = LedoitWolf(assume_centered=True).fit(units - center[codes])
            values, vectors = np.linalg.eigh(inverse.precision_)
            whitening.append(vectors * np.sqrt(np.maximum(values, 0)))
            means.append(center @ whitening[-1])
        return cls(np.stack(whitening), np.stack(means))

    def __call__(self, network: Any, X: Any) -> np.ndarray:
        """Return minus the distance (n,): higher is more like the training rows."""
        X = check_query(network, X)
        out = np.empty(X.shape[0])
        for start in range(0, X.shape[0], _BLOCK):
            hidden = hidden_units(network, X[start : start + _BLOCK])
            members = zip(hidden, self.whitening, self.means, strict=True)
            far = [cdist(h @ white, mean).min(axis=1) for h, white, mean in members]
            out[start : start + _BLOCK] = -np.mean(far, axis=0)
        return out


def _some(rows: np.ndarray, most: int) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def negative_entropy(proba: np.ndarray) -> np.ndarray:
    """Return minus the entropy of probabilities (..., n, C), the mean over members.

    Examples
    --------
    >>> import numpy as np
    >>> negative_entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(3)
    array([-0.693,  0.   ])
    """
    logs = np.log(proba, where=proba > 0, out=np.zeros_like(proba))
    entropy = (proba * logs).sum(axis=-1)
    return entropy.mean(axis=0) if entropy.ndim == 2 else entropy


@dataclass
class Judge:
    """A fitted classifier, and what says how familiar a row is to it.

    Attributes
    ----------
    model : fitted classifier
    novelty : {"distance", "entropy", "probability"}
    distance : HiddenDistance or None
    """

    model: Any
    novelty: str
    distance: HiddenDistance | None

    @classmethod
    def fit(
        cls,
        model: Any,
        novelty: str,
        X: Any,
        y: np.ndarray,
        params: dict[str, Any],
        kept: np.ndarray,
    ) -> Judge:
        """Resolve "auto", and learn what it needs of the rows that are `kept`.

        Raises
        ------
        ValueError
            If the distance is asked for and there is no hidden layer.
        """
        before, last = parts_of(model)
        can = has_hidden_layer(last)
        if novelty == "auto":
            novelty = "distance" if can else "entropy"
        if novelty != "distance":
            return cls(model, novelty, None)
        if not can:
            raise ValueError(
                'novelty="distance" needs a network of sknn_bio with a hidden layer '
                f"(without a module of its own), got {type(last).__name__}; take "
                '"entropy" or "probability"'
            )
        X = X if before is None else before.transform(X, **params)
        return cls(model, novelty, HiddenDistance.fit(last, X, y, kept))

    def __call__(self, X: Any, params: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return probabilities (n, C), and how familiar the rows are (n,)."""
        before, last = parts_of(self.model)
        if not (isinstance(last, NeuralNetBase) and self.novelty != "probability"):
            proba = np.asarray(self.model.predict_proba(X, **params))
            if self.novelty == "probability":
                return proba, proba.max(axis=1)
            return proba, negative_entropy(proba)
        X = X if before is None else before.transform(X, **params)
        if self.distance is not None:
            return last.predict_proba(X), self.distance(last, X)
        members = last.predict_members(X)
        return members.mean(axis=0), negative_entropy(members)
