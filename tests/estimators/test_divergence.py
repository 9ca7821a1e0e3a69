"""A member that diverges neither spoils the others nor hides."""

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor


class Poison(Callback):
    """Put NaN into one member's weights before an epoch."""

    def __init__(self, member, epoch):
        self.member, self.epoch = member, epoch

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            net.module_.head.weight.data[self.member] = torch.nan


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 5))
    return X, X[:, 0] + 0.1 * rng.normal(size=120)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_member_without_a_good_epoch_leaves(table, early_stopping):
    X, y = table
    net = NeuralNetRegressor(
        n_members=3,
        max_epochs=20,
        early_stopping=early_stopping,
        callbacks=[Poison(1, epoch=1)],
        random_state=0,
    )
    with pytest.warns(RuntimeWarning, match=r"1 of 3 members .* in epoch 1 at lr"):
        net.fit(X, y)
    assert net.n_members_ == 2
    assert np.isfinite(net.predict(X)).all()
    missing = np.isnan(net.oof_prediction_)
    assert missing.sum() == 40  # the rows of its fold
    assert net.oof_score_ > 0.5


def test_a_member_keeps_what_was_good_before(table):
    X, y = table
    net = NeuralNetBinaryClassifier(
        n_members=3, max_epochs=20, callbacks=[Poison(2, epoch=6)], random_state=0
    )
    with pytest.warns(RuntimeWarning, match="best weights so far are kept"):
        net.fit(X, y > 0)
    assert net.n_members_ == 3
    assert net.best_epoch_[2] <= 5
    assert np.isfinite(net.predict_members(X)).all()


def test_all_members_lost_is_an_error(table):
    X, y = table
    net = NeuralNetBinaryClassifier(
        n_members=1, max_epochs=3, callbacks=[Poison(0, epoch=1)], random_state=0
    )
    with pytest.raises(ValueError, match="the loss became infinite or NaN in epoch 1"):
        net.fit(X, y > 0)
