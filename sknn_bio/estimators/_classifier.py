"""The two classifiers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target

from sknn_bio._compat import fit_context
from sknn_bio.estimators._base import NeuralNetBase
from sknn_bio.estimators._class_weight import class_factors
from sknn_bio.estimators._docs import document
from sknn_bio.estimators._inputs import (
    Inputs,
    check_labels,
    check_rows,
    gather_inputs,
)
from sknn_bio.estimators._out_of_fold import classifier_out_of_fold
from sknn_bio.estimators._parameters import CLASSIFIER_CONSTRAINTS
from sknn_bio.nn.any_loss import takes_class_codes
from sknn_bio.nn.losses import Loss
from sknn_bio.training.prediction import probabilities


def _gives_probabilities(estimator) -> bool:
    if estimator.loss == "hinge":
        raise AttributeError("predict_proba is not available with loss='hinge'")
    return True


@document(task="classification")
class NeuralNetClassifier(ClassifierMixin, NeuralNetBase):
    """Neural-network classifier, for two classes or more."""

    _task = "classification"
    classes_: np.ndarray
    n_classes_: int
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CLASSIFIER_CONSTRAINTS

    def __init__(
        self,
        *,
        n_neurons="auto",
        n_layers=2,
        activation="relu",
        dropout=0.2,
        input_dropout=0.0,
        normalization=None,
        residual=False,
        categorical_features="from_dtype",
        input_scaling="auto",
        n_members="auto",
        loss="auto",
        loss_params=None,
        label_smoothing=0.0,
        class_weight=None,
        optimizer="adamw",
        optimizer_params=None,
        lr=1e-3,
        weight_decay=0.01,
        l1=0.0,
        lr_schedule="cosine",
        gradient_clip=None,
        max_epochs=250,
        batch_size="auto",
        early_stopping="auto",
        validation=0.2,
        monitor="auto",
        patience=20,
        min_delta=0.0,
        module=None,
        module_params=None,
        callbacks=None,
        checkpoint_dir=None,
        device="auto",
        precision="auto",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            n_neurons=n_neurons,
            n_layers=n_layers,
            activation=activation,
            dropout=dropout,
            input_dropout=input_dropout,
            normalization=normalization,
            residual=residual,
            categorical_features=categorical_features,
            input_scaling=input_scaling,
            n_members=n_members,
            loss=loss,
            loss_params=loss_params,
            optimizer=optimizer,
            optimizer_params=optimizer_params,
            lr=lr,
            weight_decay=weight_decay,
            l1=l1,
            lr_schedule=lr_schedule,
            gradient_clip=gradient_clip,
            max_epochs=max_epochs,
            batch_size=batch_size,
            early_stopping=early_stopping,
            validation=validation,
            monitor=monitor,
            patience=patience,
            min_delta=min_delta,
            module=module,
            module_params=module_params,
            callbacks=callbacks,
            checkpoint_dir=checkpoint_dir,
            device=device,
            precision=precision,
            warm_start=warm_start,
            random_state=random_state,
            verbose=verbose,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    # Inputs -------------------------------------------------------------------------

    def _read(self, X, y, sample_weight, groups) -> Inputs:
        X, y = check_rows(self, X, reset=True, y=y, sample_weight=sample_weight)
        y = check_labels(y)
        self._check_classes(y)
        inputs = gather_inputs(X, y, sample_weight, groups)
        if not (self._continues() and np.isin(inputs.y, self.classes_).all()):
            self.classes_ = np.unique(inputs.y)
        return self._encode(inputs)

    def _read_more(self, X, y) -> Inputs:
        X = check_rows(self, X)
        y = check_labels(y)
        return self._encode(gather_inputs(X, y, None, None))

    def _encode(self, inputs: Inputs) -> Inputs:
        self.n_classes_ = len(self.classes_)
        if self.n_classes_ < 2:
            raise ValueError(
                "The number of classes has to be greater than one; got 1 class: "
                f"{self.classes_.tolist()[0]!r}"
            )
        unknown = ~np.isin(inputs.y, self.classes_)
        if unknown.any():
            raise ValueError(
                f"y must hold the classes {self.classes_.tolist()}, got "
                f"{np.unique(inputs.y[unknown]).tolist()} as well"
            )
        inputs.y = np.searchsorted(self.classes_, inputs.y).astype(np.int64)
        inputs.weight = (
            inputs.weight
            * class_factors(self.class_weight, self.classes_, inputs)[inputs.y]
        )
        return inputs

    def _check_classes(self, y) -> None:
        """Refuse labels that the estimator is not for."""

    def _n_outputs(self, inputs: Inputs) -> int:
        if self.n_classes_ == 2 and not takes_class_codes(self.loss):
            return 1
        return self.n_classes_

    def _build_loss(self, params) -> Loss:
        loss_params = dict(params["loss_params"] or {})
        if params["loss"] == "cross_entropy" and self.label_smoothing:
            loss_params["label_smoothing"] = self.label_smoothing
        return super()._build_loss({**params, "loss_params": loss_params})

    # Results ------------------------------------------------------------------------

    def _answer(self, raw, scaling):
        return probabilities(raw)

    def _out_of_fold(self, job, trained):
        return classifier_out_of_fold(job, trained, self.n_classes_)

    def predict_proba(self, X):
        """Return class probabilities, the mean over the members.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`, and in the float type of `X`.
        """
        raw, dtype = self._member_outputs(X)
        return probabilities(raw).mean(0).astype(dtype)

    predict_proba = available_if(_gives_probabilities)(predict_proba)

    def decision_function(self, X):
        """Return the log-odds of the mean probabilities (the mean score for hinge).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        score : ndarray of shape (n_samples,) for two classes, else (n_samples, \
n_classes)
        """
        raw, dtype = self._member_outputs(X)
        return self._score(raw).astype(dtype)

    def _score(self, raw: np.ndarray) -> np.ndarray:
        if self.loss == "hinge":
            score = raw.mean(0)
            return score[:, 0] if score.shape[1] == 1 else score
        prob = np.clip(probabilities(raw).mean(0), 1e-300, None)
        if self.n_classes_ == 2:
            return np.log(prob[:, 1]) - np.log(prob[:, 0])
        return np.log(prob)

    def predict(self, X):
        """Return the likeliest class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        raw, _ = self._member_outputs(X)
        score = self._score(raw)
        code = (score > 0).astype(int) if score.ndim == 1 else score.argmax(1)
        return self.classes_[code]

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Make one pass over the rows, from where the last call ended.

        No inner split and no schedule; the scaling is that of the first call.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like, default=None
            All the labels there will be; needed at the first call.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : estimator
        """
        first = not hasattr(self, "population_")
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        X, y = check_rows(self, X, reset=first, y=y)
        y = check_labels(y)
        if first:
            self.classes_ = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(
            np.unique(np.asarray(classes)), self.classes_
        ):
            raise ValueError(
                f"classes must be those of the first call {self.classes_.tolist()}, "
                f"got {np.unique(np.asarray(classes)).tolist()}"
            )
        return self._partial_fit(self._encode(gather_inputs(X, y, sample_weight, None)))


@document(task="binary classification")
class NeuralNetBinaryClassifier(NeuralNetClassifier):
    """Neural-network classifier for two classes, such as case and control."""

    def _check_classes(self, y) -> None:
        if type_of_target(y) == "multiclass":
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"multiclass: y has {len(np.unique(y))} classes; use "
                "NeuralNetClassifier"
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
