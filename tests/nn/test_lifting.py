"""Modules of a user's own, lifted to a population."""

import pytest
import torch
from torch import nn

from sknn_bio.nn import LiftedModule


class Net(nn.Module):
    def __init__(self, d_in, d_out, width=8, dropout=0.0):
        super().__init__()
        self.first = nn.Linear(d_in, width)
        self.drop = nn.Dropout(dropout)
        self.last = nn.Linear(width, d_out)

    def forward(self, x):
        return self.last(self.drop(torch.tanh(self.first(x))))


class Series(nn.Module):
    def __init__(self, d_in, d_out, channels=2):
        super().__init__()
        self.channels = channels
        self.lstm = nn.LSTM(channels, 5, batch_first=True)
        self.head = nn.Linear(5, d_out)

    def forward(self, x):
        out, _ = self.lstm(x.view(len(x), -1, self.channels))
        return self.head(out[:, -1])


class Normed(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.norm = nn.BatchNorm1d(d_in)
        self.head = nn.Linear(d_in, d_out)

    def forward(self, x):
        return self.head(self.norm(x))


class TooWide(Net):
    def forward(self, x):
        return super().forward(x)[:, :1].squeeze(1)


def lift(kind, seeds=(4, 9, 2), d_in=6, d_out=2, **params):
    return LiftedModule(lambda: kind(d_in, d_out, **params), seeds, d_in, d_out)


def alone(kind, seed, d_in=6, d_out=2, **params):
    torch.manual_seed(seed)
    return kind(d_in, d_out, **params)


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _rng():
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.mark.parametrize("kind", [Net, Series, Normed])
@pytest.mark.parametrize("training", [True, False])
def test_every_member_is_the_module_that_its_seed_gives(kind, training):
    lifted = lift(kind).train(training)
    x = draw(3, 7, 6)
    y = lifted(x)
    for m, seed in enumerate((4, 9, 2)):
        own = alone(kind, seed).train(training)
        torch.testing.assert_close(y[m], own(x[m]))


def test_vmap_is_used_where_it_can_be_and_agrees_with_the_loop():
    lifted = lift(Net)
    assert lifted.vectorized
    x = draw(3, 7, 6)
    torch.testing.assert_close(lifted._together(x), lifted._each(x))
    assert not lift(Net, seeds=[1]).vectorized


@pytest.mark.parametrize("kind", [Net, Series, Normed])
def test_gradients_are_those_of_each_module_alone(kind):
    lifted = lift(kind)
    x, grad = draw(3, 7, 6), draw(3, 7, 2)
    lifted(x).backward(grad)
    for m, seed in enumerate((4, 9, 2)):
        own = alone(kind, seed)
        own(x[m]).backward(grad[m])
        for name, p in own.named_parameters():
            ours = dict(lifted.named_parameters())[name.replace(".", "__")]
            torch.testing.assert_close(ours.grad[m], p.grad)


def test_the_buffers_of_batch_norm_move_and_serve_evaluation():
    lifted = lift(Normed)
    own = alone(Normed, 9)
    for step in range(3):
        x = draw(3, 8, 6) + step
        lifted(x)
        own(x[1])
    torch.testing.assert_close(lifted.norm__running_mean[1], own.norm.running_mean)
    torch.testing.assert_close(lifted.norm__running_var[1], own.norm.running_var)
    x = draw(3, 5, 6)
    torch.testing.assert_close(lifted.eval()(x)[1], own.eval()(x[1]))


def test_building_leaves_the_buffers_fresh():
    lifted = lift(Normed)
    assert (lifted.norm__running_mean == 0).all()
    assert (lifted.norm__num_batches_tracked == 0).all()


def test_dropout_within_a_module_differs_between_members():
    lifted = lift(Net, seeds=(5, 5), dropout=0.5)
    x = draw(1, 50, 6).expand(2, -1, -1)
    a, b = lifted.train()(x)
    assert not torch.equal(a, b)
    a, b = lifted.eval()(x)
    torch.testing.assert_close(a, b)


def test_a_wrong_output_shape_is_named():
    with pytest.raises(ValueError, match=r"shape \(n_rows, 2\), got \(2,\)"):
        lift(TooWide)
