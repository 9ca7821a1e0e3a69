"""Cells of another cohort: how well are they labelled, and are new types noticed?

Two questions, on the single-cell tables of SKNN_BIO_DATA that hold two groups (two
protocols, two studies, two donors); each group trains in turn and the other tests.

1. Macro F1 over the types that the training group has, of our network, logistic
   regression, XGBoost and CellTypist. All but CellTypist get the same logs of the same
   genes; CellTypist gets the logs of all genes, as it wants them, at its defaults and
   with its own selection of genes. It needs scikit-learn < 1.7, so it may live in an
   environment of its own, without PyTorch and this package: there, write its answers;
   here, score them.
2. Each type in turn is left out of the training group. How many of its cells in the
   other group are flagged, at the threshold that flags 5 % of the known cells there, by
   each score? Besides, what `RejectOption` does as it stands, with thresholds from the
   training group alone. Simulated cohorts of six types, and bulk tables cut into
   halves, are scored too: the default score was chosen before they were looked at.

    python benchmarks/omics.py answers celltypist.csv   # needs celltypist, anndata
    python benchmarks/omics.py labels                   # needs sknn_bio and xgboost
    python benchmarks/omics.py unseen
    python benchmarks/omics.py report celltypist.csv

`labels` and `unseen` go on where they stopped: each finished fit is a line of
``results/omics.csv``. `report` writes ``omics.md`` and ``omics.png`` beside it.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _omics_cells import BULK, TABLES, cells, problems
from scipy import sparse

SEEDS = (0, 1, 2)
N_GENES, FALSE_ALARMS = 500, 0.05
MORE_GENES = (250, 1_000, 2_000)
KEYS = ["part", "table", "train", "case", "model", "seed"]  # case: genes, or type


class Ledger:
    """Finished fits, each a line of a CSV file."""

    def __init__(self, path: Path):
        self.path = path
        self.lines: list[dict] = []
        if path.exists():
            self.lines = pd.read_csv(path).to_dict("records")
        self._keys = {tuple(str(line[name]) for name in KEYS) for line in self.lines}

    def has(self, key: tuple) -> bool:
        return tuple(map(str, key)) in self._keys

    def add(self, key: tuple, values: dict[str, float]) -> None:
        for name, value in values.items():
            self.lines.append(
                {
                    **dict(zip(KEYS, key, strict=True)),
                    "what": name,
                    "value": round(float(value), 6),
                }
            )
            print(*self.lines[-1].values(), flush=True)
        self._keys.add(tuple(map(str, key)))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(self.lines).to_csv(self.path, index=False)


# CellTypist -------------------------------------------------------------------------


def celltypist_answers(file: Path) -> None:
    """Train CellTypist on each group, and write its labels for the other."""
    import celltypist

    rows = []
    for name in TABLES:
        X, types, groups, genes, is_counts = cells(name)
        if is_counts:  # log1p of counts per 10,000, as it asks
            depth = np.asarray(X.sum(axis=1)).ravel()
            X = sparse.diags(1e4 / np.maximum(depth, 1)) @ X
            X = sparse.csr_matrix(X.log1p())
        for group in np.unique(groups):
            train, test = groups == group, np.flatnonzero(groups != group)
            for selects in (False, True):
                model = celltypist.train(
                    X[train],
                    types[train],
                    genes=genes,
                    check_expression=False,  # the logs of one table are as published
                    feature_selection=selects,
                    top_genes=min(300, X.shape[1] // 2),
                    random_state=0,
                )
                # What its annotate() does, but for the check of the scale.
                own = pd.Index(genes).get_indexer(model.classifier.features)
                scaled = X[test][:, own].toarray() - model.scaler.mean_
                scaled = np.minimum(scaled / model.scaler.scale_, 10)
                labels = model.predict_labels_and_prob(scaled)[2]
                named = f"CellTypist{', own genes' if selects else ''}"
                columns = {"table": name, "train": group, "model": named}
                rows.append(pd.DataFrame({**columns, "cell": test, "label": labels}))
    pd.concat(rows).to_csv(file, index=False)


# Labels -----------------------------------------------------------------------------


def recipe(is_counts: bool, last, n_genes: int):
    """Return the Pipeline that everybody gets, before a classifier."""
    from sklearn.pipeline import make_pipeline

    from sknn_bio.preprocessing import HighlyVariableGenes, LogNormalizer

    if not is_counts:
        return make_pipeline(last)
    return make_pipeline(
        HighlyVariableGenes(n_top_genes=n_genes), LogNormalizer(), last
    )


def contenders(seed: int) -> dict:
    """Return the classifiers; what needs no seed is fitted once."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from xgboost import XGBClassifier

    from sknn_bio import NeuralNetClassifier

    ours = {"ours": NeuralNetClassifier(random_state=seed)}
    if seed != SEEDS[0]:
        return ours
    linear = LogisticRegression(max_iter=2_000)
    return {
        **ours,
        "logistic regression": make_pipeline(StandardScaler(with_mean=False), linear),
        "XGBoost": XGBClassifier(n_jobs=1, random_state=0),
    }


def macro_f1(truth, answer, known) -> float:
    """Return the mean F1 of the known types, over the cells of those types."""
    from sklearn.metrics import f1_score

    seen = np.isin(truth, known)
    labels = np.unique(truth[seen])
    return f1_score(truth[seen], answer[seen], average="macro", labels=labels)


def measure_labels(done: Ledger) -> None:
    """Fit every contender on each group, and score it on the other."""
    from sklearn.preprocessing import LabelEncoder

    runs = [(seed, N_GENES) for seed in SEEDS] + [(SEEDS[0], n) for n in MORE_GENES]
    for name in TABLES:
        X, types, groups, _, is_counts = cells(name)
        for group in np.unique(groups):
            train, test = groups == group, groups != group
            codes = LabelEncoder().fit(types[train])  # XGBoost wants numbers
            for seed, n_genes in runs:
                if n_genes != N_GENES and not is_counts:
                    continue
                for model, last in contenders(seed).items():
                    key = ("labels", name, group, n_genes, model, seed)
                    if done.has(key):
                        continue
                    whole = recipe(is_counts, last, n_genes)
                    whole.fit(X[train], codes.transform(types[train]))
                    answer = codes.inverse_transform(whole.predict(X[test]))
                    score = macro_f1(types[test], answer, codes.classes_)
                    done.add(key, {"macro F1": score})


# Unseen types -----------------------------------------------------------------------


def scores_of(model, X, y, query) -> dict[str, np.ndarray]:
    """Return each candidate's score of the query rows; higher is more familiar."""
    from scipy.special import logsumexp

    from sknn_bio.estimators._inputs import check_query
    from sknn_bio.omics._novelty import Judge, negative_entropy, parts_of

    every = np.ones(len(y), dtype=bool)
    out = {
        name: Judge.fit(model, name, X, y, {}, every)(query, {})[1]
        for name in ("distance", "entropy", "probability")
    }
    before, last = parts_of(model)
    query = query if before is None else before.transform(query)
    members = last.predict_members(query)
    out["entropy of the mean"] = negative_entropy(members.mean(axis=0))
    out["disagreement"] = out["entropy of the mean"] - out["entropy"]
    raw = last.population_.outputs(check_query(last, query), "cpu").astype(float)
    # One logit of two classes stands for minus and plus half of it.
    both = np.concatenate([-raw / 2, raw / 2], -1) if raw.shape[-1] == 1 else raw
    out["energy"] = logsumexp(both, axis=-1).mean(axis=0)
    return out


def measure_unseen(done: Ledger, tables: list[str] | None) -> None:
    """Leave out each type in turn, and look for its cells."""
    from sklearn.metrics import roc_auc_score

    from sknn_bio import NeuralNetClassifier
    from sknn_bio.omics import RejectOption

    for name, group, X, types, train, is_counts in problems():
        if tables and name not in tables:
            continue
        for left_out in np.unique(types[train]):
            query = ~train
            new = types[query] == left_out
            key = ("unseen", name, group, left_out, "RejectOption", SEEDS[0])
            if new.sum() < 5 or done.has((*key[:4], "energy", SEEDS[0])):
                continue
            rows = train & (types != left_out)
            known = np.isin(types[query], types[rows])
            model = recipe(is_counts, NeuralNetClassifier(random_state=0), N_GENES)
            if name in BULK:  # halves of a table: for the scores alone
                fitted = model.fit(X[rows], types[rows])
            else:
                rejecting = RejectOption(model).fit(X[rows], types[rows])
                fitted = rejecting.estimator_
                found = as_it_stands(rejecting, X[query], types[query], known, new)
                done.add(key, found)
            found = scores_of(fitted, X[rows], types[rows], X[query])
            for score, values in found.items():
                flagged = values[new] <= np.quantile(values[known], FALSE_ALARMS)
                pair = known | new
                auc = roc_auc_score(known[pair], values[pair])
                shares = {"flagged": flagged.mean(), "AUC": auc}
                done.add((*key[:4], score, SEEDS[0]), shares)


def as_it_stands(model, X, truth, known, new) -> dict[str, float]:
    """Return what a RejectOption does with the query's known and new cells."""
    answer, accepted = model.predict(X), model.accepts(X)
    wrong, before = answer != truth, model.estimator_.predict(X) != truth
    familiar = model.score_samples(X) > model.novelty_threshold_
    return {
        "flagged": 1 - accepted[new].mean(),
        "false alarms": 1 - familiar[known].mean(),
        "refused": 1 - accepted[known].mean(),
        "error before": before[known].mean(),
        "error after": wrong[known & accepted].mean() if accepted[known].any() else 0,
    }


# Steps ------------------------------------------------------------------------------


def main() -> None:
    """Answer, measure or report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("answers", "labels", "unseen", "report"))
    parser.add_argument("celltypist", type=Path, nargs="?", help="its answers, a CSV")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results"
    )
    parser.add_argument("--tables", nargs="+", help="of `unseen`; default all")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.step == "answers":
        celltypist_answers(options.celltypist)
        return
    done = Ledger(options.output / "omics.csv")
    if options.step == "labels":
        measure_labels(done)
    elif options.step == "unseen":
        measure_unseen(done, options.tables)
    else:
        from _omics_report import write_report

        if options.celltypist:
            add_celltypist(done, options.celltypist)
        write_report(pd.DataFrame(done.lines), options.output, N_GENES)


def add_celltypist(done: Ledger, file: Path) -> None:
    """Score CellTypist's labels."""
    for (name, group, model), own in pd.read_csv(file, dtype=str).groupby(
        ["table", "train", "model"]
    ):
        key = ("labels", name, group, N_GENES, model, SEEDS[0])
        if not done.has(key):
            _, types, groups, _, _ = cells(name)
            truth, known = (
                types[own["cell"].astype(int)],
                np.unique(types[groups == group]),
            )
            done.add(key, {"macro F1": macro_f1(truth, own["label"].to_numpy(), known)})


if __name__ == "__main__":
    main()
