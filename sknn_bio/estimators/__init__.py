"""The estimators: scikit-learn on the outside, a population of networks within."""

from sknn_bio.estimators._classifier import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
)
from sknn_bio.estimators._regressor import NeuralNetRegressor

__all__ = ["NeuralNetBinaryClassifier", "NeuralNetClassifier", "NeuralNetRegressor"]
