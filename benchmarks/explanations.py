"""Do explanations find the truth, and only the truth?

Three questions, each a part that can be run alone and goes on where it was stopped:

    python benchmarks/explanations.py recovery  # 20 causal genes among 2,000
    python benchmarks/explanations.py noise     # stability selection without signal
    python benchmarks/explanations.py tables    # leukaemia, colon, prostate

`recovery` asks how many of the causal genes are among the first 25, for six ways to
rank genes, and how many stability selection keeps. `noise` shuffles the labels of
twenty tables. `tables` needs SKNN_BIO_DATA, and compares our first genes with those of
an elastic net, of a t-test, and with the 50 genes of Golub et al. (1999). Each writes a
CSV file, and all three ``benchmarks/results/explanations.md``.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from _explanations_rankings import RANKINGS, ranked
from _explanations_report import STABLE, write_report
from _explanations_tables import log_expression, signature
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import load_table, simulate_expression, simulate_signature
from sknn_bio.inspection import StabilitySelection, stability_selection
from sknn_bio.inspection._stability_bounds import pairs_bound

RESULTS = Path(__file__).parent / "results"
TOP = 25
# Stability asks many fits to agree, so that each may be a small one: an ensemble of
# two, behind a screen that each half makes for itself.
SCREENED, MEMBERS, PAIRS = 200, 2, 12
MAX_FALSE = (1.0, 0.2, 0.05)
SHIFTS = [(0.3, 0.8), (0.5, 0.8), (0.7, 0.8), (0.3, 0.5)]
QUICK = [*(name for name in RANKINGS if "permutation" not in name), STABLE]
TABLES = ["leukemia_golub", "colon_alon", "prostate_singh"]


def main() -> None:
    """Run a part, and write what is known by then."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["recovery", "noise", "tables", "report"])
    parser.add_argument("--seeds", type=int, default=3, help="of the recovery")
    parser.add_argument("--quick", action="store_true", help="without permutation")
    parser.add_argument("--runs", type=int, default=20, help="of the noise")
    settings = parser.parse_args()
    warnings.simplefilter("ignore")
    if settings.part == "recovery":
        recovery(settings.seeds, settings.quick)
    elif settings.part == "noise":
        noise(settings.runs)
    elif settings.part == "tables":
        tables()
    write_report(RESULTS)


class Ledger:
    """A CSV file of rows that are known already, to go on with."""

    def __init__(self, name: str, keys: list[str]):
        self.path, self.keys = RESULTS / name, keys
        known = pd.read_csv(self.path) if self.path.exists() else pd.DataFrame()
        self.rows = known.to_dict("records")

    def has(self, **key) -> bool:
        """Whether there is a row with these values."""
        return any(all(row[k] == v for k, v in key.items()) for row in self.rows)

    def add(self, **row) -> None:
        """Keep a row, in the file as well."""
        self.rows.append(row)
        print(row, flush=True)
        frame = pd.DataFrame(self.rows).sort_values(self.keys, kind="stable")
        frame.to_csv(self.path, index=False)


def recovery(n_seeds: int, quick: bool) -> None:
    """Rank the genes of simulated tables, whose truth is known; what is quick first."""
    ledger = Ledger("explanations_recovery.csv", ["simulation", "seed"])
    cases = [(f"classes differ, r = {r:g}, effect {e:g}", r, e) for r, e in SHIFTS]
    cases += [("genes cause the classes, signal 0.9", None, 0.9)]
    # Every seed of the first case, and one of those that show where it fails.
    work = [(*cases[0], seed) for seed in range(n_seeds)]
    work += [(*case, 0) for case in cases[1:]]
    slow = [] if quick else [[name] for name in RANKINGS if name not in QUICK]
    for names in [QUICK, *slow]:
        for case, correlation, effect, seed in work:
            key = {"simulation": case, "seed": seed}
            left = [
                name
                for name in names
                if not ledger.has(**key, ranking=name)
                and not ledger.has(**key, ranking=at_most(name, MAX_FALSE[-1]))
            ]
            if not left:
                continue
            if correlation is None:
                simulated = simulate_expression(
                    n_samples=400, n_causal=20, signal=effect, random_state=seed
                )
            else:
                simulated = simulate_signature(
                    correlation=correlation, effect=effect, random_state=seed
                )
            X, y = simulated.data, (simulated.target == "disease").to_numpy(int)
            for name in left:
                if name == STABLE:
                    found, seconds = stable(X, y, seed)
                    firsts = {
                        at_most(STABLE, most): selected(found, most)
                        for most in MAX_FALSE
                    }
                else:
                    order, seconds = ranked(name, X, y)
                    firsts = {name: X.columns[order[:TOP]]}
                for ranking, first in firsts.items():
                    ledger.add(
                        **key,
                        ranking=ranking,
                        found=int(np.isin(first, simulated.causal).sum()),
                        selected=len(first),
                        cpu_seconds=seconds,
                    )


def at_most(name: str, most: float) -> str:
    """Name a ranking and the false selections that it may make."""
    return f"{name}, at most {most:g} false"


def stable(X: pd.DataFrame, y: np.ndarray, seed: int):
    """Return a stability selection, and the CPU seconds it took."""
    start = time.process_time()
    model = make_pipeline(
        SelectKBest(k=SCREENED), NeuralNetBinaryClassifier(n_members=MEMBERS)
    )
    found = stability_selection(
        model, X, y, n_pairs=PAIRS, max_false=MAX_FALSE[0], random_state=seed
    )
    return found, time.process_time() - start


def threshold(found: StabilitySelection, most: float) -> float:
    """Return the least frequency that the bound asks for."""
    bound = pairs_bound(found.n_select, len(found.feature_names), PAIRS)
    bound[: PAIRS + 1] = np.inf
    return float(np.argmax(bound <= most)) / (2 * PAIRS)


def selected(found: StabilitySelection, most: float) -> np.ndarray:
    """Return the genes that are frequent enough for another bound: the same fits."""
    frequent = found.table["frequency"] >= threshold(found, most)
    return found.table.loc[frequent, "feature"].to_numpy()


def noise(n_runs: int) -> None:
    """Count what stability selection lets through where there is nothing to find."""
    ledger = Ledger("explanations_noise.csv", ["run"])
    for run in range(n_runs):
        if ledger.has(run=run):
            continue
        simulated = simulate_signature(random_state=1000 + run)
        y = (simulated.target == "disease").to_numpy(int)
        y = np.random.RandomState(run).permutation(y)
        found, seconds = stable(simulated.data, y, run)
        through = {
            f"at_most_{most:g}": len(selected(found, most)) for most in MAX_FALSE
        }
        ledger.add(
            run=run,
            **through,
            highest_frequency=found.table["frequency"].max(),
            n_select=found.n_select,
            cpu_seconds=seconds,
        )


def tables() -> None:
    """Compare the first genes of several rankings on open tables."""
    if not os.environ.get("SKNN_BIO_DATA"):
        print("SKNN_BIO_DATA is not set: the tables are left out")
        return
    ledger = Ledger("explanations_tables.csv", ["table", "ranking"])
    for name in TABLES:
        table = load_table(name)
        y = np.unique(table.target, return_inverse=True)[1]
        X = log_expression(table.data)
        for ranking in (
            "integrated gradients", "XGBoost, gain", "elastic net", "t-test",
        ):  # fmt: skip
            if not ledger.has(table=name, ranking=ranking):
                order, seconds = ranked(ranking, X, y)
                genes = " ".join(X.columns[order[:50]])
                ledger.add(
                    table=name, ranking=ranking, genes=genes, n_genes=X.shape[1],
                    note="", cpu_seconds=seconds,
                )  # fmt: skip
        if not ledger.has(table=name, ranking=STABLE):
            found, seconds = stable(X, y, 0)
            ledger.add(
                table=name, ranking=STABLE,
                genes=" ".join(found.table["feature"][:50]), n_genes=X.shape[1],
                note="; ".join(
                    f"at most {most:g} false: {len(selected(found, most))} genes"
                    for most in MAX_FALSE
                ),
                cpu_seconds=seconds,
            )  # fmt: skip
        published = signature(name, X.columns)
        if len(published) and not ledger.has(table=name, ranking="published"):
            ledger.add(
                table=name, ranking="published", genes=" ".join(published),
                n_genes=X.shape[1], note="Golub et al. (1999)", cpu_seconds=0.0,
            )  # fmt: skip


if __name__ == "__main__":
    main()
