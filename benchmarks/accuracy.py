"""How accurate are the defaults? Ours beside nine peers, over all tables.

Every table of ``SKNN_BIO_DATA`` (scikit-learn's own where it is not set), every model
at its defaults, the same folds for everybody: five, stratified, shuffled with seed 0;
grouped where a table has groups; train on one cohort and test on the other where it
has two. Single-cell counts become log1p of counts per 10,000, for everybody.

It needs ``pip install "sknn-bio[baselines,benchmarks,omics,report]"``; a peer that is
not installed is left out. Each fit runs on one thread in a worker process, after a
small one that does not count. Its time is CPU seconds, so that a busy machine changes
little. A fit over ``--limit`` is stopped, and that model leaves the table.

    python benchmarks/accuracy.py                          # go on where it stopped
    python benchmarks/accuracy.py --models ours --fresh    # measure ours again
    python benchmarks/accuracy.py --report                 # only write the report
    python benchmarks/accuracy.py --report --models ours,XGBoost,CatBoost
    python benchmarks/accuracy.py --quick                  # two minutes, few tables

Each finished fit is a line of ``results/accuracy.csv``; ``RESULTS.md`` and two figures
are written at the end of a run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

import _tables
from _ledger import Ledger
from _measure import ONE_THREAD, OVER_TIME, serve
from _peers import CONTENDERS
from _report import write_report


def plan(index, models, folds_of) -> list[tuple[str, int, str]]:
    """What is to be measured: cheap models first, then small tables first."""
    stages = sorted({CONTENDERS[m].stage for m in models})
    return [
        (table, fold, model)
        for stage in stages
        for table, row in index.iterrows()
        for model in models
        if CONTENDERS[model].stage == stage
        and row["n_samples"] < CONTENDERS[model].max_rows
        for fold in range(folds_of[table])
    ]


def work(tasks: SimpleQueue, ledger: Ledger, limit: float, folder: Path) -> None:
    """Give tasks to one worker process until none is left; replace it if it dies."""
    context = multiprocessing.get_context("spawn")
    worker = pipe = None
    while True:
        try:
            task = tasks.get_nowait()
        except Empty:
            break
        if ledger.is_settled(*task):
            continue
        if worker is None:
            pipe, theirs = context.Pipe()
            worker = context.Process(target=serve, args=(theirs, limit, folder))
            worker.start()
            theirs.close()
        pipe.send(task)
        try:
            row = pipe.recv()
        except EOFError:
            worker.join()
            over = worker.exitcode == OVER_TIME
            row = {"status": "timeout" if over else f"died: {worker.exitcode}"}
            worker = None
        ledger.append(*task, row)
    if worker is not None:
        pipe.close()
        worker.join()


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", help="names, with commas between; default all")
    parser.add_argument("--tables", help="names, with commas between; default all")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--limit", type=float, default=300, help="CPU seconds a fit")
    parser.add_argument("--fresh", action="store_true", help="measure these again")
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument("--quick", action="store_true", help="scikit-learn's tables")
    parser.add_argument("--predictions", type=Path, help="folder for predictions")
    parser.add_argument("--output", type=Path, help="folder of RESULTS.md")
    return parser.parse_args()


def main() -> None:
    """Run, then write the report."""
    options = parse()
    if options.quick:
        os.environ.pop(_tables.FOLDER, None)
    if options.output is None:
        here, elsewhere = Path(__file__).parent, Path(tempfile.gettempdir())
        full = _tables.FOLDER in os.environ
        options.output = here if full else elsewhere / "sknn-bio-accuracy"
        if options.quick:
            shutil.rmtree(options.output, ignore_errors=True)
    results = options.output / "results"
    predictions = options.predictions or results / "predictions"
    index = _tables.index()
    ledger = Ledger(results / "accuracy.csv")
    models = options.models.split(",") if options.models else list(CONTENDERS)
    if options.report:
        rows = ledger.rows()
        rows = rows[rows["model"].isin(models)]
    else:
        chosen = index.loc[options.tables.split(",")] if options.tables else index
        if options.fresh:
            ledger.drop(models, chosen.index)
        run(chosen, models, ledger, options, predictions)
        rows = ledger.rows()
    write_report(rows, index, predictions, options.output)
    print(f"Written: {options.output / 'RESULTS.md'}")


def run(index, models, ledger: Ledger, options, predictions: Path) -> None:
    """Measure what the ledger lacks, in `options.jobs` processes."""
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    predictions.mkdir(parents=True, exist_ok=True)
    (predictions / ".gitignore").write_text("*\n", encoding="utf-8")
    for model in [m for m in models if not CONTENDERS[m].version]:
        print(f"{model} needs {CONTENDERS[model].package}, not installed: left out")
    models = [m for m in models if CONTENDERS[m].version]
    folds_of = {name: len(_tables.read(name).folds()) for name in index.index}
    if options.quick:
        print("Quick: two of the folds, without the models that take minutes")
        models = [m for m in models if CONTENDERS[m].stage == 0]
        folds_of = dict.fromkeys(folds_of, 2)
    tasks: SimpleQueue = SimpleQueue()
    for task in plan(index, models, folds_of):
        tasks.put(task)
    print(f"{tasks.qsize()} fits in all, {options.jobs} at a time", flush=True)
    arguments = (tasks, ledger, options.limit, predictions)
    threads = [
        threading.Thread(target=work, args=arguments) for _ in range(options.jobs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
