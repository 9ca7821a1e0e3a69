"""Read the next part while the present one is worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def prefetched(readers: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Yield what each function returns, the next one already running in the background.

    Two results exist at a time: the one in use and the one being read.

    Parameters
    ----------
    readers : iterable of callables without arguments

    Yields
    ------
    result : object
        In the order of `readers`. An error of a reader is raised at its turn.
    """
    waiting = iter(readers)
    with ThreadPoolExecutor(1, thread_name_prefix="sknn-bio-read") as pool:
        ahead = None
        for read in waiting:
            following = pool.submit(read)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()
