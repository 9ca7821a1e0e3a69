"""How does the cost grow with members, and with rows?

Times one epoch of a population of M = 1 … 512 networks (455 × 30 rows, 100-100, batch
32, dropout 0.2), and one epoch of a single network on 10² … 10⁶ rows (30 columns,
batch by the library's rule), and reads the law off: the slope of log time against log
size. Writes ``scaling.csv``, ``scaling.png``.

    python benchmarks/scaling.py [--quick]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from _jobs import breast_cancer, ours
from _timing import markdown


def seconds_per_epoch(model, X, y) -> float:
    """Return the median seconds of an epoch, from the history of a member."""
    model.fit(X, y)
    history = model.history_
    own = history[history["member"] == 0]["seconds"].iloc[1:]
    return float(own.median())


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    most_members, most_rows = (4, 1000) if options.quick else (512, 1_000_000)
    rows = []
    X, y, _, _ = breast_cancer()
    X = X.astype(np.float32)
    for m in 2 ** np.arange(10):
        if m <= most_members:
            model = ours(6, n_members=int(m), dropout=0.2)
            rows.append(("members", int(m), seconds_per_epoch(model, X, y)))
            print(rows[-1], flush=True)
    rng = np.random.default_rng(0)
    for n in 10 ** np.arange(2, 7):
        if n <= most_rows:
            X = rng.normal(size=(n, 30)).astype(np.float32)
            y = (X[:, 0] + rng.normal(size=n) > 0).astype(int)
            model = ours(4, batch_size="auto", dropout=0.2)
            rows.append(("rows", int(n), seconds_per_epoch(model, X, y)))
            print(rows[-1], flush=True)
    frame = pd.DataFrame(rows, columns=["axis", "size", "seconds"])
    frame["µs each"] = frame["seconds"] / frame["size"] * 1e6
    options.output.mkdir(parents=True, exist_ok=True)
    frame.to_csv(options.output / "scaling.csv", index=False)
    print(markdown(frame))
    draw(frame, options.output / "scaling.png")


def draw(frame: pd.DataFrame, path: Path) -> None:
    """Draw both laws, with the slope of each decade or octave."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    labels = {"members": "networks in the population", "rows": "training rows"}
    for ax, (axis, part) in zip(axes, frame.groupby("axis", sort=False), strict=True):
        ax.loglog(
            part["size"], part["seconds"], "o-", color="#0072B2", label="measured"
        )
        last = part.iloc[-1]
        line = part["size"] * last["seconds"] / last["size"]
        ax.loglog(part["size"], line, "--", color="0.5", label="proportional")
        slopes = np.diff(np.log(part["seconds"])) / np.diff(np.log(part["size"]))
        middles = np.sqrt(part["size"].to_numpy()[1:] * part["size"].to_numpy()[:-1])
        heights = np.sqrt(
            part["seconds"].to_numpy()[1:] * part["seconds"].to_numpy()[:-1]
        )
        for x, height, slope in zip(middles, heights, slopes, strict=True):
            ax.annotate(
                f"{slope:.2f}",
                (x, height),
                (4, -10),
                textcoords="offset points",
                fontsize=7,
                color="#D55E00",
            )
        ax.set_xlabel(labels[axis])
        ax.set_ylabel("seconds an epoch")
        ax.legend(fontsize=8, loc="upper left")
    fig.suptitle("Cost of an epoch; orange: slope between neighbours", fontsize=10)
    fig.savefig(path, dpi=150)
    plt.close(fig)


if __name__ == "__main__":
    main()
