"""Schedules: known values, and what a fit does with them."""

import numpy as np
import pytest
import torch

from sknn_bio import NeuralNetRegressor
from sknn_bio.training.schedules import SCHEDULES


def test_known_values():
    cosine, step = SCHEDULES["cosine"], SCHEDULES["step"]
    assert [cosine(p) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    assert [step(p) for p in (0, 0.3, 0.34, 0.7)] == pytest.approx([1, 1, 0.1, 0.01])
    assert {SCHEDULES["constant"](p) for p in (0, 0.3, 1)} == {1.0}


def test_one_cycle_is_torchs():
    n = 200
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([parameter], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=n + 1)
    for i in range(n):
        ours = SCHEDULES["one_cycle"](i / n)
        assert ours == pytest.approx(theirs.get_last_lr()[0], abs=0.02)
        optimizer.step()
        theirs.step()


def table(n=120):
    X = np.random.RandomState(0).normal(size=(n, 4))
    return X, X @ [1.0, -2, 0, 1]


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
def test_the_history_shows_the_rate_of_the_epochs_last_batch(schedule):
    reg = NeuralNetRegressor(
        n_neurons=4,
        n_members=2,
        max_epochs=6,
        lr=0.02,
        batch_size=20,
        lr_schedule=schedule,
        early_stopping=False,
        random_state=0,
    ).fit(*table())
    rate = reg.history_.query("member == 0")["lr"].to_numpy()
    batches = -(-60 // 20)
    done = (np.arange(6) + (batches - 1) / batches) / 6
    if schedule != "reduce_on_plateau":
        np.testing.assert_allclose(rate, [0.02 * SCHEDULES[schedule](p) for p in done])


@pytest.mark.parametrize("early_stopping", [True, False])
def test_reduce_on_plateau_halves_where_nothing_improves_and_never_rises(
    early_stopping,
):
    rng = np.random.RandomState(0)
    X, noise = rng.normal(size=(60, 4)), rng.normal(size=60)
    reg = NeuralNetRegressor(
        n_neurons=16,
        n_members=2,
        max_epochs=60,
        lr=0.05,
        lr_schedule="reduce_on_plateau",
        patience=12,
        early_stopping=early_stopping,
        random_state=0,
    )
    rate = reg.fit(X, noise).history_.query("member == 0")["lr"].to_numpy()
    assert (np.diff(rate) <= 0).all()
    # A curve that still falls is no plateau.
    X, y = table()
    reg.set_params(lr=1e-3, max_epochs=20, dropout=0).fit(X, y)
    assert reg.history_["lr"].nunique() == 1
