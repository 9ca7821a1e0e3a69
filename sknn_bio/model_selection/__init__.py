"""Which model is better, and can it be believed? Comparisons, searches, folds."""

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._baselines import baselines
from sknn_bio.model_selection._compare import compare
from sknn_bio.model_selection._comparison import Comparison
from sknn_bio.model_selection._cross_validate import population_cross_validate
from sknn_bio.model_selection._search import PopulationSearchCV

__all__ = [
    "Alarm",
    "Comparison",
    "PopulationSearchCV",
    "baselines",
    "compare",
    "population_cross_validate",
]
