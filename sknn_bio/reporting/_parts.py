"""What a page is made of: sections with paragraphs, figures, tables and code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

NBSP = "\N{NO-BREAK SPACE}"  # so that a table breaks before an interval, not in it


@dataclass(frozen=True)
class Table:
    """A table of text; the first cell of a row is its heading."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    wide_text: bool = False  # the last column is prose


@dataclass(frozen=True)
class Figure:
    """A figure, what it says, and the numbers behind it."""

    slug: str
    title: str
    caption: str
    svg: Any
    tables: list[Table] = field(default_factory=list)


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading."""

    slug: str
    title: str
    paragraphs: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    details: list[Table] = field(default_factory=list)  # folded away
    details_title: str = ""
    code: str = ""
    items: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.figures or self.tables or self.code or self.items)


def number(value: Any, digits: int = 3) -> str:
    """Return a number as a reader wants it; a dash where there is none."""
    if value is None or not np.isfinite(value):
        return "–"
    text = f"{value:.{digits}f}"
    if abs(value) >= 1000:
        text = f"{value:,.0f}"
    zero = text.lstrip("-") == f"{0:.{digits}f}"
    return (text.lstrip("-") if zero else text).replace("-", "−")


def with_interval(value: Any, low: Any, high: Any, digits: int = 3) -> str:
    """Return a number with its interval."""
    if value is None or not np.isfinite(value):
        return "–"
    if low is None or not np.isfinite(low):
        return number(value, digits)
    ends = f"{number(low, digits)} to {number(high, digits)}".replace(" ", NBSP)
    return f"{number(value, digits)} ({ends})"


def seconds(value: Any) -> str:
    """Return a time in the unit that suits it."""
    if value is None or not np.isfinite(value):
        return "–"
    if value < 1:
        return f"{value * 1000:.3g}{NBSP}ms"
    return f"{value:.3g}{NBSP}s" if value < 600 else f"{value / 60:.0f}{NBSP}min"


def p_value(value: Any) -> str:
    """Return a p-value, without false exactness."""
    if value is None or not np.isfinite(value):
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "fold"), plural(10, "fold")
    ('1 fold', '10 folds')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[Any]) -> str:
    """Return names as a list in a sentence."""
    texts = [str(name) for name in names]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
