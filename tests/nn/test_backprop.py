"""The hand-derived backward pass, held against automatic differentiation."""

import pytest
import torch

from sknn_bio.nn import ACTIVATIONS, MLP, PlainPass


def make_net(members=3, d_in=4, d_out=2, seed=0, widths=(5, 6), **params):
    net = MLP(members, d_in, d_out, n_neurons=widths, **params)
    net = net.reset(range(seed, seed + members)).double().train()
    generator = torch.Generator().manual_seed(seed)
    for p in net.parameters():  # biases too, or a sign error in them would hide
        p.data.add_(0.1 * torch.randn(p.shape, generator=generator).double())
    return net


def rows(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def by_hand_and_by_autograd(net, x, grad, epoch_seed=7):
    net.begin_epoch(epoch_seed, x.shape[1])
    with torch.no_grad():
        plain = PlainPass(net)
        raw, tape = plain.forward(x)
        plain.backward(tape, grad)
    by_hand = {n: p.grad.clone() for n, p in net.named_parameters()}
    net.zero_grad()
    net.begin_epoch(epoch_seed, x.shape[1])  # the same masks again
    again = net(x)
    again.backward(grad)
    torch.testing.assert_close(raw, again.detach())
    return by_hand, {n: p.grad for n, p in net.named_parameters()}


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("d_out", [1, 3])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_equals_autograd(activation, members, d_out):
    net = make_net(members, d_out=d_out, activation=activation)
    x, grad = rows(members, 7, 4), rows(members, 7, d_out, seed=2)
    by_hand, auto = by_hand_and_by_autograd(net, x, grad)
    assert by_hand.keys() == auto.keys()
    for name in auto:
        torch.testing.assert_close(by_hand[name], auto[name])


@pytest.mark.parametrize("widths", [(), (1,), (5,), (6, 1, 3)])
@pytest.mark.parametrize("members", [1, 3])
def test_equals_autograd_with_dropout(members, widths):
    rates = torch.tensor([0.4, 0.0, 0.7])[:members]
    net = make_net(
        members,
        d_out=1,
        widths=widths,
        dropout=rates,
        input_dropout=0.3,
    )
    by_hand, auto = by_hand_and_by_autograd(
        net, rows(members, 9, 4), rows(members, 9, 1, seed=2)
    )
    for name in auto:
        torch.testing.assert_close(by_hand[name], auto[name])


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"relu"}))
def test_forward_pass_against_finite_differences(activation):
    net = make_net(2, widths=(3,), activation=activation)
    x = rows(2, 4, 4)

    def loss(weight, bias):
        params = {"hidden.0.weight": weight, "hidden.0.bias": bias}
        return torch.func.functional_call(net, params, (x,)).sum()

    layer = net.hidden[0]
    inputs = tuple(p.detach().clone().requires_grad_() for p in layer.parameters())
    assert torch.autograd.gradcheck(loss, inputs)
    plain = PlainPass(net)
    raw, tape = plain.forward(x)
    plain.backward(tape, torch.ones_like(raw))
    numeric = torch.autograd.grad(loss(*inputs), inputs)
    torch.testing.assert_close(layer.weight.grad, numeric[0])
    torch.testing.assert_close(layer.bias.grad, numeric[1])


def test_a_member_gets_nothing_of_another_members_gradient():
    net = make_net(3)
    x, grad = rows(3, 6, 4), rows(3, 6, 2)
    grad[1] = 0
    by_hand, _ = by_hand_and_by_autograd(net, x, grad)
    for value in by_hand.values():
        assert (value[1] == 0).all()
        assert (value[0] != 0).any()
