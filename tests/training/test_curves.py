"""What a fit writes down: the curves are those of the predictions."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_absolute_error, r2_score, roc_auc_score
from sklearn.model_selection import PredefinedSplit

from sknn_bio import NeuralNetClassifier, NeuralNetRegressor

RNG = np.random.RandomState(0)
X = RNG.normal(size=(150, 5))
SMALL = {"n_neurons": 8, "max_epochs": 6, "lr": 0.02, "random_state": 0}
# Fold f of the split holds out rows f, f + 3, f + 6, ...
SPLIT = PredefinedSplit(np.arange(150) % 3)


@pytest.mark.parametrize(
    ("scale", "offset"), [(1e-6, 0.0), (1.0, 0.0), (1.0, 1e8), (1e6, 0.0), (1e6, 1e8)]
)
@pytest.mark.parametrize("n_members", [1, 3])
def test_r2_and_absolute_error_are_those_of_the_best_epochs_predictions(
    n_members, scale, offset
):
    noise = np.random.RandomState(1).normal(size=150)
    y = (X[:, 0] - X[:, 1] + 0.3 * noise) * scale
    reg = NeuralNetRegressor(
        n_members=n_members, validation=SPLIT, monitor="mean_absolute_error", **SMALL
    ).fit(X, y + offset)
    members = reg.predict_members(X)
    for m in range(n_members):
        fold = np.arange(150) % 3 == m
        best = reg.history_.query(
            f"member == {m} and epoch == {reg.best_epoch_[m]}"
        ).iloc[0]
        r2 = r2_score(y[fold], members[m][fold] - offset)
        mae = mean_absolute_error(y[fold], members[m][fold] - offset)
        assert best["r2"] == pytest.approx(r2, abs=1e-4)
        assert best["mean_absolute_error"] == pytest.approx(mae, rel=1e-4)
        assert r2 > 0.1


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("n_members", [1, 3])
def test_auc_and_loss_are_those_of_the_best_epochs_predictions(n_members, n_classes):
    y = np.digitize(X[:, 0] + 0.5 * RNG.normal(size=150), [0.0, 0.8][: n_classes - 1])
    clf = NeuralNetClassifier(n_members=n_members, validation=SPLIT, **SMALL).fit(X, y)
    members = clf.predict_members(X)
    for m in range(n_members):
        fold = np.arange(150) % 3 == m
        best = clf.history_.query(
            f"member == {m} and epoch == {clf.best_epoch_[m]}"
        ).iloc[0]
        prob = members[m][fold]
        score = prob[:, 1] if n_classes == 2 else prob
        auc = roc_auc_score(y[fold], score, multi_class="ovr")
        assert best["roc_auc"] == pytest.approx(auc, abs=1e-3)
        assert best["valid_loss"] == pytest.approx(log_loss(y[fold], prob), rel=1e-4)
        own = clf.history_.query(f"member == {m}")
        assert best["roc_auc"] == own["roc_auc"].max()


def test_train_loss_is_the_weighted_mean_of_the_batches():
    y = (X[:, 0] > 0).astype(int)
    weight = RNG.uniform(0.2, 3, 150)
    clf = NeuralNetClassifier(
        n_members=1, early_stopping=False, dropout=0, batch_size=16, **SMALL
    ).set_params(lr=1e-9, max_epochs=1)
    clf.fit(X, y, sample_weight=weight)
    expected = log_loss(y, clf.predict_proba(X), sample_weight=weight)
    assert clf.history_["train_loss"].item() == pytest.approx(expected, rel=1e-4)


def test_the_history_is_tidy_and_ends_where_each_member_stopped():
    y = (X[:, 0] + RNG.normal(size=150) > 0).astype(int)
    clf = NeuralNetClassifier(n_members=8, patience=3, **SMALL).set_params(
        max_epochs=40
    )
    history = clf.fit(X, y).history_
    assert list(history.columns) == [
        "member", "epoch", "train_loss", "valid_loss", "roc_auc", "lr", "seconds",
    ]  # fmt: skip
    assert not history.isna().any().any()
    for m, own in history.groupby("member"):
        assert own["epoch"].tolist() == list(range(1, len(own) + 1))
        stopped_by = clf.best_epoch_[m] + 3
        assert len(own) == min(40, stopped_by)
    assert clf.n_iter_ == history["epoch"].max()
    assert history.groupby("member").size().nunique() > 1


def test_without_stopping_every_member_trains_all_epochs_and_keeps_the_last():
    y = (X[:, 0] > 0).astype(int)
    clf = NeuralNetClassifier(n_members=3, early_stopping=False, **SMALL).fit(X, y)
    assert clf.best_epoch_.tolist() == [6, 6, 6]
    assert clf.history_.groupby("member").size().tolist() == [6, 6, 6]
    assert 0.5 < clf.oof_score_ <= 1
    single = NeuralNetClassifier(n_members=1, early_stopping=False, **SMALL).fit(X, y)
    assert "valid_loss" not in single.history_  # it trains on all rows
    assert not hasattr(single, "oof_score_")
