"""Searches and cross-validation whose networks train together."""

from sknn_bio.model_selection._cross_validate import population_cross_validate
from sknn_bio.model_selection._search import PopulationSearchCV

__all__ = ["PopulationSearchCV", "population_cross_validate"]
