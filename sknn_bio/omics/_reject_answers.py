"""The side of a RejectOption that is asked after ``fit``, and by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.utils import Bunch, get_tags
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from sknn_bio._compat import routing_enabled
from sknn_bio.omics._calibration import unrouted
from sknn_bio.omics._novelty import Judge


class FittedRejectOption(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """Answers with a label or "unknown"; hands metadata to who takes it."""

    estimator: Any
    cv: Any
    classes_: np.ndarray
    unknown_label_: Any
    threshold_: float
    novelty_threshold_: float
    _judge: Judge

    def predict(self, X, **params):
        """Return the likeliest label of each row that is accepted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the classifier.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            ``unknown_label_`` where a row is not accepted.
        """
        proba, familiarity = self._ask(X, params)
        labels = self.classes_[proba.argmax(axis=1)]
        unknown = np.asarray(self.unknown_label_)
        alike = (labels.dtype.kind in "US") == (unknown.dtype.kind in "US")
        dtype = np.result_type(labels, unknown) if alike else object
        labels = labels.astype(dtype)
        labels[~self._accepts(proba, familiarity)] = self.unknown_label_
        return labels

    def predict_proba(self, X, **params):
        """Return the probabilities of the known classes, accepted or not.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the classifier.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
        """
        return self._ask(X, params)[0]

    def accepts(self, X, **params):
        """Tell which rows are familiar and sure enough to get a label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the classifier.

        Returns
        -------
        accepted : ndarray of bool of shape (n_samples,)
        """
        return self._accepts(*self._ask(X, params))

    def score_samples(self, X, **params):
        """Return how familiar rows are; higher is more like the training rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        **params : dict
            Metadata for the classifier.

        Returns
        -------
        familiarity : ndarray of shape (n_samples,)
            To be held against ``novelty_threshold_``; its unit is that of ``novelty_``.
        """
        return self._ask(X, params)[1]

    def _ask(self, X, params) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self, "threshold_")
        if routing_enabled():
            params = process_routing(self, "predict", **params).estimator.predict_proba
        return self._judge(X, params)

    def _accepts(self, proba: np.ndarray, familiarity: np.ndarray) -> np.ndarray:
        sure = proba.max(axis=1) > self.threshold_
        return sure & (familiarity > self.novelty_threshold_)

    # Metadata and tags --------------------------------------------------------------

    def _route_fit(self, sample_weight, groups, fit_params) -> Bunch:
        """Divide metadata between the classifier and the folds."""
        own = {"sample_weight": sample_weight, "groups": groups}
        own = {name: value for name, value in own.items() if value is not None}
        if routing_enabled():
            return process_routing(self, "fit", **own, **fit_params)
        fit = {**unrouted(self.estimator, **own), **fit_params}
        return Bunch(
            estimator=Bunch(fit=fit, predict_proba={}),
            splitter=Bunch(split={"groups": groups}),
        )

    def get_metadata_routing(self):
        """Return who takes which metadata.

        Returns
        -------
        routing : MetadataRouter
        """
        to_estimator = (
            MethodMapping()
            .add(caller="fit", callee="fit")
            .add(caller="fit", callee="predict_proba")
            .add(caller="predict", callee="predict_proba")
            .add(caller="predict_proba", callee="predict_proba")
        )
        to_folds = MethodMapping().add(caller="fit", callee="split")
        folds = self.cv if hasattr(self.cv, "split") else StratifiedGroupKFold()
        return (
            MetadataRouter(owner=self)
            .add(estimator=self.estimator, method_mapping=to_estimator)
            .add(splitter=folds, method_mapping=to_folds)
        )

    def __sklearn_tags__(self):
        tags, inner = super().__sklearn_tags__(), get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        if inner.classifier_tags is not None:
            tags.classifier_tags.multi_class = inner.classifier_tags.multi_class
        return tags
