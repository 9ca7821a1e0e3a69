"""A bar with the time left; plain lines in a log, or where rich is not installed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sknn_bio._optional import require


class _Silent:
    def done(self, model: str) -> None:
        """Say nothing."""


class _Lines:
    """One line a fit, with the time left at the pace so far."""

    def __init__(self, total: int):
        self._total, self._count, self._start = total, 0, time.monotonic()

    def done(self, model: str) -> None:
        self._count += 1
        spent = time.monotonic() - self._start
        left = spent / self._count * (self._total - self._count)
        sys.stderr.write(f"{self._count}/{self._total} {model}, {left:.0f} s left\n")


class _Bar:
    def __init__(self, progress: Any, task: Any):
        self._progress, self._task = progress, task

    def done(self, model: str) -> None:
        self._progress.update(self._task, advance=1, description=model)


@contextmanager
def progress(total: int, verbose: int) -> Iterator[Any]:
    """Yield something whose ``done(model)`` is told of each finished fit.

    Parameters
    ----------
    total : int
        Fits to come.
    verbose : int
        0 says nothing.
    """
    if not verbose or total == 0:
        yield _Silent()
        return
    try:
        rich = require("rich.progress", extra="cli")
        console = require("rich.console", extra="cli").Console(stderr=True)
        watched = console.is_terminal or console.is_jupyter
    except ImportError:
        watched = False
    if not watched:  # a log file keeps lines, not bars
        yield _Lines(total)
        return
    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar, bar.add_task("comparing", total=total))
