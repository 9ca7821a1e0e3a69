"""Searches and comparisons: populations where our estimators are, scikit-learn around."""

from sknn_bio.model_selection._cross_validate import population_cross_validate
from sknn_bio.model_selection._search import PopulationSearchCV

__all__ = ["PopulationSearchCV", "population_cross_validate"]
