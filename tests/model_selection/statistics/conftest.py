"""Answers of made-up models, and what compares them with scikit-learn."""

import numpy as np
import pytest

from sknn_bio.model_selection.statistics.answers import Answers


@pytest.fixture
def binary():
    """Return answers with ties, from a model that knows something."""
    rng = np.random.default_rng(0)
    y = (rng.random(80) < 0.4).astype(int)
    score = np.clip(0.3 * y + rng.random(80) * 0.7, 0.01, 0.99).round(2)
    proba = np.column_stack([1 - score, score])
    return Answers(y, (score > 0.5).astype(int), proba, score, np.arange(80))


@pytest.fixture
def three_classes():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 3, 90)
    proba = rng.dirichlet([1, 1, 1], 90) + 0.8 * (y[:, None] == np.arange(3))
    proba /= proba.sum(1, keepdims=True)
    return Answers(y, proba.argmax(1), proba, None, np.arange(90))


@pytest.fixture
def numbers():
    rng = np.random.default_rng(2)
    y = 1e4 + rng.normal(size=70)
    return Answers(y, y + rng.normal(size=70) * 0.5, None, None, np.arange(70))
