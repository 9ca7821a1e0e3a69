"""Size and times of model files: .sknn beside pickle, joblib and skops.

Three models, each written and read seven times in one process; the median counts. skops
is left out where it is not installed. Writes ``files.md``.

    python benchmarks/files.py
"""

from __future__ import annotations

import importlib.util
import pickle
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from _timing import markdown
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.persistence import load, save
from sknn_bio.preprocessing import GeneAligner, LogNormalizer

RESULTS = Path(__file__).parent / "results"
TIMES = 7


def models() -> dict[str, Any]:
    """Return fitted models by name."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    cells = simulate_cohorts(n_cells=(500, 50), n_genes=2000, random_state=0).train
    genes = pd.DataFrame(cells.counts.toarray()).add_prefix("GENE")
    net, last = (
        NeuralNetBinaryClassifier(random_state=0, max_epochs=50) for _ in range(2)
    )
    one = NeuralNetBinaryClassifier(random_state=0, max_epochs=50, n_members=1)
    pipeline = make_pipeline(GeneAligner(), LogNormalizer(), PCA(50), last)
    return {
        "569 × 30, defaults": net.fit(X, y),
        "569 × 30, one member": one.fit(X, y),
        "500 × 2,000 genes, pipeline with PCA": pipeline.fit(genes, cells.labels),
    }


def writers() -> dict[str, tuple[Callable, Callable]]:
    """Return how to write a model to a path, and how to read it."""
    found: dict[str, tuple[Callable, Callable]] = {
        ".sknn": (save, load),
        "pickle": (
            lambda model, path: path.write_bytes(pickle.dumps(model)),
            lambda path: pickle.loads(path.read_bytes()),
        ),
        "joblib": (joblib.dump, joblib.load),
        "joblib, compress=3": (
            lambda model, path: joblib.dump(model, path, compress=3),
            joblib.load,
        ),
    }
    if importlib.util.find_spec("skops") is not None:
        import skops.io as sio

        found["skops"] = (
            sio.dump,
            lambda path: sio.load(path, trusted=sio.get_untrusted_types(file=path)),
        )
    return found


def median_time(call: Callable, *args: Any) -> float:
    """Return milliseconds."""
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        call(*args)
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))


def measure() -> pd.DataFrame:
    """Return a row a model and writer."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        for name, model in models().items():
            for writer, (write, read) in writers().items():
                row: dict[str, Any] = {"model": name, "file": writer}
                row["write, ms"] = median_time(write, model, path)
                row["kB"] = path.stat().st_size / 1e3
                row["read, ms"] = median_time(read, path)
                rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    table = markdown(measure())
    print(table)
    (RESULTS / "files.md").write_text(f"# Model files\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
