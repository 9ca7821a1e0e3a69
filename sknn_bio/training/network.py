"""A torch module from its plain description, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from sknn_bio.nn import MLP, LiftedModule
from sknn_bio.training.plan import Network


@contextmanager
def seeded(network: Network, seed: int, device: str = "cpu") -> Iterator[None]:
    """Seed torch's global generators for a user's own module, and restore them after.

    The library's perceptron has generators of its own, and may train in threads.
    """
    if network.module is None:
        yield
        return
    on_cuda = torch.device(device).type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_cuda else []):
        torch.manual_seed(seed)
        yield


def build_network(
    network: Network,
    seeds: Sequence[int],
    dtype: torch.dtype,
    *,
    dropout: np.ndarray | float = 0.0,
    input_dropout: np.ndarray | float = 0.0,
) -> nn.Module:
    """Return the population's module with fresh weights.

    Parameters
    ----------
    network : Network
    seeds : sequence of M int
    dtype : torch.dtype
    dropout, input_dropout : float or ndarray of shape (M,)
        Rates, for the library's own perceptron.
    """
    d_in, d_out = network.d_in, network.d_out
    if network.module is None:
        net: nn.Module = MLP(
            len(seeds),
            d_in,
            d_out,
            dropout=torch.as_tensor(dropout),
            input_dropout=torch.as_tensor(input_dropout),
            **network.params,
        ).reset(seeds)
    else:

        def build() -> nn.Module:
            return network.module(d_in=d_in, d_out=d_out, **network.params)

        net = LiftedModule(build, seeds, d_in, d_out)
    return net.to(dtype)


def restore_network(network: Network, weights: dict[str, np.ndarray]) -> nn.Module:
    """Return the module that the stored weights belong to, in evaluation mode."""
    n_members = len(next(iter(weights.values())))
    dtype = next(
        torch.as_tensor(w).dtype
        for w in weights.values()
        if np.issubdtype(w.dtype, np.floating)
    )
    # Copies: the arrays may be read-only, such as those of a memory-mapped file.
    state = {name: torch.from_numpy(np.array(w)) for name, w in weights.items()}
    if network.module is None:
        net: nn.Module = MLP(n_members, network.d_in, network.d_out, **network.params)
    else:
        with seeded(network, 0):
            net = build_network(network, [0] * n_members, dtype)
    net.load_state_dict(state, assign=True)
    return net.eval()


def state_arrays(state: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return a state dict as arrays of the host."""
    return {name: t.detach().cpu().numpy().copy() for name, t in state.items()}


def keep_members(module: nn.Module, members) -> None:
    """Cut every parameter and buffer of a module down to some of its members."""
    index = torch.as_tensor(members)
    for tensor in [*module.parameters(), *module.buffers()]:
        tensor.data = tensor.data[index.to(tensor.device)]
        tensor.grad = None
