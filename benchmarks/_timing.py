"""Interleaved repeats, medians, and a table: what the speed benchmarks share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

Contender = Callable[[], float]


@dataclass
class Work:
    """One row of the table: contenders that do the same work.

    Each contender is called with nothing, does the work, and returns a score, so that
    nobody is fast by doing less. A contender that returns a pair reports its own
    seconds first.
    """

    name: str
    contenders: dict[str, Callable]
    targets: dict[tuple[str, str], float] = field(default_factory=dict)
    repeats: int = 5
    warm_up: bool = True


def measure(work: Work) -> pd.DataFrame:
    """Run every contender in turn, `repeats` times; return medians and scores."""
    seconds: dict[str, list[float]] = {name: [] for name in work.contenders}
    scores: dict[str, list[float]] = {name: [] for name in work.contenders}
    for repeat in range(work.repeats + work.warm_up):
        for name, run in work.contenders.items():
            start = time.perf_counter()
            result = run()
            spent = time.perf_counter() - start
            if isinstance(result, tuple):
                spent, result = result
            if repeat >= work.warm_up:
                seconds[name].append(spent)
                scores[name].append(result)
    return pd.DataFrame(
        {
            "work": work.name,
            "contender": list(work.contenders),
            "seconds": [float(np.median(seconds[n])) for n in work.contenders],
            "spread": [float(np.ptp(seconds[n])) for n in work.contenders],
            "score": [float(np.mean(scores[n])) for n in work.contenders],
        }
    )


def ratios(work: Work, rows: pd.DataFrame) -> pd.DataFrame:
    """Return each target beside what was measured."""
    seconds = rows.set_index("contender")["seconds"]
    return pd.DataFrame(
        [
            {
                "work": work.name,
                "ours": ours,
                "peer": peer,
                "ratio": seconds[ours] / seconds[peer],
                "target": target,
                "met": bool(seconds[ours] <= target * seconds[peer]),
            }
            for (ours, peer), target in work.targets.items()
            if ours in seconds and peer in seconds
        ]
    )


def markdown(frame: pd.DataFrame) -> str:
    """Return a frame as a Markdown table, numbers to three significant digits."""

    def text(value) -> str:
        if isinstance(value, (float, np.floating)):
            return "" if np.isnan(value) else f"{value:.3g}"
        if isinstance(value, (bool, np.bool_)):
            return "yes" if value else "**no**"
        return str(value)

    lines = [
        "| " + " | ".join(frame.columns) + " |",
        "|" + "---|" * len(frame.columns),
        *(
            "| " + " | ".join(text(v) for v in row) + " |"
            for row in frame.itertuples(index=False)
        ),
    ]
    return "\n".join(lines)


def figure(targets: pd.DataFrame, path: Path) -> None:
    """Draw the measured ratios beside their targets."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    labels = [f"{row.work}\n{row.ours} / {row.peer}" for row in targets.itertuples()]
    place = np.arange(len(labels))[::-1]
    fig, ax = plt.subplots(figsize=(7.5, 0.55 * len(labels) + 1), layout="constrained")
    ax.barh(place, targets["ratio"], color="#0072B2", height=0.6, label="measured")
    ax.scatter(
        targets["target"], place, marker="|", s=260, color="#D55E00", label="target"
    )
    ax.set_yticks(place, labels, fontsize=7)
    ax.set_xscale("log")
    ax.set_xlabel("time relative to the peer (shorter is faster)")
    ax.axvline(1.0, color="0.5", lw=0.8)
    ax.legend(loc="lower right", fontsize=8)
    fig.savefig(path, dpi=150)
    plt.close(fig)
