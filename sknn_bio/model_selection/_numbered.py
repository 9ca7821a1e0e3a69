"""Let scikit-learn score models that are fitted already.

``BaseSearchCV.fit`` and ``cross_validate`` clone their estimator once for each
candidate and split, in order, fit the clone, and score it. A :class:`Numbered`
estimator counts its clones: the k-th one's ``fit`` hands out the k-th model. So the
whole contract around the fits (scorers, errors, tables of results) stays
scikit-learn's own.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, clone
from sklearn.utils.metaestimators import available_if

from sknn_bio.model_selection._populations import Fitted


def _has(name: str):
    return lambda self: hasattr(self._model, name)


class Numbered(BaseEstimator):
    """Stand-in whose clones are handed the fitted models in turn.

    Parameters
    ----------
    template : estimator
        The user's; its clone is returned for each request past the models, so that a
        refit is an ordinary one.
    models : list of Fitted
    skip : int, default=1
        Clones that are taken before the first fit.
    """

    def __init__(self, template=None, models: list[Fitted] | None = None, skip=1):
        self.template = template
        self.models = models
        self.skip = skip
        self._counter = [-skip]
        self._number = -1

    def __sklearn_clone__(self):
        number = self._counter[0]
        self._counter[0] += 1
        if number >= len(self.models or []):
            return clone(self.template)
        twin = Numbered(self.template, self.models, self.skip)
        twin._counter, twin._number = self._counter, number
        return twin

    @property
    def _model(self) -> Any:
        if self._number >= 0 and self.models is not None:
            return self.models[self._number].model
        return self.template

    def set_params(self, **params):
        """Take any parameter: the model has it already."""
        return self

    def fit(self, X, y=None, **params):
        """Raise the model's error, if it had one."""
        assert self.models is not None
        error = self.models[self._number].error
        if error is not None:
            raise error
        return self

    def get_metadata_routing(self):
        """Return the template's requests."""
        return self.template.get_metadata_routing()

    def __sklearn_tags__(self):
        return self.template.__sklearn_tags__()

    @property
    def classes_(self):
        """The model's classes."""
        return self._model.classes_

    @available_if(_has("predict"))
    def predict(self, X, **params):
        """Predict with the model."""
        return self._model.predict(X, **params)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X, **params):
        """Predict probabilities with the model."""
        return self._model.predict_proba(X, **params)

    @available_if(_has("decision_function"))
    def decision_function(self, X, **params):
        """Score with the model."""
        return self._model.decision_function(X, **params)

    @available_if(_has("score"))
    def score(self, X, y, **params):
        """Return the model's default score."""
        return self._model.score(X, y, **params)

    def __sklearn_is_fitted__(self):
        return self._number >= 0


class FixedSplits:
    """Splits that were drawn already, with the routing of the splitter they are of."""

    def __init__(self, splits, cv):
        self.splits, self.cv = splits, cv

    def split(self, X=None, y=None, groups=None, **params):
        """Return the splits."""
        return iter(self.splits)

    def get_n_splits(self, X=None, y=None, groups=None, **params):
        """Return their number."""
        return len(self.splits)

    def get_metadata_routing(self):
        """Return the splitter's requests."""
        return self.cv.get_metadata_routing()
