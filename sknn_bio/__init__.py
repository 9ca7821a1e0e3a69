"""Neural networks for biomedical tables that are scikit-learn estimators."""

from sknn_bio._version import __version__
from sknn_bio.estimators import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)

__all__ = [
    "NeuralNetBinaryClassifier",
    "NeuralNetClassifier",
    "NeuralNetRegressor",
    "__version__",
]
