import pytest
import torch

from sknn_bio.nn import MLP, evaluate_mlp


@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", ["relu", "silu", torch.sin, torch.nn.Hardswish])
@pytest.mark.parametrize("n_neurons", [(), (6, 6)])
def test_stored_network_equals_its_module(
    normalization, residual, activation, n_neurons
):
    params = {
        "n_neurons": n_neurons,
        "activation": activation,
        "normalization": normalization,
        "residual": residual,
    }
    net = MLP(3, 4, 2, dropout=0.5, **params).reset(range(3))
    x = torch.randn(3, 7, 4)
    net.begin_epoch(0, 7)
    net.train()(x)  # running statistics that are not 0 and 1
    net.eval()
    torch.testing.assert_close(evaluate_mlp(net.state_dict(), x, **params), net(x))
