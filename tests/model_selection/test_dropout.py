"""Dropout in a population: other masks than alone, the same distribution of scores."""

import numpy as np
from scipy import stats
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import PopulationSearchCV


def scores(search, dropout):
    X, y = make_classification(
        300, 10, n_informative=5, flip_y=0.2, shuffle=True, random_state=1
    )
    net = NeuralNetBinaryClassifier(
        n_members=1,
        dropout=dropout,
        n_neurons=24,
        max_epochs=8,
        lr=1e-2,
        batch_size=32,
    )
    fitted = search(
        net,
        {"random_state": list(range(30))},
        cv=[(np.arange(150), np.arange(150, 300))],
        scoring="neg_log_loss",
        refit=False,
    ).fit(X, y)
    return fitted.cv_results_["mean_test_score"]


def test_means_and_spreads_over_thirty_seeds():
    together = scores(PopulationSearchCV, 0.4)
    alone = scores(GridSearchCV, 0.4)
    without = scores(PopulationSearchCV, 0.0)
    assert stats.ttest_ind(together, alone).pvalue > 0.05
    assert stats.levene(together, alone).pvalue > 0.05
    # the test is able to see what dropout does
    assert stats.ttest_ind(together, without).pvalue < 1e-4
    assert len(np.unique(together)) == 30
