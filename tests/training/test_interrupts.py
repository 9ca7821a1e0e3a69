"""A Ctrl-C waits until an epoch's books are kept, and keeps what there is."""

import signal
import threading

import numpy as np
import pytest
from skorch.callbacks import Callback, EpochScoring

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.training.interrupts import interrupts_wait
from sknn_bio.training.tracker import Tracker

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))
Y = (X[:, 0] + 0.5 * RNG.normal(size=120) > 0).astype(int)


@pytest.fixture(autouse=True)
def sigint_is_heard():
    """Shells start background jobs with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def net(**params):
    base = {"n_neurons": 6, "n_members": 3, "max_epochs": 10, "random_state": 0}
    return NeuralNetBinaryClassifier(**{**base, "lr": 0.02, **params})


def test_the_block_is_left_before_the_interrupt():
    done = []
    with pytest.raises(KeyboardInterrupt):
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            done.append(1)
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_block_goes_first_and_the_handler_is_back():
    with pytest.raises(ZeroDivisionError), interrupts_wait():
        1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_users_own_handler_is_called():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *args: heard.append(args[0]))
    try:
        with interrupts_wait():
            signal.raise_signal(signal.SIGINT)
            assert not heard
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_other_threads_hear_no_signals():
    done = []

    def work():
        with interrupts_wait():
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


@pytest.mark.parametrize("step", ["_improved", "_remember", "_follow_plateau"])
def test_ctrl_c_amid_the_bookkeeping(step, monkeypatch):
    """Predictions, curves and best weights must be of the same epochs."""
    method, calls = getattr(Tracker, step), []

    def interrupted(self, *args):
        calls.append(1)
        if len(calls) == 4:
            signal.raise_signal(signal.SIGINT)
        return method(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Tracker, step, interrupted)
        clf = net()
        with pytest.raises(KeyboardInterrupt):
            clf.fit(X, Y)
    assert clf.interrupted_ and clf.n_iter_ == 4
    assert len(clf.population_.net_history) == 4
    assert np.isfinite(clf.predict_proba(X)).all()
    assert np.isfinite(clf.oof_prediction_).all()
    after = net(callbacks=[Interrupt("end", 4)])
    with pytest.raises(KeyboardInterrupt):
        after.fit(X, Y)
    np.testing.assert_array_equal(clf.best_epoch_, after.best_epoch_)
    assert clf.best_epoch_.max() == 4
    np.testing.assert_array_equal(clf.predict_proba(X), after.predict_proba(X))
    np.testing.assert_array_equal(clf.oof_prediction_, after.oof_prediction_)


class Interrupt(Callback):
    """Ctrl-C at a hook, once so many epochs of all members together have ended."""

    def __init__(self, hook, after):
        self.hook, self.after, self.seen = hook, after, 0

    def __deepcopy__(self, memo):
        return self

    def on_epoch_begin(self, net, **kwargs):
        if (self.hook, self.after) == ("begin", self.seen):
            raise KeyboardInterrupt

    def on_epoch_end(self, net, **kwargs):
        self.seen += 1
        if (self.hook, self.after) == ("end", self.seen):
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("hook", "after", "left"), [("end", 4, 1), ("begin", 10, 1), ("end", 13, 2)]
)
@pytest.mark.filterwarnings("ignore:.*one network at a time")
def test_ctrl_c_ends_members_that_train_one_by_one(hook, after, left):
    scores = EpochScoring("roc_auc", lower_is_better=False, name="auc")
    interrupt = Interrupt(hook, after)
    clf = net(callbacks=[scores, interrupt], early_stopping=False)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, Y)
    assert clf.interrupted_ and clf.n_members_ == left
    assert interrupt.seen == after
    assert np.isfinite(clf.predict_proba(X)).all()
    assert np.isfinite(clf.oof_prediction_).any(1).sum() == 40 * left
