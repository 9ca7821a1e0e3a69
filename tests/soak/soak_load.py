"""One fitted model asked by many threads for minutes, and fits that are forgotten.

    python tests/soak/soak_load.py --minutes 10 --cycles 1000

Threads predict from one fitted ensemble as those of a server would: tables of different
lengths and kinds, in any order. Every answer must be, to the bit, the one that a single
thread got before. Then a model is fitted, asked and forgotten, over and over. In both,
the memory of the process must stay flat: its slope over the second half of the time,
by Theil and Sen's median of slopes, must not lead to `--grows` more megabytes.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import theilslopes
from sklearn.datasets import load_breast_cancer, load_diabetes

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor


def megabytes() -> float:
    """Return the resident memory of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


class Memory:
    """Readings of the memory, and how fast it grows once things have settled."""

    def __init__(self):
        self.at: list[float] = []
        self.mb: list[float] = []

    def read(self, at: float) -> None:
        self.at.append(at)
        self.mb.append(megabytes())

    def growth(self) -> float:
        """Return the megabytes gained over the second half, by its slope."""
        half = len(self.at) // 2
        at, mb = self.at[half:], self.mb[half:]
        return float(theilslopes(mb, at).slope * (at[-1] - at[0]))

    def __str__(self):
        return (
            f"{self.mb[0]:.0f} MB at first, {self.mb[-1]:.0f} MB at last, at most "
            f"{max(self.mb):.0f} MB; {self.growth():+.2f} MB over the second half"
        )


def server():
    """Return fitted models, and questions: (name, a function without arguments)."""
    X, y = load_breast_cancer(return_X_y=True)
    frame = pd.DataFrame(X[:, :6]).rename(columns=str)
    frame["site"] = pd.Categorical(
        np.array(["north", "south", "west"])[y + (X[:, 0] > 20)]
    )
    frame.iloc[::7, 1] = np.nan
    quick = {"n_neurons": 32, "n_members": 4, "max_epochs": 5, "random_state": 0}
    dense = NeuralNetBinaryClassifier(**quick).fit(X, y)
    raw = NeuralNetBinaryClassifier(**quick).fit(frame, y)
    counts = sparse.random(300, 50, 0.2, format="csr", random_state=0)
    lean = NeuralNetRegressor(**quick).fit(counts, np.arange(300.0))
    kinds = [
        ("dense", dense.predict_proba, X),
        ("float32", dense.predict_proba, X.astype(np.float32)),
        ("raw", raw.predict_proba, frame),
        ("sparse", lean.predict, counts),
        ("members", dense.predict_members, X),
    ]
    return [
        (f"{name} {n}", lambda ask=ask, rows=table[:n]: ask(rows))
        for name, ask, table in kinds
        for n in (1, 7, 300)
    ]


def serve(minutes: float, n_threads: int) -> tuple[Memory, int, list[str]]:
    """Ask from many threads; return the memory, the number of answers and errors."""
    questions = server()
    expected = [ask() for _, ask in questions]
    end = time.monotonic() + 60 * minutes
    wrong: list[str] = []
    counts = [0] * n_threads

    def client(number: int) -> None:
        rng = np.random.default_rng(number)
        while time.monotonic() < end and len(wrong) < 20:
            place = int(rng.integers(len(questions)))
            name, ask = questions[place]
            try:
                answer = ask()
            except Exception as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}")
            else:
                if answer.tobytes() != expected[place].tobytes():
                    off = np.abs(answer - expected[place]).max()
                    wrong.append(f"{name}: differs by {off:g}")
            counts[number] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(n_threads)]
    for thread in threads:
        thread.start()
    memory = Memory()
    while any(thread.is_alive() for thread in threads):
        memory.read(time.monotonic())
        time.sleep(min(1.0, 0.6 * minutes))
    return memory, sum(counts), wrong


def forget(cycles: int) -> Memory:
    """Fit, ask and forget models of all kinds."""
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:200], y[:200]
    table, target = load_diabetes(return_X_y=True, as_frame=True)
    table["sex"] = pd.Categorical(table["sex"].round(3).astype(str))
    memory = Memory()
    quick = {"n_neurons": 16, "max_epochs": 2}
    for cycle in range(cycles):
        # Shapes differ, as they would: what is kept by shape would add up.
        params = {**quick, "n_members": 1 + cycle % 4, "random_state": cycle}
        d = 5 + cycle % 20
        clf = NeuralNetBinaryClassifier(**params).fit(X[:, :d], y)
        clf.predict_proba(X[:, :d])
        clf.fit(sparse.csr_matrix(X[:, :d]), y)
        reg = NeuralNetRegressor(**params).fit(table, target)
        reg.predict(table)
        del clf, reg
        if cycle % 5 == 0:
            gc.collect()
            memory.read(cycle)
    return memory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--grows", type=float, default=8.0, help="MB that are allowed")
    given = parser.parse_args()
    failed = False
    if given.minutes:
        memory, n_answers, wrong = serve(given.minutes, given.threads)
        print(f"{given.threads} threads: {n_answers:,} answers, {len(wrong)} wrong")
        print(f"  {memory}")
        for line in wrong:
            print(f"  {line}")
        failed |= bool(wrong) or memory.growth() > given.grows
    if given.cycles:
        memory = forget(given.cycles)
        print(f"{given.cycles:,} cycles of fits that are forgotten\n  {memory}")
        failed |= memory.growth() > given.grows
    print("NOT FLAT or WRONG" if failed else "well")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
