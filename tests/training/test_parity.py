"""A member of a population equals the same network trained alone."""

import numpy as np
import pytest
import torch
from torch import nn

from sknn_bio.data import InputMap, Table, TableEncoder, make_store
from sknn_bio.nn import build_loss
from sknn_bio.training.fit import train
from sknn_bio.training.network import build_network
from sknn_bio.training.plan import MemberPlan, Network, TrainingSettings
from sknn_bio.training.run import Scaling

M, N, D = 12, 90, 5
RNG = np.random.RandomState(0)
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = (X[:, 0] - X[:, 1] + RNG.normal(size=N) > 0).astype(np.float32)
TABLE = Table(make_store(X, torch.device("cpu")), torch.from_numpy(Y), torch.ones(N))


class TwoLayers(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(d_in, 6), nn.Tanh(), nn.Linear(6, d_out))

    def forward(self, x):
        return self.layers(x)


def make_plan():
    rng = np.random.RandomState(1)
    train_rows, valid_rows = [], []
    for m in range(M):  # numbers of rows differ, so batches do too
        order = rng.permutation(N)
        size = 30 + 4 * (m % 5)
        train_rows.append(np.sort(order[:size]))
        valid_rows.append(np.sort(order[size : size + 20 + m]))
    return MemberPlan(
        tuple(train_rows),
        tuple(valid_rows),
        seeds=rng.randint(2**31 - 1, size=M).astype(np.int64),
        lr=np.array([0.003, 0.01, 0.03] * 4),
        weight_decay=np.array([0.0, 0.0, 0.01, 0.1] * 3),
        dropout=np.zeros(M),
        input_dropout=np.zeros(M),
    )


def settings(**changes):
    base = TrainingSettings(
        max_epochs=25,
        batch_size=16,
        monitor="valid_loss",
        restore_best=True,
        patience=5,
        min_delta=0.0,
        optimizer="adamw",
        optimizer_params={},
        lr_schedule="cosine",
        l1=0.0,
        gradient_clip=None,
        device="cpu",
        dtype="float32",
        half_products=False,
        task="classification",
        n_classes=2,
    )
    return base.but(**changes)


def scaling(plan):
    views = [["standard", "robust", "quantile"][seed % 3] for seed in plan.seeds]
    inputs = InputMap.fit(X.astype(float), plan.train_rows, views)
    return Scaling(TableEncoder.fit(X, standardize=False), inputs)


def fit(plan, network, **changes):
    with torch.random.fork_rng(devices=[]):
        module = build_network(network, plan.seeds, torch.float32)
    return train(
        module,
        build_loss("cross_entropy", task="classification"),
        plan,
        settings(**changes),
        scaling(plan),
        TABLE,
        TABLE,
    )


PLAIN = {"n_neurons": (8, 8), "activation": "relu"}
CASES = {
    "plain": (PLAIN, {}),
    "tanh, one layer": ({"n_neurons": (8,), "activation": "tanh"}, {}),
    "residual and layer norm": (
        {**PLAIN, "normalization": "layer", "residual": True},
        {},
    ),
    # A bias in front of it has no gradient but rounding, which Adam would blow up.
    "batch norm": ({**PLAIN, "normalization": "batch"}, {"optimizer": "sgd"}),
    "sgd": (
        PLAIN,
        {"optimizer": "sgd", "optimizer_params": {"momentum": 0.9, "nesterov": True}},
    ),
    "adam": (PLAIN, {"optimizer": "adam"}),
    "rmsprop": (PLAIN, {"optimizer": "rmsprop"}),
    "clipping and l1": (PLAIN, {"gradient_clip": 0.1, "l1": 0.001}),
    "plateau": (PLAIN, {"lr_schedule": "reduce_on_plateau", "patience": 4}),
    "constant, no patience": (PLAIN, {"lr_schedule": "constant", "patience": None}),
}


@pytest.mark.parametrize("name", [*CASES, "own module"])
def test_each_of_twelve_equals_itself_alone(name):
    params, changes = CASES.get(name, ({}, {}))
    module = TwoLayers if name == "own module" else None
    network = Network(D, 1, module, params)
    plan = make_plan()
    together = fit(plan, network, **changes)
    for m in range(M):
        alone = fit(plan.pick([m]), network, **changes)
        assert alone.best_epoch[0] == together.best_epoch[m], m
        assert alone.n_epochs[0] == together.n_epochs[m], m
        for key, weights in together.weights.items():
            np.testing.assert_allclose(
                weights[m], alone.weights[key][0], atol=1e-5, err_msg=f"{m} {key}"
            )
        own = together.history.query(f"member == {m}")
        for column in ("train_loss", "valid_loss", "lr"):
            np.testing.assert_allclose(own[column], alone.history[column], atol=1e-5)
    if changes.get("patience", 5):  # some left early, or nothing was shown
        assert together.n_epochs.min() < together.n_epochs.max()


def test_with_dropout_the_scores_are_distributed_alike():
    network = Network(D, 1, None, PLAIN)
    plan = make_plan()
    many = 30
    pick = [0] * many
    one = plan.pick(pick)
    plan = MemberPlan(
        one.train_rows, one.valid_rows, np.arange(many), one.lr, one.weight_decay,
        np.full(many, 0.4), one.input_dropout,
    )  # fmt: skip

    def losses(part):
        module = build_network(network, part.seeds, torch.float32, dropout=part.dropout)
        trained = train(
            module,
            build_loss("cross_entropy", task="classification"),
            part,
            settings(max_epochs=8, patience=None),
            scaling(part),
            TABLE,
            TABLE,
        )
        return trained.history.query("epoch == 8")["valid_loss"].to_numpy()

    together = losses(plan)
    alone = np.concatenate([losses(plan.pick([m])) for m in range(many)])
    error = np.hypot(together.std(), alone.std()) / many**0.5
    assert abs(together.mean() - alone.mean()) < 4 * error
    assert 0.5 < together.std() / alone.std() < 2
    assert not np.allclose(together, alone)  # the masks are others
