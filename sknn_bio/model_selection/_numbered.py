"""Let scikit-learn score models that are fitted already.

``BaseSearchCV.fit`` and ``cross_validate`` clone their estimator once for each
candidate and split, in order, fit the clone, and score it. A :class:`Numbered`
estimator counts its clones, and the k-th one becomes the k-th model when it is fitted:
scorers, a user's own among them, see the real thing. So the whole contract around the
fits (scorers, errors, tables of results) stays scikit-learn's own.
"""

from __future__ import annotations

from sklearn.base import BaseEstimator, clone
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.metaestimators import available_if

from sknn_bio.model_selection._populations import Fitted


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

    def set_params(self, **params):
        """Take any parameter: the model has it already."""
        return self

    def fit(self, X, y=None, **params):
        """Become the model, or raise its error."""
        assert self.models is not None
        fitted = self.models[self._number]
        if fitted.error is not None:
            raise fitted.error.with_traceback(fitted.trace)
        self.__class__, self.__dict__ = type(fitted.model), vars(fitted.model)
        return self

    @available_if(lambda self: hasattr(self.template, "score"))
    def score(self, X, y, **params):
        """Exist, as scikit-learn asks of an estimator without ``scoring``."""
        raise NotImplementedError

    def get_metadata_routing(self):
        """Return the template's requests."""
        return self.template.get_metadata_routing()

    def __sklearn_tags__(self):
        return self.template.__sklearn_tags__()


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
        return get_routing_for_object(self.cv)
