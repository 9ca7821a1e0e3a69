"""How far ONNX files are from the models they were made of.

All tables that ship with scikit-learn; a network at its defaults, asked for the rows
that it was fitted on in float64 and in float32, and for rows a hundred times as far
out. Probabilities: the largest difference; targets: relative to the largest answer.
The last two: a table with gaps, words and an embedded category, and counts through this
package's transformers. Writes ``onnx_parity.md``.

    python benchmarks/onnx_parity.py
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from _timing import markdown
from sklearn import datasets
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.persistence import to_onnx
from sknn_bio.persistence._onnx_inputs import inputs_of
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

RESULTS = Path(__file__).parent / "results"
BUNDLED = ("breast_cancer", "iris", "wine", "digits", "diabetes", "linnerud")
TIMES = 7


def cases() -> Iterator[tuple[str, Any, Any]]:
    """Yield fitted models with their names and rows."""
    for name in BUNDLED:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        kind = NeuralNetClassifier if y.dtype.kind == "i" else NeuralNetRegressor
        model = kind(random_state=0, max_epochs=100).fit(X, y)
        yield name, model, X
        yield f"{name}, float32", model, X.astype(np.float32)
        far = X.mean(0) + 100 * (X - X.mean(0))
        yield f"{name}, far rows", model, far
    yield "patients with words and gaps", *patients()
    yield "cells: align, normalise, select", *cells()


def patients() -> tuple[Any, pd.DataFrame]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 6))
    X[rng.random(X.shape) < 0.1] = np.nan
    table = pd.DataFrame(X).add_prefix("lab ")
    table["sex"] = pd.Categorical(rng.choice(["f", "m"], 400))
    table["ward"] = pd.Categorical([f"ward {i}" for i in rng.integers(0, 50, 400)])
    table.loc[::9, "ward"] = np.nan
    sick = np.where(np.nan_to_num(X[:, 0]) > 0, "case", "control")
    return NeuralNetClassifier(random_state=0, max_epochs=100).fit(table, sick), table


def cells() -> tuple[Any, pd.DataFrame]:
    data = simulate_cohorts(n_cells=(500, 50), n_genes=2000, random_state=0).train
    genes = pd.DataFrame(data.counts.toarray()).add_prefix("GENE")
    model = make_pipeline(
        GeneAligner(),
        HighlyVariableGenes(n_top_genes=300),
        LogNormalizer(),
        NeuralNetClassifier(random_state=0, max_epochs=50),
    )
    return model.fit(genes, data.labels), genes


def milliseconds(call: Any) -> float:
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times))


def measure() -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        return pd.DataFrame([measure_one(path, *case) for case in cases()])


def measure_one(path: Path, name: str, model: Any, X: Any) -> dict[str, Any]:
    start = time.perf_counter()
    to_onnx(model, path, X)
    seconds = time.perf_counter() - start
    _, feed = inputs_of(model, X)
    session = onnxruntime.InferenceSession(path)
    found = session.run(None, feed)[-1]
    is_classifier = hasattr(model, "predict_proba")
    ask = model.predict_proba if is_classifier else model.predict
    expected = ask(X).reshape(found.shape)
    unit = 1.0 if is_classifier else np.abs(expected).max()
    off = np.abs(found - expected).max() / unit
    row = {
        "table": name,
        "rows": len(X),
        "columns": X.shape[1],
        "largest difference": f"{off:.1e}",
        "written and checked, s": round(seconds, 1),
        "kB": round(path.stat().st_size / 1e3),
        "all rows, ms": round(milliseconds(lambda: ask(X)), 1),
        "in onnxruntime, ms": round(milliseconds(lambda: session.run(None, feed)), 1),
    }
    print(row, flush=True)
    return row


def main() -> None:
    table = markdown(measure())
    text = f"# ONNX beside the model\n\nBound: 1e-5.\n\n{table}\n"
    (RESULTS / "onnx_parity.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
