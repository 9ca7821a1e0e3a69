"""A classifier that says "unknown" where it would err, or sees what it never saw."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import column_or_1d, indexable
from sklearn.utils.multiclass import check_classification_targets

from sknn_bio._compat import (
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
)
from sknn_bio.omics._calibration import HeldOut, cross_fit, kept_by, make_splits
from sknn_bio.omics._novelty import NOVELTIES, Judge
from sknn_bio.omics._reject_answers import FittedRejectOption
from sknn_bio.omics._risk import choose_threshold, novelty_threshold, risk_coverage


class RejectOption(FittedRejectOption):
    """Answer "unknown" for rows that are unlike the training rows, or not sure enough.

    A row is accepted if it passes two tests, whose thresholds come from rows that the
    judging model was not fitted on. It must be *familiar*: no more than `false_alarms`
    of the known rows are as unlike the training rows as what is refused. And its label
    must be *sure*: among what is familiar, its probability is above the threshold that
    accepts most rows with an error of at most `target_error`.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        One of this library's networks, a Pipeline, or any other. It is cloned; a
        ``sklearn.frozen.FrozenEstimator`` stays as it is, and what `fit` gets are then
        rows to choose the thresholds on.
    target_error : float, default=0.05
        Highest error among the accepted, in (0, 1).
    false_alarms : float, default=0.05
        Share of known rows, in [0, 1), that may be called unknown so that those of
        unseen classes are. Without, a classifier that never errs on the classes it
        knows would accept everything.
    delta : float, default=0.05
        The chance, in (0, 1), that the error among the accepted is above
        `target_error` after all.
    novelty : {"auto", "distance", "entropy", "probability"}, default="auto"
        What says how familiar a row is. ``"distance"``: the Mahalanobis distance to the
        nearest class in the last hidden layer, mean over the members [2]_; for networks
        of this library. ``"entropy"``: that of the probabilities, mean over the
        members. ``"probability"``: the highest of the mean. "auto" is the distance
        where there is a hidden layer, and the entropy elsewhere.
    cv : int, splitter or list of (train, test), default=5
        Folds for the thresholds: stratified, and by group where groups come. Each costs
        a fit. A network of this library that stands alone and keeps
        ``oof_prediction_`` needs none, unless the novelty is the distance.
    unknown_label : label, default="auto"
        What `predict` says of a row that is not accepted. "auto" is ``"unknown"`` where
        labels are strings, and -1 where they are numbers.
    n_jobs : int, default=None
        Folds fitted at a time.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on all rows.
    classes_ : ndarray of shape (n_classes,)
        The known ones, without `unknown_label_`.
    unknown_label_ : label
    novelty_ : {"distance", "entropy", "probability"}
        What "auto" became.
    novelty_threshold_ : float
        Rows with a higher ``score_samples`` are familiar.
    threshold_ : float
        Labels with a higher probability are sure; minus infinity if all are.
    coverage_ : float
        Share of the held-out rows that is accepted.
    error_ : float
        Error among those.
    error_bound_ : float
        What that error is at most in new rows, with probability 1 - `delta`.
    risk_coverage_ : DataFrame
        ``coverage``, ``risk`` (the error among the surest rows, up to that coverage)
        and ``threshold``, of the familiar among the held-out rows.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where `X` had names.

    Warns
    -----
    UserWarning
        If no threshold assures `target_error`, for want of rows or of accuracy; the one
        with the lowest bound is taken.

    See Also
    --------
    sknn_bio.reporting.RiskCoverageDisplay : Draws ``risk_coverage_``.

    Notes
    -----
    The bound on the error is binomial, and holds for all thresholds tried at once
    (selection with guaranteed risk [1]_); the bound on false alarms is conformal [3]_.
    Both are exact for a FrozenEstimator and rows that are drawn like the new ones,
    independently of each other. With folds they are exact for the models of the folds,
    each of which has seen fewer rows than ``estimator_``. Neither covers a cohort that
    is shifted: with `groups`, held-out rows are of other donors, which is as near to it
    as the training rows come.

    Differs from [2]_: covariances are shrunk (Ledoit and Wolf), only the last layer is
    used, inputs are not perturbed. Differs from [1]_: thresholds are tried at twenty
    fixed ranks. Weights do not enter the bounds, but rows of weight 0 are left out.

    References
    ----------
    .. [1] Geifman, Y. & El-Yaniv, R. (2017). Selective classification for deep neural
       networks. NeurIPS 30.
    .. [2] Lee, K., Lee, K., Lee, H. & Shin, J. (2018). A simple unified framework for
       detecting out-of-distribution samples and adversarial attacks. NeurIPS 31.
    .. [3] Bates, S., Candès, E., Lei, L., Romano, Y. & Sesia, M. (2023). Testing for
       outliers with conformal p-values. Annals of Statistics 51, 149-178.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknn_bio.omics import RejectOption
    >>> X, y = load_iris(return_X_y=True)
    >>> model = RejectOption(LogisticRegression(max_iter=500), target_error=0.1)
    >>> model = model.fit(X, y)
    >>> model.predict(X[[0, 70, 149]])
    array([ 0, -1,  2])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "target_error": [Interval(Real, 0, 1, closed="neither")],
        "false_alarms": [Interval(Real, 0, 1, closed="left")],
        "delta": [Interval(Real, 0, 1, closed="neither")],
        "novelty": [StrOptions({"auto", *NOVELTIES})],
        "cv": [
            Interval(Integral, 2, None, closed="left"),
            HasMethods(["split"]),
            list,
            tuple,
        ],
        "unknown_label": "no_validation",  # type: ignore[dict-item]
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        target_error=0.05,
        false_alarms=0.05,
        delta=0.05,
        novelty="auto",
        cv=5,
        unknown_label="auto",
        n_jobs=None,
    ):
        self.estimator = estimator
        self.target_error = target_error
        self.false_alarms = false_alarms
        self.delta = delta
        self.novelty = novelty
        self.cv = cv
        self.unknown_label = unknown_label
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, groups=None, **fit_params):
        """Fit the classifier, and choose both thresholds on held-out rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        sample_weight : array-like of shape (n_samples,), default=None
            For the classifier.
        groups : array-like of shape (n_samples,), default=None
            Donor, patient, site: none is on both sides of a fold. They go to the
            classifier as well, where it takes them.
        **fit_params : dict
            More metadata for the classifier; with metadata routing for all its steps.

        Returns
        -------
        self : RejectOption
        """
        X, y = indexable(X, y)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        routed = self._route_fit(sample_weight, groups, fit_params)
        asked = routed.estimator.predict_proba
        self.estimator_ = clone(self.estimator).fit(X, y, **routed.estimator.fit)
        self.classes_ = self.estimator_.classes_
        self.unknown_label_ = self._unknown_label()
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        kept = np.ones(len(y), dtype=bool)
        if sample_weight is not None:
            kept = check_sample_weight(sample_weight, X) > 0
        self._judge = Judge.fit(self.estimator_, self.novelty, X, y, asked, kept)
        self.novelty_ = self._judge.novelty
        held_out = kept_by(self._judge, y)
        if held_out is None:
            held_out = cross_fit(
                self.estimator,
                self.novelty_,
                X,
                y,
                splits=make_splits(self.cv, X, y, **routed.splitter.split),
                fit_params=routed.estimator.fit,
                params=asked,
                kept=kept,
                n_jobs=self.n_jobs,
            )
        return self._choose(held_out)

    def _choose(self, held_out: HeldOut) -> RejectOption:
        self.novelty_threshold_ = novelty_threshold(
            held_out.familiarity, self.false_alarms
        )
        familiar = held_out.familiarity > self.novelty_threshold_
        confidence, wrong = held_out.confidence[familiar], held_out.wrong[familiar]
        n_rows = len(familiar)
        self.risk_coverage_ = risk_coverage(confidence, wrong, n_rows)
        choice = choose_threshold(confidence, wrong, self.target_error, self.delta)
        self.threshold_ = choice.threshold
        self.coverage_ = choice.n_accepted / n_rows
        self.error_ = choice.n_wrong / max(choice.n_accepted, 1)
        self.error_bound_ = choice.bound
        if choice.bound > self.target_error:
            warnings.warn(
                f"an error of target_error={self.target_error:g} is assured at no "
                f"threshold, with delta={self.delta:g} and {n_rows} held-out rows; "
                f"taken is the one with the lowest bound, {choice.bound:.3g}: it "
                f"accepts {self.coverage_:.0%} of them, with an error of "
                f"{self.error_:.3g}",
                UserWarning,
                stacklevel=4,
            )
        return self

    def _unknown_label(self) -> Any:
        """Return the label for what is not known; it must not be a known one."""
        label = self.unknown_label
        if isinstance(label, str) and label == "auto":
            numbers = self.classes_.dtype.kind in "biuf"
            label = -1 if numbers else "unknown"
        if label in self.classes_.tolist():
            raise ValueError(
                f"unknown_label must not be a class of y, got {label!r}; give another"
            )
        return label
