"""Out-of-fold scores on pure noise are those of a coin."""

import numpy as np
from sklearn.metrics import roc_auc_score

from sknn_bio import NeuralNetBinaryClassifier


def test_pure_noise_scores_one_half():
    honest, picked = [], []
    for seed in range(60):  # the spread of one table's AUC is 0.05
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((200, 30)), rng.integers(0, 2, 200)
        net = NeuralNetBinaryClassifier(
            n_members=8,
            n_neurons=16,
            max_epochs=15,
            lr=5e-3,
            batch_size=64,
            random_state=seed,
        ).fit(X, y)
        honest.append(net.oof_score_)
        # what would be reported at the epoch that is best on the fold itself
        picked.append(net.history_.groupby("member")["roc_auc"].max().mean())
    assert abs(np.mean(honest) - 0.5) < 0.02
    assert np.mean(picked) > np.mean(honest) + 0.03


def test_the_score_is_that_of_the_kept_predictions():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 5))
    y = (X[:, 0] + rng.standard_normal(200) > 0).astype(int)
    net = NeuralNetBinaryClassifier(n_members=4, max_epochs=10, random_state=0)
    folds = net._prepare(X, y).plan.valid_rows
    net.fit(X, y)
    own = [roc_auc_score(y[rows], net.oof_prediction_[rows, 1]) for rows in folds]
    assert net.oof_score_ == np.mean(own)
