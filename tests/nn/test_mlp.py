"""The population's perceptron, dropout and normalisation."""

import pytest
import torch
from torch import nn

from sknn_bio.nn import MLP, Dropout, MemberBatchNorm, MemberLayerNorm, MemberLinear


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("d_out", [1, 3])
def test_a_member_equals_itself_alone(normalization, residual, d_out):
    params = {
        "n_neurons": (8, 8),
        "normalization": normalization,
        "residual": residual,
    }
    together = MLP(4, 5, d_out, **params).reset([3, 1, 4, 15])
    x = draw(4, 10, 5)
    y = together(x)
    for m, seed in enumerate([3, 1, 4, 15]):
        alone = MLP(1, 5, d_out, **params).reset([seed])
        torch.testing.assert_close(alone(x[m : m + 1])[0], y[m])


def test_the_residual_is_added_where_widths_agree_only():
    net = MLP(1, 3, 1, n_neurons=(4, 4), residual=True).reset([0])
    x = draw(1, 6, 3)
    first = torch.relu(net.hidden[0](x))
    second = first + torch.relu(net.hidden[1](first))
    torch.testing.assert_close(net(x), net.head(second))


def test_no_hidden_layer_is_a_linear_map():
    net = MLP(2, 3, 2, n_neurons=()).reset([0, 1])
    x = draw(2, 5, 3)
    expected = torch.einsum("mbd,mdc->mbc", x, net.head.weight) + net.head.bias
    torch.testing.assert_close(net(x), expected)


def test_initial_weights_have_the_variance_of_the_activation():
    relu = MLP(1, 400, 1, n_neurons=(400,)).reset([0]).hidden[0].weight
    tanh = MLP(1, 400, 1, n_neurons=(400,), activation="tanh").reset([0])
    assert relu.var().item() * 400 == pytest.approx(2 / 3, rel=0.02)
    assert tanh.hidden[0].weight.var().item() * 400 == pytest.approx(1 / 3, rel=0.02)
    assert (tanh.hidden[0].bias == 0).all()


def test_a_callable_activation_and_a_module_class():
    x = draw(1, 4, 3)
    for activation in (torch.tanh, nn.Tanh):
        other = MLP(1, 3, 1, activation=activation).reset([0])
        assert not other.is_plain
        named = MLP(1, 3, 1, activation="tanh").reset([0])
        named.load_state_dict(other.state_dict())
        torch.testing.assert_close(other(x), named(x))


@pytest.mark.parametrize("d_out", [1, 2])
@pytest.mark.parametrize("members", [1, 3])
def test_linear_is_a_matrix_product_a_member(members, d_out):
    layer = MemberLinear(members, 4, d_out)
    layer.weight.data = draw(members, 4, d_out)
    layer.bias.data = draw(members, 1, d_out, seed=1)
    x = draw(members, 6, 4, seed=2)
    expected = torch.stack(
        [x[m] @ layer.weight[m] + layer.bias[m] for m in range(members)]
    )
    torch.testing.assert_close(layer(x), expected)


def test_dropout_rates_and_scale_a_member():
    rates = torch.tensor([0.0, 0.2, 0.5, 0.93])
    dropout = Dropout(rates).train()
    dropout.refresh(5, 200 * 500, torch.float64)
    masks = dropout.take(200, 500)
    assert (masks[0] == 1).all()
    share = (masks == 0).double().mean((1, 2))
    torch.testing.assert_close(share, rates.double(), atol=0.006, rtol=0)
    # inverted dropout: what is kept makes up for what is dropped
    torch.testing.assert_close(
        masks.mean((1, 2)), torch.ones(4).double(), atol=0.03, rtol=0
    )
    assert len(masks[2].unique()) == 2


def test_dropout_is_the_identity_at_evaluation_and_needs_a_refresh_in_training():
    dropout = Dropout(torch.tensor([0.5]))
    x = draw(1, 4, 5)
    assert dropout.eval()(x) is x
    with pytest.raises(RuntimeError, match="refresh"):
        dropout.train()(x)


def test_dropout_masks_come_back_with_the_seed_and_differ_within_an_epoch():
    dropout = Dropout(torch.tensor([0.5]))

    def masks(seed):
        dropout.refresh(seed, 32 * 16, torch.float32)
        return [dropout.take(32, 16).clone() for _ in range(3)]

    first, again, other = masks(1), masks(1), masks(2)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], first[1])


def test_dropout_masks_of_members_and_units_are_independent():
    dropout = Dropout(torch.full((2,), 0.5))
    dropout.refresh(3, 2000 * 20, torch.float64)
    kept = (dropout.take(2000, 20) > 0).double()
    columns = torch.cat([kept[0], kept[1]], 1).T
    correlation = torch.corrcoef(columns) - torch.eye(40)
    assert correlation.abs().max() < 0.11  # 4.9 standard errors


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_equals_torchs(training):
    ours = MemberBatchNorm(2, 3)
    ours.weight.data, ours.bias.data = draw(2, 1, 3), draw(2, 1, 3, seed=1)
    theirs = [nn.BatchNorm1d(3) for _ in range(2)]
    for m, norm in enumerate(theirs):
        norm.weight.data, norm.bias.data = ours.weight[m, 0], ours.bias[m, 0]
    for step in range(3):
        ours(draw(2, 9, 3, seed=step))
        for m, norm in enumerate(theirs):
            norm(draw(2, 9, 3, seed=step)[m])
    for norm in (ours, *theirs):
        norm.train(training)
    x = 3 * draw(2, 9, 3, seed=9) + 1
    y = ours(x)
    for m, norm in enumerate(theirs):
        torch.testing.assert_close(y[m], norm(x[m]), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(ours.running_mean[m, 0], norm.running_mean)
        torch.testing.assert_close(ours.running_var[m, 0], norm.running_var)


def test_padding_leaves_no_trace_in_batch_norm():
    padded, short = MemberBatchNorm(1, 3), MemberBatchNorm(1, 3)
    x = draw(1, 6, 3)
    valid = torch.ones(1, 6, 1)
    valid[:, 4:] = 0
    x[:, 4:] = 1e6
    y = padded(x, valid)
    torch.testing.assert_close(y[:, :4], short(x[:, :4]))
    torch.testing.assert_close(padded.running_mean, short.running_mean)
    torch.testing.assert_close(padded.running_var, short.running_var)


def test_a_batch_of_one_row_uses_the_running_statistics():
    norm = MemberBatchNorm(1, 2)
    norm.running_mean.fill_(1.0)
    norm.running_var.fill_(4.0)
    y = norm(torch.tensor([[[3.0, 5.0]]]))
    torch.testing.assert_close(y, torch.tensor([[[1.0, 2.0]]]))
    assert (norm.running_mean == 1).all() and (norm.running_var == 4).all()


def test_layer_norm_equals_torchs():
    ours = MemberLayerNorm(2, 5)
    ours.weight.data, ours.bias.data = draw(2, 1, 5), draw(2, 1, 5, seed=1)
    x = draw(2, 7, 5, seed=2)
    for m in range(2):
        theirs = nn.LayerNorm(5)
        theirs.weight.data, theirs.bias.data = ours.weight[m, 0], ours.bias[m, 0]
        torch.testing.assert_close(ours(x)[m], theirs(x[m]))
