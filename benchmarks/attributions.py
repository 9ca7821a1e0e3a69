"""Integrated gradients: complete, equal to captum's, and how fast beside them.

Three questions, answered in one run:

- How far do the attributions of each row miss the difference of the answers, on each
  table that scikit-learn bundles?
- How far are they from captum's ``IntegratedGradients`` of each single member, with as
  many points, and SHAP values from the closed form of a linear network?
- How long do 2,000 cells x 2,000 genes take for 8 members, all at once and with captum
  member by member? Captum gets the members' dense inputs ready-made, and goes through
  them in blocks of rows; ours starts from the sparse counts, in front of the Pipeline.

Needs the extra ``explain``. Writes ``attributions.md``.

    python benchmarks/attributions.py
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from _timing import Work, markdown, measure
from captum.attr import IntegratedGradients
from sklearn import datasets
from sklearn.pipeline import make_pipeline
from torch import Tensor

from sknn_bio import (
    NeuralNetBinaryClassifier,
    NeuralNetClassifier,
    NeuralNetRegressor,
)
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.inspection import integrated_gradients, shap_values
from sknn_bio.preprocessing import LogNormalizer

RESULTS = Path(__file__).parent / "results"
TABLES = {
    "breast_cancer": NeuralNetBinaryClassifier,
    "diabetes": NeuralNetRegressor,
    "digits": NeuralNetClassifier,
    "iris": NeuralNetClassifier,
    "linnerud": NeuralNetRegressor,
    "wine": NeuralNetClassifier,
}
POINTS = 32
# Of paths at a time: 16 MB of inputs, the fastest of 1,000 to 16,000.
CAPTUM_ROWS = 2_000


def member_inputs(estimator: Any, X: Any) -> Tensor:
    """Return a table as the members see it, (M, n, D) in double precision."""
    scaling = estimator.population_.scaling
    encoded = scaling.columns.transform(X, np.float64)
    dense = encoded.toarray() if hasattr(encoded, "toarray") else encoded
    x = torch.from_numpy(dense)[None]
    if scaling.inputs is None:
        return x.expand(estimator.n_members_, -1, -1)
    return scaling.inputs.on("cpu", torch.float64)(x)


def member_networks(estimator: Any, dtype: torch.dtype) -> list[torch.nn.Module]:
    """Return each member as a module of its own, up to the answer."""
    state = estimator.population_
    names = [f"hidden.{i}" for i in range(len(state.network.params["n_neurons"]))]
    out = []
    for member in range(estimator.n_members_):
        layers: list[torch.nn.Module] = []
        for name in [*names, "head"]:
            weight, bias = (
                torch.from_numpy(state.weights[f"{name}.{part}"][member]).to(dtype)
                for part in ("weight", "bias")
            )
            linear = torch.nn.Linear(*weight.shape, dtype=dtype)
            linear.weight.data, linear.bias.data = weight.T.contiguous(), bias[0]
            layers += [linear, torch.nn.ReLU()]
        n_answers = state.network.d_out
        is_regressor = isinstance(estimator, NeuralNetRegressor)
        last = torch.nn.Sigmoid() if n_answers == 1 else torch.nn.Softmax(1)
        layers[-1] = torch.nn.Identity() if is_regressor else last
        out.append(torch.nn.Sequential(*layers))
    return out


def captum_mean(
    networks: list[torch.nn.Module], x: Tensor, start: Tensor, output: int = 0
) -> Tensor:
    """Return the mean over the members of captum's attributions, (n, D)."""
    total = torch.zeros(x.shape[1:], dtype=x.dtype)
    for network, own, own_start in zip(networks, x, start, strict=True):
        tool = IntegratedGradients(lambda rows, f=network: f(rows)[:, output])
        total += tool.attribute(
            own,
            own_start.expand_as(own),
            n_steps=POINTS,
            method="gausslegendre",
            internal_batch_size=CAPTUM_ROWS,
        )
    return total / len(networks)


def completeness() -> pd.DataFrame:
    """Return a row a bundled table: errors, and the largest distance from captum."""
    rows = []
    for name, kind in TABLES.items():
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        model = kind(random_state=0).fit(X, y)
        found = integrated_gradients(model, X)
        way = np.abs(found.outputs - found.base_values)
        missed = np.abs(found.values.sum(1) - (found.outputs - found.base_values))
        unit = np.std(y, axis=0) if kind is NeuralNetRegressor else 1.0
        near = way < 0.01 * unit
        row: dict[str, Any] = {"table": name, "rows × outputs": way.size}
        row["largest error"] = f"{found.completeness_error.max():.2%}"
        row["median"] = f"{np.median(found.completeness_error):.2%}"
        row["near the baseline"] = int(near.sum())
        row["largest error of the others"] = f"{(missed / way)[~near].max():.2%}"
        row["from captum"] = f"{distance_from_captum(model, X[:200]):.1e}"
        rows.append(row)
        print(row, file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def distance_from_captum(model: Any, X: np.ndarray) -> float:
    """Return the largest difference of an attribution, with as many points on paths."""
    raw = "raw" if isinstance(model, NeuralNetRegressor) else "probability"
    ours = integrated_gradients(model, X, output=raw, n_steps=POINTS, tol=np.inf)
    x = member_inputs(model, X)
    networks = member_networks(model, torch.float64)
    values = ours.values if ours.values.ndim == 3 else ours.values[..., None]
    start = torch.zeros(len(x), 1, x.shape[2], dtype=x.dtype)
    far = [
        np.abs(captum_mean(networks, x, start, k).numpy() - values[..., k]).max()
        for k in range(values.shape[2])
    ]
    return float(np.max(far))


def distance_from_closed_form() -> float:
    """Return how far SHAP values of a linear network are from ``w (x - E x)``."""
    X, y = datasets.load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    model = NeuralNetRegressor(n_layers=0, input_scaling="standard", random_state=0)
    model.fit(X, y)
    slope = model.predict(np.eye(10)) - model.predict(np.zeros((1, 10)))
    found = shap_values(model, X[:20], X[:100], n_permutations=1, random_state=0)
    return float(np.abs(found.values - slope * (X[:20] - X[:100].mean(0))).max())


def speed(repeats: int) -> pd.DataFrame:
    """Return seconds for 2,000 cells x 2,000 genes and 8 members."""
    cells = simulate_cohorts(n_cells=(2000, 50), n_genes=2000, random_state=0).train
    y = cells.labels == cells.labels[0]
    counts = cells.counts.astype(np.float32)
    net = NeuralNetBinaryClassifier(n_members=8, max_epochs=10, random_state=0)
    model = make_pipeline(LogNormalizer(), net).fit(counts, y)
    rows = model[0].transform(counts)
    x = member_inputs(net, rows).float()
    start = member_inputs(net, rows[:1] * 0).float()
    networks = member_networks(net, torch.float32)
    answers = model.predict_proba(counts)[:, 1]
    base = model.predict_proba(counts[:1] * 0)[0, 1]
    way = answers - base
    floor = np.maximum(np.abs(way), 0.01)

    def ours(**options: Any) -> Callable:
        def run() -> float:
            found = integrated_gradients(model, counts, **options)
            return float((np.abs(found.values.sum(1) - way) / floor).max())

        return run

    def captum() -> float:
        values = captum_mean(networks, x, start)
        return float((np.abs(values.sum(1).numpy() - way) / floor).max())

    fixed = {"n_steps": POINTS, "tol": np.inf}
    contenders: dict[str, Callable] = {
        f"ours, {POINTS} points": ours(**fixed),
        "ours, to 1 %": ours(),
        f"captum member by member, {POINTS} points": captum,
    }
    of_cpu: dict[str, list[float]] = {name: [] for name in contenders}
    timed = {name: with_cpu_time(run, of_cpu[name]) for name, run in contenders.items()}
    work = Work("2,000 × 2,000, 8 members", timed, repeats=repeats)
    table = measure(work)[["contender", "seconds", "spread", "score"]]
    # Of what others do on the machine, seconds of the processor know less.
    table["CPU seconds"] = [float(np.median(of_cpu[n][1:])) for n in contenders]
    for kind in ("seconds", "CPU seconds"):
        table[f"captum / ours, {kind}"] = table[kind].iloc[-1] / table[kind]
    return table.rename(columns={"score": "largest completeness error"})


def with_cpu_time(run: Callable, seconds: list[float]) -> Callable:
    """Return a contender that notes its seconds of the processor."""

    def noting() -> float:
        start = time.process_time()
        score = run()
        seconds.append(time.process_time() - start)
        return score

    return noting


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    settings = parser.parse_args()
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    text = f"""# Attributions

Integrated gradients of the estimators' defaults, with the default tolerance of 1 %.
The error of a row is relative to the difference of its answer from the baseline's. Rows
that are near the baseline (nearer than 0.01 of probability, or 0.01 standard deviations
of the target) are counted as if they were that far. *From captum*: largest difference
of an attribution (of raw outputs for regressors) from the mean of captum's of each
member, in 200 rows, with {POINTS} Gauss-Legendre points on both sides, in double
precision.

{markdown(completeness())}

SHAP values of a linear network (diabetes, target standardised) are at most
{distance_from_closed_form():.1e} from ``w (x - E x)``.

## 2,000 cells × 2,000 genes, 8 members, {torch.get_num_threads()} threads

{markdown(speed(settings.repeats))}
"""
    print(text, f"{time.perf_counter() - begun:.0f} s", sep="\n")
    (RESULTS / "attributions.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
