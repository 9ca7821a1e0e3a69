"""The population's optimisers against torch's own, a member at a time."""

import numpy as np
import pytest
import torch

from sknn_bio.nn import MLP
from sknn_bio.training.any_optimizer import build_optimizer
from sknn_bio.training.net import keep_members

LR = np.array([0.1, 0.01, 0.01, 0.03])
DECAY = np.array([0.0, 0.1, 0.1, 0.5])
TORCH = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "nadam": torch.optim.NAdam,
}
CASES = [
    ("adamw", {}),
    ("adamw", {"betas": (0.8, 0.9), "eps": 1e-4}),
    ("adamw", {"amsgrad": True}),
    ("adam", {}),
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("rmsprop", {}),
    ("rmsprop", {"momentum": 0.9, "centered": True}),
    ("nadam", {}),
    (torch.optim.Adagrad, {}),
]


def make_net(members=4):
    return MLP(members, 3, 2, n_neurons=(5,)).reset(range(members)).double()


def gradients(net, step, members):
    generator = torch.Generator().manual_seed(step)
    for p in net.parameters():
        full = torch.randn(4, *p.shape[1:], generator=generator).double()
        p.grad = full[list(members)]


def make_optimizer(
    net, name, options, members=slice(None), n_batches=None, apart=False
):
    size = len(LR[members])
    return build_optimizer(
        name,
        options,
        net.named_parameters(),
        lr=LR[members],
        weight_decay=DECAY[members],
        n_batches=np.full(size, 1) if n_batches is None else n_batches,
        apart=apart,
    )


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_every_member_steps_as_torch_would(name, options, apart):
    net = make_net()
    optimizer = make_optimizer(net, name, options, apart=apart)
    start = {n: p.detach().clone() for n, p in net.named_parameters()}
    for step in range(5):
        gradients(net, step, range(4))
        optimizer.advance()
    for m in range(4):
        own = {n: p[m].clone().requires_grad_() for n, p in start.items()}
        kind = TORCH.get(name, name)
        # decay is for weights, never for biases
        groups = [
            {"params": [p for n, p in own.items() if "weight" in n]},
            {"params": [p for n, p in own.items() if "bias" in n], "weight_decay": 0},
        ]
        theirs = kind(groups, lr=LR[m], weight_decay=DECAY[m], **options)
        for step in range(5):
            generator = torch.Generator().manual_seed(step)
            for p in own.values():
                p.grad = torch.randn(4, *p.shape, generator=generator).double()[m]
            theirs.step()
        for n, p in net.named_parameters():
            torch.testing.assert_close(p[m].detach(), own[n].detach(), msg=f"{m} {n}")


@pytest.mark.parametrize(
    ("name", "options"), [case for case in CASES[:7] if "amsgrad" not in case[1]]
)
def test_leaving_members_do_not_move_the_others(name, options):
    whole, cut = make_net(), make_net()
    both = [make_optimizer(net, name, options) for net in (whole, cut)]
    kept = [0, 2, 3]
    for step in range(6):
        gradients(whole, step, range(4))
        both[0].advance()
        if step == 3:
            keep_members(cut, kept)
            both[1].keep(kept, np.full(3, 1))
        gradients(cut, step, range(4) if step < 3 else kept)
        both[1].advance()
    for a, b in zip(whole.parameters(), cut.parameters(), strict=True):
        torch.testing.assert_close(a[kept], b)
    np.testing.assert_array_equal(both[1].member_lr(), LR[kept])


def test_a_changed_rate_stays_with_its_member_when_others_leave():
    net = make_net()
    optimizer = make_optimizer(net, "adamw", {}, apart=True)
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] / (1 + group["members"][0])
    keep_members(net, [1, 3])
    optimizer.keep([1, 3], np.ones(2, int))
    np.testing.assert_allclose(optimizer.member_lr(), [0.01 / 2, 0.03 / 4])


@pytest.mark.parametrize("name", ["adamw", "sgd", "rmsprop"])
def test_a_member_out_of_batches_does_not_step(name):
    net = make_net()
    optimizer = make_optimizer(net, name, {}, n_batches=np.array([2, 1, 3, 3]))
    gradients(net, 0, range(4))
    optimizer.advance(0)
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    gradients(net, 1, range(4))
    optimizer.advance(1)
    for n, p in net.named_parameters():
        moved = [not torch.equal(p[m], before[n][m]) for m in range(4)]
        assert moved == [True, False, True, True]


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_going_on_from_stored_moments(name):
    options = {"momentum": 0.9} if name == "sgd" else {}
    through, resumed = make_net(), make_net()
    first = make_optimizer(through, name, options)
    second = make_optimizer(resumed, name, options)
    for step in range(6):
        if step == 3:
            stored = second.arrays()
            second = make_optimizer(resumed, name, options)
            second.load_arrays(stored)
        for net, optimizer in ((through, first), (resumed, second)):
            gradients(net, step, range(4))
            optimizer.advance()
    for a, b in zip(through.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match=r"options of NAdam, got \['gama'\]"):
        make_optimizer(make_net(), "nadam", {"gama": 1})
    with pytest.raises(ValueError, match=r"options of AdamW, got \['gama'\]"):
        make_optimizer(make_net(), "adamw", {"gama": 1})
    with pytest.raises(ValueError, match="weight_decay must be 0 for Rprop"):
        make_optimizer(make_net(), torch.optim.Rprop, {})
