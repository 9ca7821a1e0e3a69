"""How fast is it, beside scikit-learn, skorch and the source's loop?

Every work is done by all contenders in one run, in turn, with the same epochs, batch
size and threads; the medians of the repeats are compared, and the scores stand beside
the times. Writes ``speed.csv``, ``speed.md`` and ``speed.png``.

    python benchmarks/speed.py             # about fifteen minutes on two cores
    python benchmarks/speed.py --quick     # a smoke run
    python benchmarks/speed.py --only fit  # the works whose name contains "fit"
"""

from __future__ import annotations

import argparse
import platform
import warnings
from functools import partial
from pathlib import Path

import _jobs as jobs
import numpy as np
import pandas as pd
import sklearn
import skorch
import torch
from _timing import Work, figure, markdown, measure, ratios
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits


def single_fits(quick: bool) -> list[Work]:
    """One small network, and an ensemble of eight; one thread."""
    epochs = 3 if quick else 100
    table = jobs.breast_cancer()

    def contender(build, dtype=np.float64, **params):
        return lambda: jobs.fit_and_score(build(**params), *table, dtype=dtype)

    ensemble = {"n_members": 8, "early_stopping": True, "patience": 10**6}
    return [
        Work(
            "fit 455 × 30, 100-100",
            {
                "scikit-learn": contender(jobs.sklearn_mlp, epochs=epochs),
                "skorch": contender(
                    jobs.skorch_mlp, np.float32, d_in=30, epochs=epochs
                ),
                "ours": contender(jobs.ours, epochs=epochs),
                "ours, dropout": contender(jobs.ours, epochs=epochs, dropout=0.2),
                "ours, 8 members": contender(jobs.ours, epochs=epochs, **ensemble),
            },
            {
                ("ours", "scikit-learn"): 1.1,
                ("ours, dropout", "scikit-learn"): 1.4,
                ("ours", "skorch"): 0.25,
                ("ours, 8 members", "scikit-learn"): 2.5,
            },
        )
    ]


def wide_fit(quick: bool) -> list[Work]:
    """More columns than rows; one thread."""
    epochs = 2 if quick else 30
    X, y = jobs.cells(400, 2000)
    table = X[:200], y[:200], X[200:], y[200:]
    return [
        Work(
            "fit 200 × 2,000, 128-128",
            {
                "scikit-learn": lambda: jobs.fit_and_score(
                    jobs.sklearn_mlp(epochs, (128, 128)), *table
                ),
                "ours": lambda: jobs.fit_and_score(
                    jobs.ours(epochs, n_neurons=128), *table
                ),
            },
            {("ours", "scikit-learn"): 0.5},
        )
    ]


def searches(quick: bool) -> list[Work]:
    """27 candidates × 5 folds with a scaler; two workers."""
    epochs, values = (2, 2) if quick else (60, 3)
    return [
        Work(
            "grid 27 × 5",
            {
                "scikit-learn": partial(jobs.grid, "sklearn", epochs, values),
                "skorch": partial(jobs.grid, "skorch", epochs, values),
                "ours": partial(jobs.grid, "ours", epochs, values),
            },
            {("ours", "scikit-learn"): 0.33, ("ours", "skorch"): 0.13},
            repeats=1 if quick else 3,
        )
    ]


def source_job(quick: bool) -> list[Work]:
    """An epoch of the source's job; all threads."""
    n_rows, n_genes, hidden = (1024, 200, 64) if quick else (17_202, 1_253, 836)
    X, y = jobs.cells(n_rows, n_genes)
    common = {"n_neurons": hidden, "batch_size": 512, "dropout": 0.2}
    return [
        Work(
            "epoch 17,202 × 1,253, 836-836",
            {
                "source's loop": lambda: jobs.source_epoch(X, y, hidden, 512),
                "skorch float32": lambda: jobs.net_epoch(
                    jobs.skorch_mlp(n_genes, 1, hidden, 512, 0.2), X, y
                ),
                "products alone": lambda: jobs.products_alone(
                    n_rows, n_genes, hidden, 512
                ),
                "ours float32": lambda: jobs.net_epoch(
                    jobs.ours(1, **common, precision="float32"), X, y
                ),
                "ours bfloat16": lambda: jobs.net_epoch(
                    jobs.ours(1, **common, precision="bfloat16"), X, y
                ),
            },
            {
                ("ours float32", "source's loop"): 0.55,
                ("ours float32", "skorch float32"): 1.0,
                ("ours float32", "products alone"): 1.33,
                ("ours bfloat16", "source's loop"): 0.30,
            },
        )
    ]


def predictions(quick: bool) -> list[Work]:
    """100,000 rows, and one row, from fitted models; one thread."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1_000 if quick else 100_000, 50))
    y = (X[:, 0] > 0).astype(int)
    theirs = jobs.sklearn_mlp(2).fit(X[:500], y[:500])
    ours = jobs.ours(2).fit(X[:500], y[:500])
    one = X[:1]

    def many(model):
        return float(model.predict_proba(X)[:, 1].mean())

    def single(model):
        for _ in range(100):
            model.predict_proba(one)
        return float("nan")

    return [
        Work(
            "predict 100,000 × 50",
            {"scikit-learn": partial(many, theirs), "ours": partial(many, ours)},
            {("ours", "scikit-learn"): 1.0},
        ),
        Work(
            "predict one row, 100 times",
            {"scikit-learn": partial(single, theirs), "ours": partial(single, ours)},
            {("ours", "scikit-learn"): 2.0},
        ),
    ]


def imports(quick: bool) -> list[Work]:
    """The time of an import in a fresh interpreter."""
    peers = "import torch, sklearn"
    return [
        Work(
            "import",
            {
                "torch, sklearn": partial(jobs.in_process, peers),
                "ours": partial(jobs.in_process, "import sknn_bio"),
            },
            {("ours", "torch, sklearn"): 1.2},
            repeats=1 if quick else 15,
        )
    ]


def memory(quick: bool) -> pd.DataFrame:
    """The peak that a search of 135 networks adds, beside its bound, in bytes."""
    if not Path("/proc/self/status").exists():
        print("The peak of a process is read from /proc, which is not here: skipped")
        return pd.DataFrame()
    added, bound = jobs.search_memory(1 if quick else 3)
    row = {
        "work": "memory of a search, 135 × 20,000 × 200",
        "ours": f"{added / 1e6:.0f} MB",
        "peer": f"{bound / 1e6:.0f} MB",
        "ratio": added / bound,
        "target": 1.0,
        "met": added <= bound,
    }
    return pd.DataFrame([row])


ONE_THREAD = (single_fits, wide_fit, predictions)
ALL_THREADS = (searches, source_job, imports)


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="part of a work's name")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    frames, targets = [], []
    for works, threads in ((ONE_THREAD, 1), (ALL_THREADS, None)):
        with threadpool_limits(threads):
            before = torch.get_num_threads()
            torch.set_num_threads(threads or before)
            for work in (w for make in works for w in make(options.quick)):
                if options.only not in work.name:
                    continue
                rows = measure(work)
                print("\n" + markdown(rows), flush=True)
                frames.append(rows)
                targets.append(ratios(work, rows))
            torch.set_num_threads(before)
    if options.only in "memory of a search":
        targets.append(memory(options.quick))
    rows, met = pd.concat(frames or [pd.DataFrame()]), pd.concat(targets)
    print("\n" + markdown(met))
    options.output.mkdir(parents=True, exist_ok=True)
    rows.to_csv(options.output / "speed.csv", index=False)
    versions = (
        f"Python {platform.python_version()}, torch {torch.__version__}, scikit-learn "
        f"{sklearn.__version__}, skorch {skorch.__version__}, "
        f"{torch.get_num_threads()} threads, {platform.machine()}"
    )
    text = f"# Speed\n\n{versions}\n\n{markdown(met)}\n\n{markdown(rows)}\n"
    (options.output / "speed.md").write_text(text, encoding="utf-8")
    figure(met, options.output / "speed.png")


if __name__ == "__main__":
    main()
