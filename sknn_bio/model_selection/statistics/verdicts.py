"""What a difference means, in plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics.resampled import Difference

ALPHA = 0.05


def outcome(test: Difference, p_holm: float, rope: float) -> str:
    """Return which of few things can be said of model a beside model b.

    Parameters
    ----------
    test : Difference
        Of a minus b.
    p_holm : float
        Adjusted for the number of pairs.
    rope : float
        Half the width of the region of practical equivalence.

    Returns
    -------
    {"better", "worse", "equal", "no worse", "no better", "cannot tell", "unknown"}
        A difference that the adjusted test finds; else what is so with a probability
        of at least 0.95.
    """
    sure = 1 - ALPHA
    if not np.isfinite(test.p_value):
        return "unknown"
    if test.value == 0 and test.low == test.high:
        return "equal"
    if p_holm < ALPHA:
        return "better" if test.value > 0 else "worse"
    if test.p_rope >= sure:
        return "equal"
    if test.p_better + test.p_rope >= sure:
        return "no worse"
    if test.p_worse + test.p_rope >= sure:
        return "no better"
    return "cannot tell"


def in_words(
    kind: str,
    a: str,
    b: str,
    test: Difference,
    p_holm: float,
    rope: float,
    sample: str,
) -> str:
    """Return an outcome as a sentence; `sample` is such as "34 patients"."""
    margin = _number(rope)
    if kind == "unknown":
        return f"cannot tell {a} from {b}: there are too few scores to compare"
    if kind == "cannot tell":
        return f"cannot tell {a} from {b}: {sample} are too few"
    if test.value == 0 and test.low == test.high:
        return f"{a} and {b} score the same in every fold"
    if kind == "equal":
        return f"{a} and {b} are equal within {margin}"
    if kind in ("better", "worse"):
        small = test.p_rope >= 1 - ALPHA
        note = f", though by less than {margin}" if small else ""
        return f"{a} is {kind} than {b} by {_number(abs(test.value))}{note}"
    note = ""
    if test.p_value < ALPHA:
        word = "better" if test.value > 0 else "worse"
        note = (
            f"; {word} taken alone (p = {test.p_value:.2g}), but not among all pairs "
            f"(p = {p_holm:.2g})"
        )
    return f"{a} is {kind} than {b} within {margin}{note}"


def _number(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.3g}"


_OVERALL = {
    "better": "is better than",
    "equal": "is practically equal to",
    "no worse": "is no worse than",
    "no better": "cannot be told from",
    "worse": "cannot be told from",
    "cannot tell": "cannot be told from",
    "unknown": "cannot be held against",
}
_TURNED = {
    "better": "worse",
    "worse": "better",
    "no better": "no worse",
    "no worse": "no better",
}


def overall(summary: pd.DataFrame, differences: pd.DataFrame, metric: str) -> str:
    """Return the whole comparison in a sentence or two.

    Parameters
    ----------
    summary : DataFrame
        Of :meth:`Comparison.summary`, best first.
    differences : DataFrame
        Of :meth:`Comparison.differences`.
    metric : str
    """
    table = summary[summary[metric].notna()]
    if table.empty:
        return f"No fold has a defined {metric}."
    best, row = str(table.index[0]), table.iloc[0]
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    text = (
        f"{best} has the highest mean {metric}: {row[metric]:.3f} (95 % interval "
        f"{low:.3f} to {high:.3f})."
    )
    outcomes = {
        (pair.a, pair.b): str(pair.outcome) for pair in differences.itertuples()
    }
    parts: dict[str, list[str]] = {said: [] for said in _OVERALL.values()}
    for other in map(str, table.index[1:]):
        kind = outcomes.get((best, other))
        if kind is None:
            kind = outcomes[other, best]
            kind = _TURNED.get(kind, kind)
        parts[_OVERALL[kind]].append(other)
    clauses = [f"it {said} {_listed(names)}" for said, names in parts.items() if names]
    if not clauses:
        return text
    whole = "; ".join(clauses)
    return f"{text} {whole[:1].upper()}{whole[1:]}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
