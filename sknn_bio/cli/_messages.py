"""What the commands say: notes beside the results, and errors that help."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable


def note(text: str) -> None:
    """Say something beside the results, in one line on stderr.

    Parameters
    ----------
    text : str
        A sentence.
    """
    print(f"sknn-bio: note: {text}", file=sys.stderr, flush=True)


def listed(names: Iterable[object], limit: int = 5) -> str:
    """Return the first names, and how many more there are.

    Parameters
    ----------
    names : iterable
        The names.
    limit : int, default=5
        How many to spell out.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["age", "sex", "site"], limit=2)
    "'age', 'sex' and 1 more"
    """
    words = [repr(str(name)) for name in names]
    if len(words) <= limit:
        return ", ".join(words)
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"


def unknown(option: str, name: str, names: Iterable[object]) -> ValueError:
    """Return the error for a name that is not among those there are.

    Parameters
    ----------
    option : str
        The option that names it, such as ``"--target"``.
    name : str
        What was given.
    names : iterable
        What there is.

    Returns
    -------
    ValueError
        To be raised.

    Examples
    --------
    >>> print(unknown("--target", "outcom", ["age", "outcome"]))
    --target must be one of 'age', 'outcome', got 'outcom'; did you mean 'outcome'?
    """
    there = [str(each) for each in names]
    folded = {each.casefold(): each for each in reversed(there)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1)
    hint = f"; did you mean {folded[close[0]]!r}?" if close else ""
    return ValueError(f"{option} must be one of {listed(there, 8)}, got {name!r}{hint}")
