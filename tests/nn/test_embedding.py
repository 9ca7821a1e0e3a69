"""Embeddings of categories."""

import torch

from sknn_bio.nn import MLP, MemberEmbedding, evaluate_mlp


def test_codes_are_replaced_by_their_own_rows():
    layer = MemberEmbedding(2, (40, 50))
    layer.reset([torch.Generator().manual_seed(s) for s in (1, 2)])
    x = torch.tensor([[0.5, 3.0, 49.0]]).expand(2, 1, 3)
    out = layer(x)
    widths = [table.shape[2] for table in layer.tables]
    assert out.shape == (2, 1, 1 + sum(widths)) == (2, 1, 3 + layer.added)
    for member in range(2):
        torch.testing.assert_close(
            out[member, 0, 1 : 1 + widths[0]], layer.tables[0][member, 3]
        )
    assert not torch.equal(out[0, :, 1:13], out[1, :, 1:13])


def test_other_and_missing_levels_start_at_nothing():
    layer = MemberEmbedding(1, (40,))
    layer.reset([torch.Generator().manual_seed(1)])
    assert (layer.tables[0][0, 38:] == 0).all()
    assert (layer.tables[0][0, :38] != 0).all()


def test_gradients_reach_the_levels_of_the_batch_only():
    net = MLP(2, 3, 1, (8,), n_codes=(40,)).reset([1, 2])
    assert not net.is_plain
    x = torch.tensor([[[0.1, 0.2, 5.0], [0.3, 0.4, 7.0]]]).expand(2, 2, 3)
    net(x).sum().backward()
    used = net.embedding.tables[0].grad.abs().sum((0, 2)) > 0
    assert used.nonzero().flatten().tolist() == [5, 7]


def test_the_stored_network_equals_its_module():
    net = MLP(2, 3, 1, (8,), n_codes=(40,)).reset([1, 2]).eval()
    x = torch.tensor([[[0.1, 0.2, 5.0], [0.3, 0.4, 39.0]]]).expand(2, 2, 3)
    stored = evaluate_mlp(net.state_dict(), x, n_neurons=(8,), n_codes=(40,))
    torch.testing.assert_close(stored, net(x))
