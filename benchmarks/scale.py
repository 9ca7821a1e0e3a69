"""Tables larger than memory: how fast, in how much memory, and as good?

Synthetic counts at 7 % density, which the script writes (8 classes, 2,000 genes). Every
fit runs in a process of its own, whose resident memory is the highest it ever had.

1. A network from disk and from memory, for 10,000 to 1,000,000 cells: cells a second
   and peak memory; beside them AnnData's backed matrix, read one cell at a time (which
   AnnData 0.12.6 cannot do with SciPy 1.17: give another ``--peer-python``).
2. A file sorted by label: AUC on new cells after block-shuffled reading, and after
   training in memory, where every order is as likely.
3. Two processes beside one, at the same batch: loss and time.

Writes ``results/scale.md`` and a CSV a table.

    python benchmarks/scale.py [--quick] [--folder /tmp]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _counts import draw, labels_of, write
from _timing import markdown
from sklearn.metrics import roc_auc_score

N_GENES, N_CLASSES = 2_000, 8
NETWORK = {"n_members": 1, "random_state": 0}
MIB = 2**20


def peak() -> float:
    """Return the highest resident memory of this process, in MiB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (MIB if sys.platform == "darwin" else 1024)


# What a process does ----------------------------------------------------------------


def fit(where: str, path: str, n_cells: int, epochs: int, sort: bool, **settings):
    """Fit a network to a file, on disk or read whole; return what it took."""
    from sknn_bio import NeuralNetClassifier
    from sknn_bio.ondisk import open_rows

    y = labels_of(n_cells, N_CLASSES, sort)
    rows = open_rows(path)
    matrix = 0.0
    if where == "memory":
        rows = rows.read(0, n_cells)
        parts = (rows.data, rows.indices, rows.indptr)
        matrix = sum(part.nbytes for part in parts) / MIB
    start = time.perf_counter()
    network = NeuralNetClassifier(**NETWORK, max_epochs=epochs, **settings)
    network.fit(rows, y)
    seconds = time.perf_counter() - start
    history = network.history_
    found = {
        "seconds": seconds,
        "epoch_seconds": float(history["seconds"].median()),
        "train_loss": float(history["train_loss"].iloc[-1]),
        "valid_loss": float(history["valid_loss"].iloc[-1]),
        "best_valid_loss": float(history["valid_loss"].min()),
        "matrix": matrix,
        "peak": peak(),
    }
    if sort:
        new = labels_of(20_000, N_CLASSES)
        X_new = draw(len(new), N_GENES, np.random.default_rng(10**6), new)
        proba = network.predict_proba(X_new)
        found["auc"] = float(roc_auc_score(new, proba, multi_class="ovr"))
    return found


ONE_BY_ONE = """
import json, sys, time
import anndata, h5py
import numpy as np
path, n_cells = sys.argv[1], int(sys.argv[2])
rows = anndata.io.sparse_dataset(h5py.File(path, "r")["X"])
chosen = np.random.default_rng(0).permutation(n_cells)[:2000].tolist()
start = time.perf_counter()
for i in chosen:
    rows[i : i + 1].toarray()
print(json.dumps(len(chosen) / (time.perf_counter() - start)))
"""


def one_by_one(python: str, path: Path, n_cells: int) -> float | None:
    """Return cells a second of AnnData's backed matrix, read one at a time.

    None where this version of AnnData cannot do it (0.12.6 with SciPy 1.17).
    """
    command = [python, "-W", "ignore", "-c", ONE_BY_ONE, str(path), str(n_cells)]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode else float(json.loads(done.stdout))


def run(processes: int = 1, **arguments) -> dict:
    """Fit in a process of its own, or in several that torchrun starts."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-W", "ignore"]
        if processes > 1:
            command += ["-m", "torch.distributed.run", "--standalone"]
            command += [f"--nproc-per-node={processes}"]
        told = json.dumps({"answer": str(answer), **arguments})
        env = {**os.environ}
        if processes > 1:
            env["OMP_NUM_THREADS"] = "1"
        done = subprocess.run([*command, __file__, "--child", told], env=env)
        done.check_returncode()
        return json.loads(answer.read_text())


def child(told: str) -> None:
    """Fit as another process asks for; the first of several answers."""
    arguments = json.loads(told)
    answer = Path(arguments.pop("answer"))
    found = fit(**arguments)
    if os.environ.get("RANK", "0") == "0":
        answer.write_text(json.dumps(found))


# The questions ----------------------------------------------------------------------


def speed(folder: Path, sizes: list[int], epochs: int, python: str) -> pd.DataFrame:
    """Compare disk, memory and one cell at a time."""
    table = []
    for n_cells in sizes:
        labels = labels_of(n_cells, N_CLASSES)
        path = write(folder / f"counts_{n_cells}.h5ad", n_cells, N_GENES, labels)
        for where in ("disk", "memory"):
            found = run(
                where=where, path=str(path), n_cells=n_cells, epochs=epochs,
                sort=False, batch_size=512,
            )  # fmt: skip
            trained = 0.8 * n_cells  # the rest is for validation
            table.append(
                {
                    "cells": n_cells,
                    "from": where,
                    "cells a second": round(trained / found["epoch_seconds"]),
                    "µs a cell": 1e6 * found["epoch_seconds"] / trained,
                    "whole fit, s": found["seconds"],
                    "peak, MiB": round(found["peak"]),
                    "matrix, MiB": round(found["matrix"]) or "",
                }
            )
            print(table[-1], flush=True)
        rate = one_by_one(python, path, n_cells)
        if rate is not None:
            row = {"cells": n_cells, "from": "AnnData, one by one, reading only"}
            table.append(row | {"cells a second": round(rate), "µs a cell": 1e6 / rate})
    return pd.DataFrame(table)


def shuffling(folder: Path, n_cells: int, epochs: int) -> pd.DataFrame:
    """Compare orders of reading a file that is sorted by label."""
    labels = labels_of(n_cells, N_CLASSES, True)
    path = write(folder / f"sorted_{n_cells}.h5ad", n_cells, N_GENES, labels)
    table = []
    for where, name in (("disk", "blocks of 64 cells"), ("memory", "every cell")):
        found = run(
            where=where,
            path=str(path),
            n_cells=n_cells,
            epochs=epochs,
            sort=True,
        )
        table.append({"shuffled": name, "AUC of 20,000 new cells": found["auc"]})
    return pd.DataFrame(table).round(4)


def processes(folder: Path, n_cells: int, epochs: int) -> pd.DataFrame:
    """Compare one process with two at the same batch, without dropout."""
    path = folder / f"counts_{n_cells}.h5ad"
    write(path, n_cells, N_GENES, labels_of(n_cells, N_CLASSES))
    table = []
    for where in ("memory", "disk"):
        for n in (1, 2):
            found = run(
                n, where=where, path=str(path), n_cells=n_cells, epochs=epochs,
                sort=False, dropout=0.0, batch_size=1024,
            )  # fmt: skip
            table.append(
                {
                    "from": where,
                    "processes": n,
                    "train loss": found["train_loss"],
                    "validation loss": found["valid_loss"],
                    "best validation loss": found["best_valid_loss"],
                    "s an epoch": found["epoch_seconds"],
                }
            )
            print(table[-1], flush=True)
    return pd.DataFrame(table)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--peer-python", default=sys.executable, help="with AnnData")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    python = options.peer_python
    sizes = [10_000] if options.quick else [10_000, 100_000, 1_000_000]
    middle = 10_000 if options.quick else 100_000
    sections = [
        ("From disk and from memory", lambda: speed(options.folder, sizes, 3, python)),
        ("A file sorted by label", lambda: shuffling(options.folder, middle, 8)),
        ("Two processes", lambda: processes(options.folder, middle, 5)),
    ]
    parts = ["# Tables larger than memory", "", __doc__.split("\n\n")[1], ""]
    options.output.mkdir(parents=True, exist_ok=True)
    for title, measure in sections:
        table = measure()
        parts += [f"## {title}", "", markdown(table), ""]
        print("\n".join(parts[-4:]), flush=True)
        (options.output / "scale.md").write_text("\n".join(parts), "utf-8")
        table.to_csv(options.output / f"scale_{title.split()[-1]}.csv", index=False)


if __name__ == "__main__":
    main()
