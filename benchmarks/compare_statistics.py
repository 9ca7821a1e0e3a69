"""Do the statistics of ``compare`` keep their promises? Measured by simulation.

1. False positives: a learner beside itself with another seed, on tables where neither
   is better. The corrected resampled t-test must find a difference in at most 7 % of
   them at a level of 5 %; the ordinary paired t-test finds far more.
2. Coverage of the 95 % intervals: how often they hold the true performance (on 20,000
   new rows) of the models that the folds fitted, with and without groups.
3. Nested search on pure noise: the nested AUC must be that of a coin, while the best
   score of a search that is not nested looks better than that.

Writes ``results/statistics.md``.

    python benchmarks/compare_statistics.py [--quick] [--tables 1000]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from _coverage import coverage, share
from _timing import markdown
from joblib import Parallel, delayed
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import ExtraTreeClassifier

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import PopulationSearchCV, compare
from sknn_bio.model_selection._folds import InnerFolds, make_folds
from sknn_bio.model_selection._problem import read_problem
from sknn_bio.model_selection.statistics.metrics import auc
from sknn_bio.model_selection.statistics.resampled import corrected_t_test

# False positives -------------------------------------------------------------------


class Subspace:
    """Linear discriminant analysis on half of the columns, which the seed draws."""

    def __init__(self, seed: int):
        self.seed = seed

    def score(self, X, y, X_new):
        """Return scores of new rows."""
        rng = np.random.default_rng(self.seed)
        columns = rng.choice(X.shape[1], X.shape[1] // 2, replace=False)
        X, X_new = X[:, columns], X_new[:, columns]
        low, high = X[y == 0].mean(0), X[y == 1].mean(0)
        centred = X - np.where(y[:, None] == 1, high, low)
        spread = centred.T @ centred / len(y) + 1e-3 * np.eye(len(columns))
        return X_new @ np.linalg.solve(spread, high - low)


def area(model, X, y, fold) -> float:
    """Return the AUC on a fold."""
    score = model.score(X[fold.train], y[fold.train], X[fold.test])
    positive = y[fold.test] == 1
    return auc(positive, score, np.ones((1, len(score))))[0]


def p_values(seed: int, n_rows: int, size: int, n_folds: int, n_repeats: int):
    """Return the corrected and the ordinary p-value for one learner with two seeds."""
    rng = np.random.default_rng(seed)
    # All columns are alike, so that no half of them is better in the population.
    mean = rng.standard_normal((n_rows // size, 10))
    X = np.repeat(mean, size, axis=0) * (0.7 if size > 1 else 1.0)
    X = X + (0.7 * rng.standard_normal((n_rows, 10)) if size > 1 else 0)
    y = (X.sum(1) / np.sqrt(10) + rng.standard_normal(n_rows) > 0).astype(int)
    groups = np.repeat(np.arange(n_rows // size), size) if size > 1 else None
    problem = read_problem(X, y, groups)
    folds = make_folds(problem, n_folds, n_repeats, seed)
    pair = [Subspace(int(s)) for s in rng.integers(2**31, size=2)]
    scores = np.array([[area(model, X, y, fold) for model in pair] for fold in folds])
    difference = scores[:, 0] - scores[:, 1]
    ratio = float(np.mean([len(f.test) / len(f.train) for f in folds]))
    corrected = corrected_t_test(difference, ratio, 0.01).p_value
    return corrected, stats.ttest_rel(scores[:, 0], scores[:, 1]).pvalue


def false_positives(n_tables: int) -> pd.DataFrame:
    """Return the share of tables in which each test finds a difference."""
    settings = {
        "100 rows, 5 folds": (100, 1, 5, 1),
        "100 rows, 10 folds × 10": (100, 1, 10, 10),
        "200 rows, 5 folds × 10": (200, 1, 5, 10),
        "40 groups of 5 rows, 5 folds": (200, 5, 5, 1),
        "40 groups of 5 rows, 5 folds × 10": (200, 5, 5, 10),
    }
    rows = []
    for name, setting in settings.items():
        found = Parallel(n_jobs=-1)(
            delayed(p_values)(seed, *setting) for seed in range(n_tables)
        )
        hits = (np.array(found) < 0.05).sum(0)
        rows.append(
            {
                "tables": name,
                "corrected t-test": share(hits[0], n_tables),
                "ordinary paired t-test": share(hits[1], n_tables),
                "at most 0.07": bool(hits[0] / n_tables <= 0.07),
            }
        )
    return pd.DataFrame(rows)


# Nested search ------------------------------------------------------------------------


def noise(n_tables: int) -> pd.DataFrame:
    """Return nested and other AUCs of searches on tables of pure noise."""
    net = NeuralNetBinaryClassifier(n_members=1, max_epochs=15)
    logistic = make_pipeline(StandardScaler(), LogisticRegression())
    models = {
        "network": net,
        "logistic": logistic,
        "random tree": ExtraTreeClassifier(max_depth=4),
    }
    spaces = {
        "network": {"lr": [3e-4, 1e-3, 1e-2], "n_neurons": [4, 16, 64]},
        "logistic": {"logisticregression__C": list(np.logspace(-4, 3, 15))},
        "random tree": {"random_state": list(range(40))},
    }
    rows = []
    for seed in range(n_tables):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_normal((300, 20)), rng.integers(0, 2, 300)
        found = compare(models, X, y, tune=spaces, random_state=seed, n_jobs=-1)
        nested = found.summary()["roc_auc"]
        for name, model in models.items():
            kind = PopulationSearchCV if name == "network" else GridSearchCV
            search = kind(
                model, spaces[name], cv=InnerFolds(random_state=seed), scoring="roc_auc"
            )
            best = search.fit(X, y).best_score_
            rows.append({"model": name, "nested": nested[name], "not nested": best})
    table = pd.DataFrame(rows)
    summary = table.groupby("model").mean()
    summary["nested, standard error"] = table.groupby("model")["nested"].sem()
    overall = table[["nested", "not nested"]].mean()
    print(f"all: nested {overall.iloc[0]:.3f}, not nested {overall.iloc[1]:.3f}")
    columns = ["nested", "nested, standard error", "not nested"]
    summary = summary[columns].reset_index()
    return summary.assign(**{"within 0.02": (summary["nested"] - 0.5).abs() <= 0.02})


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    n_tables, n_noise = (20, 2) if options.quick else (options.tables, 20)
    parts = ["# The statistics of a comparison", ""]
    sections = [
        (
            "False positives",
            "Share of tables in which a learner differs from itself with another seed "
            f"at a level of 0.05 (Wilson's 95 % interval); {n_tables} tables a row.",
            lambda: false_positives(n_tables),
        ),
        (
            "Searches on pure noise",
            f"Mean AUC over {n_noise} tables of 300 × 20.",
            lambda: noise(n_noise),
        ),
        (
            "Coverage of the 95 % intervals",
            "Share of tables whose interval holds the true mean performance of the "
            f"models that five folds fitted; {n_tables} tables a row.",
            lambda: coverage(n_tables),
        ),
    ]
    options.output.mkdir(parents=True, exist_ok=True)
    for title, text, measure in sections:
        parts += [f"## {title}", "", text, "", markdown(measure()), ""]
        print("\n".join(parts[-6:]), flush=True)
        (options.output / "statistics.md").write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()
