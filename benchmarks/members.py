"""How many members? Error, log loss and time of 1 to 16 cross-fitted networks.

Four folds (grouped where a table has groups) over the tables of ``SKNN_BIO_DATA`` with
up to 1,100 rows and 400 columns, or over scikit-learn's where it is not set. Writes
``members.csv`` and ``members.md``: geometric mean ratios to eight members, with the
share of tables on which eight are better.

    python benchmarks/members.py [--quick]
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _timing import markdown
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.impute import SimpleImputer
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from sknn_bio import NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.datasets import list_tables, load_table
from sknn_bio.model_selection import population_cross_validate


def tables(quick: bool):
    """Yield name, X, y, groups and whether the task is classification."""
    if "SKNN_BIO_DATA" not in os.environ or quick:
        print("SKNN_BIO_DATA is not set (or --quick): scikit-learn's tables are used")
        for load in (load_breast_cancer, load_iris, load_wine, load_diabetes):
            table = load(as_frame=True)
            yield (
                load.__name__[5:],
                table.data,
                table.target,
                None,
                load != load_diabetes,
            )
        return
    listed = list_tables()
    small = (listed["n_samples"] <= 1_100) & (listed["n_features"] <= 400)
    for name in listed.index[small]:
        table = load_table(name)
        task = table.task != "regression"
        yield name, table.data, table.target, table.groups, task


def splitter(classification: bool, groups):
    """Return four folds, stratified and grouped as the table asks."""
    if groups is None:
        kind = StratifiedKFold if classification else KFold
        return kind(4, shuffle=True, random_state=0)
    kind = StratifiedGroupKFold if classification else GroupKFold
    return kind(min(4, len(np.unique(groups))), shuffle=True, random_state=0)


def evaluate(X, y, groups, classification: bool, n_members: int, epochs: int):
    """Return the mean error, the mean log loss (or squared error), and seconds."""
    estimator = NeuralNetClassifier if classification else NeuralNetRegressor
    net = estimator(n_members=n_members, max_epochs=epochs, random_state=0)
    prepare = make_column_transformer(
        (
            SimpleImputer(strategy="median", keep_empty_features=True),
            make_column_selector(dtype_include="number"),
        ),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    scoring = (
        {"main": "roc_auc_ovr", "loss": "neg_log_loss"}
        if classification
        else {"main": "r2", "loss": "neg_mean_squared_error"}
    )
    if classification and y.nunique() == 2:
        scoring["main"] = "roc_auc"
    start = time.perf_counter()
    scores = population_cross_validate(
        Pipeline([("prepare", prepare), ("net", net)]),
        X,
        y,
        groups=groups,
        cv=splitter(classification, groups),
        scoring=scoring,
        params=None if groups is None else {"net__groups": np.asarray(groups)},
    )
    seconds = (time.perf_counter() - start) / len(scores["test_main"])
    loss = -np.nanmean(scores["test_loss"])
    if not classification:
        loss /= np.var(y)
    return max(1 - np.nanmean(scores["test_main"]), 1e-3), loss, seconds


def main() -> None:
    """Run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    counts, epochs = ((1, 2, 8), 3) if options.quick else ((1, 2, 4, 8, 16), 250)
    rows = []
    for name, X, y, groups, classification in tables(options.quick):
        for n in counts:
            result = evaluate(X, y, groups, classification, n, epochs)
            rows.append((name, n, *result))
            print(*rows[-1], flush=True)
    frame = pd.DataFrame(rows, columns=["table", "members", "error", "loss", "seconds"])
    wide = frame.pivot(index="table", columns="members")
    summary = pd.DataFrame(
        {
            "members": counts,
            "error ratio": [_ratio(wide["error"], n) for n in counts],
            "loss ratio": [_ratio(wide["loss"], n) for n in counts],
            "8 better": [
                float((wide["error"][8] < wide["error"][n]).mean()) for n in counts
            ],
            "seconds a fit": [float(wide["seconds"][n].median()) for n in counts],
        }
    )
    options.output.mkdir(parents=True, exist_ok=True)
    frame.to_csv(options.output / "members.csv", index=False)
    text = f"# Members\n\n{len(wide)} tables\n\n{markdown(summary)}\n"
    (options.output / "members.md").write_text(text, encoding="utf-8")
    print(text)


def _ratio(errors: pd.DataFrame, n: int) -> float:
    """Geometric mean over tables of an error relative to eight members'."""
    return float(np.exp(np.log(errors[n] / errors[8]).mean()))


if __name__ == "__main__":
    main()
