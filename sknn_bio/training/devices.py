"""Devices by name, and as many threads as a problem's shape deserves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

# Floating-point operations a step. Below, a second thread brings little on an idle
# machine, and on a busy one a step waits for it a hundred times as long as it works.
_THREADED_FLOPS = 400e6


def resolve_device(device: str) -> str:
    """Return the device that a name stands for.

    Raises
    ------
    ValueError
        If the named device is not there.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        kind = torch.device(device)
        torch.empty(1, device=kind)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"device must be 'auto', 'cpu', or an accelerator of this machine, got "
            f"{device!r}: {str(error).splitlines()[0]}"
        ) from error
    if kind.type == "meta":
        raise ValueError("device must hold numbers, got 'meta'")
    return device


def has_bfloat16_units(device: str) -> bool:
    """Whether a device multiplies bfloat16 matrices in hardware."""
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if torch.device(device).type != "cpu":
        return False
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16") or known.get("bf16"))


@contextmanager
def threads_for(flops: float, share: int = 1) -> Iterator[None]:
    """One thread for a small problem, else as many as torch is allowed; restored after.

    The choice depends on the problem alone, so that a small fit gives the same bits
    alone and beside others.

    Parameters
    ----------
    flops : float
        Floating-point operations a step.
    share : int, default=1
        How many such blocks run side by side and divide the threads.
    """
    allowed = torch.get_num_threads()
    wanted = 1 if flops < _THREADED_FLOPS else max(1, allowed // share)
    if wanted != allowed:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        if wanted != allowed:
            torch.set_num_threads(allowed)
