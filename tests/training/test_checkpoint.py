"""A training that is cut off goes on where it was, to the bit."""

import json
import os

import numpy as np
import pytest
import torch
from scipy import sparse
from skorch.callbacks import EarlyStopping, EpochScoring, LRScheduler
from torch import nn

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.ondisk import open_rows
from sknn_bio.training import CSVLogger, checkpoint
from sknn_bio.training.net import PopulationNet
from sknn_bio.training.tracker import Tracker

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 6))
Y = (X[:, 0] + 0.5 * RNG.normal(size=150) > 0).astype(int)


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture
def every_epoch(monkeypatch):
    monkeypatch.setattr(checkpoint, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "_SHARE", np.inf)
    monkeypatch.setattr(checkpoint, "_GRACE_SECONDS", 0.0)


@pytest.fixture
def kill(monkeypatch, every_epoch):
    """Return a function: a fit dies right after its n-th checkpoint."""

    def fit_until(model, n_saves, *args, **kwargs):
        count = 0
        save = checkpoint.Checkpoint.save

        def counted(self, state):
            nonlocal count
            save(self, state)
            count += 1
            if count == n_saves:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(checkpoint.Checkpoint, "save", counted)
            model.fit(*args, **kwargs)

    return fit_until


class Noisy(nn.Module):
    """Draws from torch's global generator, and has buffers that training moves."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, d_out)
        )

    def forward(self, x):
        return self.layers(x)


class OneClassFolds:
    """Folds on which the AUC is not defined."""

    def split(self, X, y, groups=None):
        for label in (0, 1, 0):
            rows = np.flatnonzero(y == label)[20 * label :][:20]
            yield np.setdiff1d(np.arange(len(y)), rows), rows


def net(folder=None, kind=NeuralNetBinaryClassifier, **params):
    base = {"n_neurons": 8, "max_epochs": 12, "lr": 0.02, "random_state": 0}
    return kind(checkpoint_dir=folder, **{**base, "n_members": 3, **params})


def assert_same(a, b):
    """Equal to the bit, all but the seconds."""
    for name, weights in a.population_.weights.items():
        np.testing.assert_array_equal(weights, b.population_.weights[name])
    columns = a.history_.columns.drop("seconds")
    assert a.history_[columns].equals(b.history_[columns])
    np.testing.assert_array_equal(a.best_epoch_, b.best_epoch_)
    assert hasattr(a, "oof_prediction_") == hasattr(b, "oof_prediction_")
    if hasattr(a, "oof_prediction_"):
        np.testing.assert_array_equal(a.oof_prediction_, b.oof_prediction_)
        np.testing.assert_equal(a.oof_score_, b.oof_score_)
    rows = zip(a.population_.net_history, b.population_.net_history, strict=True)
    for one, other in rows:
        assert one.keys() == other.keys()
        for name in one.keys() - {"dur", "batches"}:
            assert one[name] == other[name] or one[name] != one[name]


CASES = {
    "members that leave": {"n_members": 6, "patience": 4, "max_epochs": 60},
    "one member": {"n_members": 1},
    "without stopping": {"early_stopping": False},
    "plateaus": {"lr_schedule": "reduce_on_plateau", "patience": 4},
    "a class is absent": {"validation": OneClassFolds()},
    "sgd": {"optimizer": "sgd", "optimizer_params": {"momentum": 0.9}},
    "rmsprop": {"optimizer": "rmsprop", "weight_decay": 0.0},
    "nadam": {"optimizer": torch.optim.NAdam},
    "own module": {"module": Noisy, "optimizer": "adam"},
    "norms and clip": {"normalization": "batch", "gradient_clip": 0.5, "l1": 1e-3},
    "double": {"precision": "float64", "lr_schedule": "constant"},
    "half products": {"precision": "bfloat16"},
    "loss of torch's": {"loss": nn.BCEWithLogitsLoss},
    "mean of members": {"callbacks": [EarlyStopping(patience=10, threshold=10.0)]},
    "one by one": {
        "lr_schedule": "constant",
        "callbacks": [
            EpochScoring("roc_auc", lower_is_better=False, name="auc"),
            EarlyStopping(monitor="auc", lower_is_better=False, patience=3),
            LRScheduler("StepLR", step_size=3),
        ],
    },
}


@pytest.mark.parametrize("after", [1, 5, 9])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:.*one network at a time")
def test_a_killed_fit_ends_as_one_that_was_not(case, after, tmp_path, kill):
    params = CASES[case]
    whole = net(**params).fit(X, Y)
    kill(net(tmp_path, **params), after, X, Y)
    torch.manual_seed(after)  # the resumed one is another process
    assert_same(whole, net(tmp_path, **params).fit(X, Y))


@pytest.mark.parametrize("after", [1, 6])
def test_regressors_sparse_tables_weights_groups_and_given_validation(
    after, tmp_path, kill
):
    target = X @ RNG.normal(size=(6, 2)) * 50 + 1000
    rest = {"sample_weight": RNG.uniform(size=150), "groups": np.arange(150) // 3}
    for number, (model, args, kwargs) in enumerate(
        [
            (NeuralNetRegressor, (X, target), {}),
            (NeuralNetClassifier, (sparse.csr_matrix(X), RNG.permutation(Y) + Y), rest),
            (NeuralNetRegressor, (X[50:], target[50:]),
             {"X_val": X[:50], "y_val": target[:50]}),
        ]
    ):  # fmt: skip
        folder = tmp_path / str(number)
        whole = net(kind=model).fit(*args, **kwargs)
        kill(net(folder, kind=model), after, *args, **kwargs)
        assert_same(whole, net(folder, kind=model).fit(*args, **kwargs))


@pytest.mark.parametrize("after", [1, 6])
def test_tables_on_disk(after, tmp_path, kill):
    np.save(tmp_path / "table.npy", X.astype(np.float32))
    rows = open_rows(tmp_path / "table.npy")
    whole = net().fit(rows, Y)
    kill(net(tmp_path / "kept"), after, rows, Y)
    assert_same(whole, net(tmp_path / "kept").fit(rows, Y))
    with pytest.raises(ValueError, match=r"differs in X \(150 x 6 float32"):
        kill(net(tmp_path / "kept"), after, rows[::-1], Y[::-1])
        net(tmp_path / "kept").fit(rows, Y[::-1])


def test_members_leave_where_it_says_so():
    model = net(**CASES["members that leave"]).fit(X, Y)
    last = sorted(model.history_.groupby("member")["epoch"].max())
    assert last[0] <= 6 and last[-1] > 12


def test_killed_again_and_again(tmp_path, kill):
    whole = net().fit(X, Y)
    for _ in range(4):
        kill(net(tmp_path), 2, X, Y)
    assert_same(whole, net(tmp_path).fit(X, Y))


def test_a_resumed_fit_trains_only_what_is_left(tmp_path, kill, monkeypatch):
    kill(net(tmp_path), 9, X, Y)
    epochs = []
    train_epoch = PopulationNet._train_epoch
    monkeypatch.setattr(
        PopulationNet, "_train_epoch",
        lambda self, loader: epochs.append(loader.epoch) or train_epoch(self, loader),
    )  # fmt: skip
    net(tmp_path).fit(X, Y)
    assert epochs == [9, 10, 11]
    epochs.clear()
    again = net(tmp_path).fit(X, Y)  # it is whole: nothing is left
    assert epochs == []
    assert_same(net().fit(X, Y), again)


def test_warm_starts_have_folders_of_their_own(tmp_path, kill):
    model = net(tmp_path, warm_start=True).fit(X, Y)
    plain = net(warm_start=True).fit(X, Y)
    assert_same(plain.fit(X, Y), model.fit(X, Y))
    kill(model, 3, X, Y)
    assert_same(plain.fit(X, Y), model.fit(X, Y))
    assert len(list(tmp_path.glob("fit-*"))) == 3


def test_partial_fit_keeps_nothing(tmp_path, every_epoch):
    net(tmp_path).partial_fit(X, Y, classes=[0, 1])
    assert not list(tmp_path.iterdir())


def test_a_fit_that_ctrl_c_ended_goes_on(tmp_path, every_epoch, monkeypatch):
    update = Tracker.update

    def interrupted(self, epoch, *args):
        if epoch == 5:
            raise KeyboardInterrupt
        return update(self, epoch, *args)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Tracker, "update", interrupted)
        net(tmp_path).fit(X, Y)
    assert_same(net().fit(X, Y), net(tmp_path).fit(X, Y))


def test_a_csv_log_has_the_epochs_before_the_kill(tmp_path, kill):
    def logged(where):
        return net(tmp_path / "ck", callbacks=[CSVLogger(tmp_path / where)])

    kill(logged("log.csv"), 5, X, Y)
    logged("log.csv").fit(X, Y)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert len(lines) == 1 + 12 and lines[0].startswith("epoch")


# Another fit -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"lr": 0.5}, r"lr \(0.02 before, 0.5 now\)\."),
        ({"random_state": 1}, r"random_state \(0 before, 1 now\)\."),
        ({"max_epochs": 13}, r"max_epochs \(12 before, 13 now\)\."),
        ({"precision": "float64"}, r"precision \(float32 before, float64 now\)\."),
        ({"module": Noisy}, "module .*Noisy"),
        ({"callbacks": [EarlyStopping()]}, "callbacks .*EarlyStopping"),
        ({"n_neurons": (8, 4), "l1": 0.1}, r"l1 \(.*; n_neurons \("),
    ],
)
def test_other_parameters_are_refused_by_name(params, words, tmp_path, kill):
    kill(net(tmp_path), 2, X, Y)
    with pytest.raises(ValueError, match=f"unfinished fit.*differs in {words}"):
        net(tmp_path, **params).fit(X, Y)


@pytest.mark.parametrize("what", ["X", "y", "sample_weight", "groups", "classes"])
def test_other_data_are_refused_by_name(what, tmp_path, kill):
    data = {"X": X, "y": Y, "sample_weight": np.ones(150), "groups": np.arange(150) % 9}
    kill(net(tmp_path), 2, **data)
    changed = {k: v.copy() for k, v in data.items()}
    if what == "classes":
        changed["y"] = np.array(["a", "b"])[Y]
    elif what == "X":
        changed["X"][3, 2] += 1e-9
    else:
        changed[what][[3, 4]] = 0 if what != "y" else 1 - Y[[3, 4]]
    with pytest.raises(ValueError, match=rf"{what} \(.* before, .* now\)"):
        net(tmp_path).fit(**changed)
    assert net(tmp_path).fit(**data).n_iter_ == 12


def test_a_finished_fit_stands_in_nobodys_way(tmp_path, every_epoch):
    first = net(tmp_path).fit(X, Y)
    assert_same(net(lr=0.1).fit(X, Y), net(tmp_path, lr=0.1).fit(X, Y))
    assert_same(first, net(tmp_path).fit(X, Y))


def test_random_state_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="checkpoint_dir needs an int as random_state"):
        net(tmp_path, random_state=None).fit(X, Y)


def test_a_generator_as_random_state_is_known_by_its_splits(tmp_path, kill):
    def seeded():
        return net(tmp_path, random_state=np.random.RandomState(3))

    kill(seeded(), 2, X, Y)
    assert_same(
        net(random_state=np.random.RandomState(3)).fit(X, Y), seeded().fit(X, Y)
    )
    kill(net(tmp_path, random_state=np.random.RandomState(4)), 2, X, Y)
    with pytest.raises(ValueError, match=r"differs in splits and seeds"):
        net(tmp_path, random_state=np.random.RandomState(5)).fit(X, Y)


# The files ---------------------------------------------------------------------------


def files(folder):
    (fit,) = folder.glob("fit-*")
    return fit, {path.name for path in fit.iterdir()}


def test_two_generations_while_training_and_one_after(tmp_path, kill):
    kill(net(tmp_path), 3, X, Y)
    fit, names = files(tmp_path)
    assert names == {"fit.json", "lock", "latest.safetensors", "earlier.safetensors"}
    assert json.loads((fit / "fit.json").read_text())["parameters"]["lr"] == 0.02
    net(tmp_path).fit(X, Y)
    names = files(tmp_path)[1]
    assert names == {"fit.json", "lock", "latest.safetensors", "finished"}


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "gone"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage, tmp_path, kill):
    kill(net(tmp_path), 5, X, Y)
    fit, _ = files(tmp_path)
    path = fit / "latest.safetensors"
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-20] ^= 1
    path.write_bytes(content[: {"cut": 900, "empty": 0}.get(damage)])
    if damage == "gone":
        path.unlink()  # killed between the two renames
        again = net(tmp_path).fit(X, Y)
    else:
        with pytest.warns(RuntimeWarning, match="latest.safetensors is damaged"):
            again = net(tmp_path).fit(X, Y)
    assert_same(net().fit(X, Y), again)


def test_a_full_disk_leaves_the_last_checkpoint_and_warns_once(
    tmp_path, kill, monkeypatch
):
    kill(net(tmp_path), 4, X, Y)
    fit, _ = files(tmp_path)
    before = (fit / "latest.safetensors").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        patch.setattr(type(fit), "touch", lambda path: full(path))
        with pytest.warns(RuntimeWarning, match="No space left on device") as caught:
            trained = net(tmp_path).fit(X, Y)
    assert len(caught) == 1
    assert_same(net().fit(X, Y), trained)
    assert (fit / "latest.safetensors").read_bytes() == before
    assert not (fit / "draft").exists()
    assert_same(trained, net(tmp_path).fit(X, Y))


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        net(tmp_path / "taken").fit(X, Y)
