"""Callbacks: skorch's own, ours, scikit-learn's, and Ctrl-C."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNet
from skorch.callbacks import (
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    TensorBoard,
)

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio._compat import HAS_CALLBACKS
from sknn_bio.training import CSVLogger, ProgressBar

X, Y = load_breast_cancer(return_X_y=True)
X, Y = X[:160], Y[:160]


def net(**params):
    base = {"n_neurons": 6, "n_members": 1, "max_epochs": 6, "random_state": 0}
    return NeuralNetBinaryClassifier(**{**base, "lr": 0.01, **params})


class Recorder(Callback):
    """Writes down which hooks were called; skorch copies it, hence the class."""

    heard: list = []

    def __deepcopy__(self, memo):
        return self


def _hook(name):
    def hear(self, net, *args, **kwargs):
        assert isinstance(net, NeuralNet)
        self.heard.append((name, kwargs.get("training")))

    return hear


HOOKS = [name for name in vars(Callback) if name.startswith("on_")]
for name in HOOKS:
    setattr(Recorder, name, _hook(name))


@pytest.fixture
def heard():
    Recorder.heard = []
    return Recorder.heard


def test_skorchs_own_in_a_pipeline(tmp_path):
    callbacks = [
        EpochScoring("roc_auc", lower_is_better=False, name="auc"),
        EpochScoring("accuracy", on_train=True, name="train_accuracy"),
        EarlyStopping(monitor="auc", lower_is_better=False, patience=3),
        Checkpoint(monitor="auc_best", dirname=tmp_path / "best"),
    ]
    pipe = make_pipeline(
        StandardScaler(), net(callbacks=callbacks, max_epochs=60, patience=60, lr=0.05)
    ).fit(X, Y)
    final = pipe[-1]
    history = final.net_.history
    assert len(history) == final.n_iter_ < 60
    np.testing.assert_allclose(history[:, "auc"], history[:, "roc_auc"], atol=1e-6)
    assert history[-1, "auc_best"] in (True, False)
    assert max(history[:, "train_accuracy"]) > 0.9
    assert (tmp_path / "best" / "params.pt").exists()
    assert history[:, "auc"] == pytest.approx(final.history_["roc_auc"].tolist())
    assert callbacks[2].misses_ == 0  # the user's own are left alone


def test_scorers_see_labels_and_units_as_the_user_gave_them():
    labels = np.array(["sick", "well"])[Y]
    clf = net(callbacks=[EpochScoring("accuracy", name="a")]).fit(X, labels)
    assert clf.net_.history[-1, "a"] > 0.7
    target = X[:, 0] * 1e3 + 1e5
    reg = NeuralNetRegressor(
        n_neurons=8, n_members=1, max_epochs=30, lr=0.02, random_state=0,
        callbacks=[EpochScoring("neg_mean_absolute_error", name="mae")],
        monitor="mean_absolute_error",
    ).fit(X, target)  # fmt: skip
    np.testing.assert_allclose(
        -np.array(reg.net_.history[:, "mae"]),
        reg.history_["mean_absolute_error"],
        rtol=1e-3,
    )


def test_every_hook_is_called(heard):
    clf = net(callbacks=[Recorder()], max_epochs=2, batch_size=64).fit(X, Y)
    counts = {name: sum(h == name for h, _ in heard) for name in HOOKS}
    batches = 2 * 2  # 128 rows in two epochs
    assert counts["on_train_begin"] == counts["on_train_end"] == 1
    assert counts["on_epoch_begin"] == counts["on_epoch_end"] == 2
    assert counts["on_grad_computed"] == batches
    training = sum(h == ("on_batch_begin", True) for h in heard)
    assert training == sum(h == ("on_batch_end", True) for h in heard) == batches
    assert all(counts.values()), counts
    assert len(clf.net_.history) == 2


def test_members_train_one_by_one_for_those_that_score_and_say_so():
    callbacks = [EpochScoring("roc_auc", lower_is_better=False, name="auc")]
    with pytest.warns(UserWarning, match="EpochScoring must see one network at a time"):
        serial = net(n_members=3, dropout=0, callbacks=callbacks).fit(X, Y)
    together = net(n_members=3, dropout=0).fit(X, Y)
    np.testing.assert_allclose(
        serial.predict_proba(X), together.predict_proba(X), atol=1e-4
    )
    assert serial.best_epoch_.tolist() == together.best_epoch_.tolist()
    assert serial.oof_score_ == pytest.approx(together.oof_score_, abs=1e-4)


@pytest.mark.filterwarnings("ignore:.*one network at a time")
def test_scorers_of_members_one_by_one_see_their_own_targets():
    target = X[:, 0] * 1e3 + np.where(np.arange(160) < 50, 1e5, 0.0)
    reg = NeuralNetRegressor(
        n_neurons=8, n_members=3, max_epochs=4, lr=0.02, random_state=0,
        callbacks=[EpochScoring("neg_mean_absolute_error", name="mae")],
        monitor="mean_absolute_error",
    ).fit(X, target)  # fmt: skip
    last = reg.history_.query("member == 2")["mean_absolute_error"]
    scored = [-row["mae"] for row in reg.population_.net_history]
    np.testing.assert_allclose(scored, last, rtol=1e-3)


def test_early_stopping_of_skorch_sees_the_mean_of_many(recwarn):
    stop = EarlyStopping(monitor="valid_loss", patience=2, threshold=10.0)
    clf = net(n_members=3, callbacks=[stop]).fit(X, Y)
    assert clf.n_iter_ == 3
    assert not recwarn.list


def test_csv(tmp_path):
    clf = net(callbacks=[CSVLogger(tmp_path / "log.csv")]).fit(X, Y)
    log = pd.read_csv(tmp_path / "log.csv")
    np.testing.assert_allclose(log["valid_loss"], clf.history_["valid_loss"])
    assert log["epoch"].tolist() == list(range(1, 7))
    clf.fit(X, Y)
    assert len(pd.read_csv(tmp_path / "log.csv")) == 6  # anew, not appended


def test_a_bar_and_lines(capsys):
    pytest.importorskip("rich")
    net(callbacks=[ProgressBar()]).fit(X, Y)
    assert "6/6" in capsys.readouterr().out
    net(verbose=1).fit(X, Y)
    assert "6/6" in capsys.readouterr().out
    net(verbose=2).fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(tmp_path)

    class Board(TensorBoard):
        def __deepcopy__(self, memo):
            return self  # a writer is open

    net(callbacks=[Board(writer)]).fit(X, Y)
    assert list(tmp_path.iterdir())[0].stat().st_size > 100


@pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn before 1.9")
@pytest.mark.parametrize("n_members", [1, 3])
def test_scikit_learns_callbacks_count_our_epochs_in_a_search(n_members, capsys):
    from sklearn.callback import ProgressBar as SklearnBar

    class Counter:
        ends: list = []

        def setup(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context, **kwargs):
            pass

        def on_fit_task_end(self, estimator, context, **kwargs):
            Counter.ends.append(context.task_name)

        def teardown(self, estimator, context):
            pass

    pytest.importorskip("rich")
    model = net(n_members=n_members).set_callbacks(Counter())
    search = GridSearchCV(model, {"lr": [0.01, 0.02]}, cv=2)
    search.set_callbacks(SklearnBar()).fit(X, Y)
    assert "NeuralNetBinaryClassifier" in capsys.readouterr().out
    assert Counter.ends.count("epoch") == 5 * 6
    Counter.ends = []


class Interrupt(Callback):
    def __init__(self, hook, after):
        self.hook, self.after, self.seen_ = hook, after, 0

    def _count(self, name):
        if name == self.hook:
            self.seen_ += 1
            if self.seen_ == self.after:
                raise KeyboardInterrupt

    def on_epoch_end(self, net, **kwargs):
        self._count("on_epoch_end")

    def on_batch_end(self, net, **kwargs):
        self._count("on_batch_end")


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize(("hook", "after"), [("on_epoch_end", 3), ("on_batch_end", 15)])
def test_ctrl_c_is_raised_again_and_leaves_a_usable_estimator(n_members, hook, after):
    clf = net(n_members=n_members, callbacks=[Interrupt(hook, after)], max_epochs=50)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, Y)
    assert clf.interrupted_
    assert 0 < clf.n_iter_ < 50
    assert len(clf.population_.net_history) == clf.n_iter_
    assert clf.score(X, Y) > 0.5
    assert not net().fit(X, Y).interrupted_


def test_ctrl_c_before_a_whole_epoch_leaves_nothing():
    clf = net(callbacks=[Interrupt("on_batch_end", 1)])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, Y)
    assert not hasattr(clf, "population_")


def test_ctrl_c_ends_a_search():
    search = GridSearchCV(
        net(callbacks=[Interrupt("on_epoch_end", 2)]), {"lr": [0.1, 0.2]}, cv=2
    )
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, Y)


def test_the_net_is_skorchs_and_predicts_as_the_estimator():
    clf = net(n_members=3).fit(X, Y)
    rebuilt = clf.net_
    assert clf.net_ is not rebuilt
    assert isinstance(rebuilt, NeuralNet) and rebuilt.initialized_
    np.testing.assert_allclose(
        rebuilt.predict_proba(X), clf.predict_proba(X), atol=1e-5
    )
    np.testing.assert_array_equal(rebuilt.predict(X), clf.predict(X))
    assert isinstance(rebuilt.module_, torch.nn.Module)
    assert len(rebuilt.history) == clf.n_iter_
