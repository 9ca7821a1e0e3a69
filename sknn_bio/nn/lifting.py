"""A user's own module, which knows no member axis, lifted to a population."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap


class LiftedModule(nn.Module):
    """M copies of a module as one, their parameters stacked on the member axis.

    Input ``(M, B, D)`` → output ``(M, B, C)``. Each copy receives ``(B, D)`` and
    returns ``(B, C)``. Where ``torch.func.vmap`` can batch the module's operations all
    members run at once, else one after the other; the answers are the same.

    Parameters
    ----------
    build : callable
        Returns one freshly initialised module.
    seeds : sequence of int
        One a member; torch's global generator is seeded with it around each `build`.
    d_in, d_out : int
        Features in and outputs.

    Raises
    ------
    ValueError
        If the module does not return one row of `d_out` numbers a row.
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        seeds: Sequence[int],
        d_in: int,
        d_out: int,
    ):
        super().__init__()
        copies = []
        for seed in seeds:
            torch.manual_seed(int(seed))
            copies.append(build())
        parameters, buffers = stack_module_state(copies)
        self._names = [*parameters, *buffers]
        self._keys = {name: name.replace(".", "__") for name in self._names}
        for name, value in parameters.items():
            stacked = nn.Parameter(value.detach(), value.requires_grad)
            self.register_parameter(self._keys[name], stacked)
        for name, value in buffers.items():
            self.register_buffer(self._keys[name], value)
        self._skeleton = [copies[0]]  # in a list: its weights are not this module's
        self.d_in, self.d_out = d_in, d_out
        self.vectorized = False
        self._probe(len(copies))

    def _probe(self, n_members: int) -> None:
        """Check the output's shape, and whether vmap can run the module."""
        x = torch.zeros(n_members, 2, self.d_in)
        state = {k: v.clone() for k, v in self.state_dict().items()}
        with torch.no_grad():
            self.eval()
            y = self._each(x)
            if tuple(y.shape) != (n_members, 2, self.d_out):
                raise ValueError(
                    f"module must return shape (n_rows, {self.d_out}), got "
                    f"{tuple(y.shape[1:])} for 2 rows"
                )
            if n_members > 1:
                try:
                    self.vectorized = torch.allclose(self._together(x), y, atol=1e-5)
                    self.train()
                    self._together(x)
                except (RuntimeError, ValueError, NotImplementedError):
                    self.vectorized = False
        self.train()
        self.load_state_dict(state)

    def _state(self) -> dict[str, Tensor]:
        return {name: getattr(self, key) for name, key in self._keys.items()}

    def _together(self, x: Tensor) -> Tensor:
        skeleton = self._skeleton[0]

        def one(state: dict[str, Tensor], rows: Tensor) -> Tensor:
            return functional_call(skeleton, state, (rows,))

        return vmap(one, randomness="different")(self._state(), x)

    def _each(self, x: Tensor) -> Tensor:
        skeleton, state = self._skeleton[0], self._state()
        outputs = []
        for member in range(x.shape[0]):
            own = {name: value[member] for name, value in state.items()}
            outputs.append(functional_call(skeleton, own, (x[member],)))
        return torch.stack(outputs)

    def train(self, mode: bool = True) -> LiftedModule:
        super().train(mode)
        self._skeleton[0].train(mode)
        return self

    def forward(self, x: Tensor, valid: Tensor | None = None) -> Tensor:
        return self._together(x) if self.vectorized else self._each(x)
