"""What does each ingredient of the defaults gain? One out at a time, over all tables.

The folds of ``accuracy.py`` (the first ``--folds`` of each table), one thread a fit. A
row of the CSV is a fit; a run goes on where it stopped. Writes ``ablation.csv`` and
``ablation.md``: the geometric mean ratio of errors (1 - AUC, 1 - R²) and of losses
without the ingredient to those with it (above 1: it helps), with 95 % intervals over
tables, and the share of tables on which the default is better.

    python benchmarks/ablation.py [--quick] [--folds 3] [--jobs 2]
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import _tables
import numpy as np
import pandas as pd
from _measure import ONE_THREAD, scores
from _timing import markdown
from joblib import Parallel, delayed
from scipy.stats import t as student

from sknn_bio import NeuralNetClassifier, NeuralNetRegressor

WITHOUT = {
    "default": {},
    "cross-fitting (one network, 20 % hold-out)": {"n_members": 1},
    "more than 8 members": {"n_members": 8},
    "more than 4 members": {"n_members": 4},
    "normal scores (standardised only)": {"input_scaling": "standard"},
    "standardised numbers (normal scores only)": {"input_scaling": "quantile"},
    "unclipped numbers (robust and normal scores)": {
        "input_scaling": ("robust", "quantile")
    },
    "dropout": {"dropout": 0.0},
    "weight decay": {"weight_decay": 0.0},
    "cosine schedule (constant rate)": {"lr_schedule": "constant"},
    "early stopping (50 epochs, the last kept)": {
        "early_stopping": False,
        "max_epochs": 50,
    },
    "stopping by AUC or R² (by loss instead)": {"monitor": "valid_loss"},
    "second hidden layer": {"n_layers": 1},
}
FLOOR = 1e-3


def measure(name: str, fold: int, variant: str, epochs: int) -> dict:
    """Fit one variant on one fold."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    contest = _tables.read(name)
    train, test = contest.folds()[fold]
    regression = contest.task == "regression"
    estimator = NeuralNetRegressor if regression else NeuralNetClassifier
    model = estimator(**{"max_epochs": epochs, **WITHOUT[variant]}, random_state=0)
    groups = None if contest.groups is None else contest.groups[train]
    start = time.process_time()
    model.fit(contest.frame.iloc[train], contest.target[train], groups=groups)
    seconds = time.process_time() - start
    rows = contest.frame.iloc[test]
    if regression:
        answer = model.predict(rows).astype(float)
    else:
        answer = np.zeros((len(test), contest.n_classes))
        answer[:, model.classes_] = model.predict_proba(rows)
    found = scores(contest.task, contest.target[test], answer, np.var(contest.target))
    keep = {"error": max(1 - found["score"], FLOOR), "loss": max(found["loss"], FLOOR)}
    return {"table": name, "fold": fold, "variant": variant, **keep, "seconds": seconds}


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Compare each variant with the default, over the tables that both have."""
    means = rows.groupby(["variant", "table"])[["error", "loss", "seconds"]].mean()
    default = means.loc["default"]
    lines = []
    for variant in [v for v in WITHOUT if v != "default" and v in means.index]:
        own = means.loc[variant]
        both = own.index.intersection(default.index)
        ratio = np.log(own.loc[both] / default.loc[both])
        spread = ratio.std() / len(both) ** 0.5 * student.ppf(0.975, len(both) - 1)
        low, high = np.exp(ratio.mean() - spread), np.exp(ratio.mean() + spread)
        mean = np.exp(ratio.mean())
        lines.append(
            {
                "without": variant,
                "tables": len(both),
                "error": f"{mean.error:.3f} [{low.error:.3f}, {high.error:.3f}]",
                "loss": f"{mean.loss:.3f} [{low.loss:.3f}, {high.loss:.3f}]",
                "default better": f"{_better(ratio['error']):.0%}",
                "time": f"{mean.seconds:.2f}",
            }
        )
    return pd.DataFrame(lines)


def _better(ratio: pd.Series) -> float:
    return float((ratio > 0).mean() + 0.5 * (ratio == 0).mean())


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="scikit-learn's tables")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--most", type=float, default=2e6, help="rows x columns")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    if options.quick:
        os.environ.pop(_tables.FOLDER, None)
    options.output.mkdir(parents=True, exist_ok=True)
    path = options.output / "ablation.csv"
    if options.quick:
        path.unlink(missing_ok=True)
    known = pd.read_csv(path) if path.exists() else pd.DataFrame()
    index = _tables.index()
    index = index[index["n_samples"] * index["n_features"] <= options.most]
    for variant in WITHOUT:
        done = known[known["variant"] == variant] if len(known) else known
        pairs = set(zip(done["table"], done["fold"], strict=True)) if len(done) else ()
        tasks = [
            (name, fold)
            for name in index.index
            for fold in range(min(options.folds, len(_tables.read(name).folds())))
            if (name, fold) not in pairs
        ]
        epochs = 5 if options.quick else 250
        for row in Parallel(options.jobs, return_as="generator")(
            delayed(measure)(name, fold, variant, epochs) for name, fold in tasks
        ):
            known = pd.concat([known, pd.DataFrame([row])], ignore_index=True)
            known.to_csv(path, index=False, float_format="%.6g")
        print(variant, len(tasks), flush=True)
    text = f"# Ablation\n\n{markdown(summary(known))}\n"
    (options.output / "ablation.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
