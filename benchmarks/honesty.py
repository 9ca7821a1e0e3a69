"""Is an out-of-fold score honest? On tables of pure noise it must be that of a coin.

Fits an 8-member ensemble with the library's defaults to 20 tables of noise (200 × 30)
and prints the mean AUC of ``oof_score_``, whose epochs are chosen without the fold that
is scored, beside the AUC at the epoch that is best on the fold itself, which is what a
report of the best validation score amounts to. Writes ``honesty.csv``.

    python benchmarks/honesty.py [--quick] [--tables 20]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from _timing import markdown
from sklearn.metrics import roc_auc_score

from sknn_bio import NeuralNetBinaryClassifier

HONEST, PICKED, FRESH = (
    "oof_score_",
    "best epoch of the scored fold",
    "2,000 rows never seen",
)


def one_table(seed: int, n_rows: int = 200, n_columns: int = 30, **params) -> dict:
    """Return the three AUCs of one table of noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, n_columns))
    y = rng.integers(0, 2, n_rows)
    net = NeuralNetBinaryClassifier(n_members=8, random_state=seed, **params)
    history = net.fit(X, y).history_
    X_new, y_new = rng.standard_normal((2000, n_columns)), rng.integers(0, 2, 2000)
    return {
        HONEST: net.oof_score_,
        PICKED: history.groupby("member")["roc_auc"].max().mean(),
        FRESH: roc_auc_score(y_new, net.predict_proba(X_new)[:, 1]),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tables", type=int, default=20)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    n_tables, params = options.tables, {}
    if options.quick:
        n_tables, params = 3, {"max_epochs": 5, "n_neurons": 8}
    frame = pd.DataFrame([one_table(seed, **params) for seed in range(n_tables)])
    summary = pd.DataFrame(
        {
            "AUC on noise": frame.columns,
            "mean": frame.mean().to_numpy(),
            "standard error": frame.sem().to_numpy(),
            "lowest": frame.min().to_numpy(),
            "highest": frame.max().to_numpy(),
        }
    )
    print(f"{n_tables} tables of noise, 200 × 30, 8 members each\n")
    print(markdown(summary))
    off = abs(frame[HONEST].mean() - 0.5)
    print(f"\nOut of fold: {off:.3f} from 0.5 (target: at most 0.02)")
    options.output.mkdir(parents=True, exist_ok=True)
    frame.to_csv(options.output / "honesty.csv", index=False)


if __name__ == "__main__":
    main()
