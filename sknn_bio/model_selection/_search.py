"""A grid or random search whose networks train all at once."""

from __future__ import annotations

import copy
from numbers import Integral
from typing import Any

import joblib
from sklearn.base import is_classifier
from sklearn.model_selection import ParameterGrid, ParameterSampler, check_cv
from sklearn.utils import get_tags
from sklearn.utils.validation import indexable

from sknn_bio._compat import BaseSearchCV, Interval, StrOptions
from sknn_bio.model_selection._numbered import FixedSplits, Numbered
from sknn_bio.model_selection._pipeline import network_of
from sknn_bio.model_selection._populations import fit_populations


class PopulationSearchCV(BaseSearchCV):
    """Search over parameters like ``GridSearchCV``; train the networks together.

    Candidates whose networks have one shape train as a population: one batched matrix
    product a layer for all candidates, folds and members. Each distinct preprocessing
    of a Pipeline is fitted once a fold. The answers are those of ``GridSearchCV`` to
    rounding (with dropout, to the draw of its masks), and so are ``cv_results_``'s
    columns.

    Parameters
    ----------
    estimator : NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor, or \
Pipeline that ends in one
    param_grid : dict or list of dict
        Parameter names and lists of values; distributions too, with `n_iter`.
    n_iter : int or None, default=None
        Number of candidates drawn at random; None takes the whole grid.
    scoring, refit, cv, verbose, error_score, return_train_score
        As in ``sklearn.model_selection.GridSearchCV``.
    n_jobs : int, default=None
        Chunks of populations that train at a time; threads, unless a joblib backend is
        configured (``joblib.parallel_config(backend="dask")``).
    pre_dispatch : int or str, default="2*n_jobs"
        Kept for the signature's sake; chunks are few.
    random_state : int, RandomState or None, default=None
        For `n_iter`.
    max_memory : int or "auto", default="auto"
        Bytes for the weights, moments and activations of one chunk; "auto" is 1 GiB.
        The plan of chunks does not depend on the memory that is free.

    Attributes
    ----------
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, \
n_splits_, refit_time_, multimetric_
        As in ``GridSearchCV``. A fit's time is its share of its population's.

    Raises
    ------
    TypeError
        From ``fit``, if `estimator` is not, and does not end in, one of ours.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> from sknn_bio.model_selection import PopulationSearchCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> net = NeuralNetBinaryClassifier(n_members=1, max_epochs=10, random_state=0)
    >>> grid = {"neuralnetbinaryclassifier__lr": [1e-3, 1e-2]}
    >>> search = PopulationSearchCV(make_pipeline(StandardScaler(), net), grid)
    >>> len(search.fit(X, y).cv_results_["params"])
    2
    """

    _parameter_constraints: dict[str, list[Any]] = {
        **BaseSearchCV._parameter_constraints,
        "param_grid": [dict, list],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "max_memory": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = get_tags(self.estimator).input_tags.allow_nan
        return tags

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        n_iter=None,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=float("nan"),
        return_train_score=False,
        max_memory="auto",
    ):
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid
        self.n_iter = n_iter
        self.random_state = random_state
        self.max_memory = max_memory

    def fit(self, X, y=None, **params):
        """Train all candidates on all folds, score them, and refit the best.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        **params : dict
            For the estimator's ``fit``, the splitter and the scorer, as in
            ``GridSearchCV``.

        Returns
        -------
        self : estimator
        """
        if network_of(self.estimator) is None:
            raise TypeError(
                "estimator must be, or end in, a network of sknn_bio, got "
                f"{self.estimator!r}"
            )
        self._validate_params()
        scorers = self._get_scorers()  # a misspelt metric is known before the training
        X, y = indexable(X, y)
        routed = self._get_routed_params_for_fit(params)
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        splits = list(cv.split(X, y, **routed.splitter.split))
        candidates = list(self._candidates())
        models = fit_populations(
            self.estimator,
            candidates,
            splits,
            X,
            y,
            routed.estimator.fit,
            self.n_jobs,
            self.max_memory,
        )
        # scikit-learn's own loop scores the models and makes the tables; it runs on a
        # copy, so that no parameter of this object changes.
        loop = copy.copy(self)
        loop.estimator = Numbered(self.estimator, models)
        loop.cv = FixedSplits(splits, cv)
        loop._fitted, loop._listed, loop._scorers = models, candidates, scorers
        with joblib.parallel_config(backend="sequential"):
            BaseSearchCV.fit(loop, X, y, **params)
        for name, value in vars(loop).items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(self, name, value)
        return self

    def _candidates(self):
        if self.n_iter is None:
            return ParameterGrid(self.param_grid)
        return ParameterSampler(
            self.param_grid, self.n_iter, random_state=self.random_state
        )

    def _get_scorers(self):
        """Return the scorers; in the loop those of the user's estimator."""
        return vars(self).get("_scorers") or super()._get_scorers()

    def _run_search(self, evaluate_candidates):
        evaluate_candidates(self._listed)

    def _format_results(self, candidate_params, n_splits, out, more_results=None):
        for result, fitted in zip(out, self._fitted, strict=True):
            result["fit_time"] = fitted.seconds
        return super()._format_results(candidate_params, n_splits, out, more_results)
