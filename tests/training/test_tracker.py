"""The bookkeeping of best epochs, stopping and leaving."""

import numpy as np
import torch

from sknn_bio.training.tracker import Tracker


def follow(valid, metric=None, monitor="valid_loss", patience=None, min_delta=0.0):
    """Feed curves (epochs, M); weights of epoch e are e."""
    valid = np.asarray(valid, float)
    members = valid.shape[1]
    tracker = Tracker(members, monitor, patience, min_delta, True, False)
    for epoch, loss in enumerate(valid, start=1):
        record = {"train_loss": np.zeros(members), "valid_loss": loss}
        if metric is not None:
            record[monitor] = np.asarray(metric, float)[epoch - 1]
        state = {"w": torch.full((members, 1, 2), float(epoch))}
        tracker.update(epoch, record, state, None)
    return tracker


def kept(tracker):
    return tracker.best_state["w"][:, 0, 0].tolist()


def test_each_member_keeps_the_weights_of_its_own_best_epoch():
    tracker = follow([[3, 1], [2, 2], [1, 3], [2, 0.5]])
    assert tracker.best_epoch.tolist() == [3, 4] and kept(tracker) == [3, 4]


def test_patience_counts_from_the_best_epoch_and_a_stopped_member_learns_no_more():
    losses = [[3, 5], [2, 4], [2.5, 3], [2.5, 2], [1, 1]]
    tracker = follow(losses, patience=2)
    assert tracker.stopped.tolist() == [True, False]
    assert tracker.best_epoch.tolist() == [2, 5]  # its 1 came too late
    assert tracker.last_epoch.tolist() == [4, 5]


def test_min_delta_is_what_counts_as_better():
    tracker = follow([[1.0], [0.95], [0.89], [0.85]], min_delta=0.1)
    assert tracker.best_epoch.tolist() == [3]


def test_greater_is_better_for_auc_and_ties_go_to_the_lower_loss():
    auc = [[0.7], [0.9], [0.9], [0.9]]
    tracker = follow([[4], [3], [2], [2.5]], auc, "roc_auc")
    assert tracker.best_epoch.tolist() == [3]


def test_a_member_without_the_metric_is_judged_by_the_loss():
    auc = [[np.nan, 0.6], [np.nan, 0.8], [np.nan, 0.7]]
    tracker = follow([[3, 1], [2, 2], [2.5, 0]], auc, "roc_auc")
    assert tracker.best_epoch.tolist() == [2, 2]


def test_a_loss_that_is_not_finite_stops_the_member_and_keeps_its_best():
    tracker = follow([[1, 1], [0.5, 2], [np.nan, 0.1], [0.1, 0.2]])
    assert tracker.diverged.tolist() == [True, False]
    assert tracker.stopped.tolist() == [True, False]
    assert tracker.best_epoch.tolist() == [2, 3] and kept(tracker) == [2, 3]


def test_members_that_left_are_found_by_number():
    tracker = Tracker(3, "valid_loss", None, 0.0, True, False)

    def update(epoch, losses):
        count = len(losses)
        record = {"train_loss": np.zeros(count), "valid_loss": np.array(losses)}
        state = {"w": torch.arange(count).view(-1, 1, 1) + 10.0 * epoch}
        tracker.update(epoch, record, state, None)

    update(1, [3.0, 3.0, 3.0])
    tracker.alive = np.array([0, 2])
    update(2, [4.0, 2.0])
    assert tracker.best_epoch.tolist() == [1, 1, 2]
    assert kept_flat(tracker) == [10.0, 11.0, 21.0]
    assert tracker.last_epoch.tolist() == [2, 1, 2]


def kept_flat(tracker):
    return tracker.best_state["w"].flatten().tolist()
