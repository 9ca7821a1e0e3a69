"""The report of ``accuracy.py``: RESULTS.md and its figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from _figures import draw_ranks, draw_times
from _peers import CONTENDERS
from _summary import (
    N_RESAMPLES,
    OURS,
    REFERENCE,
    Summary,
    calibrate,
    error_ratio,
    interval,
    win_rate,
)
from _targets import targets
from _timing import markdown
from scipy.stats import friedmanchisquare

MANY = 8  # tables to name, where more are counted
COMMAND = "python benchmarks/accuracy.py"
PROTOCOL = f"""\
Everybody at the defaults, on the same five folds (stratified, shuffled with seed 0;
grouped where a table has groups; where it has two, train on one cohort and test on the
other). Ours takes the raw table. Boosted trees take missing values and categories as
they are; the forest, the linear models and scikit-learn's network medians and one-hot
columns (the last two standardised); RealMLP and TabM medians and categorical columns.
Single-cell counts become log1p of counts per 10,000 for everybody. "linear" is
logistic regression by CV (10 penalties, log loss) or ridge by CV (15 penalties).

Score: ROC AUC (over several classes: mean of one against the rest, over the classes of
the test fold), or R². Error: 1 − score, not below 0.001. Loss: log loss, or squared
error over variance. Calibration: expected calibration error over 15 bins of equal
mass, of a table's out-of-fold predictions. Seconds: CPU seconds of a fit with its
preparation, on one thread, after a first fit that does not count. Two models are
compared on the tables that both have finished; ranks are over the tables that all of
the ranked models have finished. A tie is half a win. Brackets: 95 % bootstrap
intervals over tables ({N_RESAMPLES} draws)."""


def write_report(
    rows: pd.DataFrame, index: pd.DataFrame, predictions: Path, output: Path
) -> None:
    """Write RESULTS.md and two figures from the ledger, and print what matters."""
    results = output / "results"
    rows = rows[rows["table"].isin(index.index)]
    calibration = calibrate(rows, predictions, results / "calibration.csv")
    summary = Summary(rows, index, calibration)
    ranks = summary.ranks(summary.errors, summary.field)
    overall = markdown(over_tables(summary))
    sections = [
        "# Accuracy at the defaults",
        f"    {COMMAND}",
        machine(summary),
        PROTOCOL,
    ]
    if OURS in summary.models and len(ranks):
        met = markdown(targets(summary))
        sections += ["## What ours must show", met]
        print(met + "\n")
    sections += ["## Over tables", overall]
    print(overall)
    if len(ranks) and len(summary.field) > 2:
        chance = friedmanchisquare(*ranks.to_numpy().T).pvalue
        draw_ranks(ranks, results / "accuracy_ranks.png")
        sections += [
            f"Mean ranks on {len(ranks)} tables; all alike (Friedman): p = "
            f"{chance:.2g}. Models under one bar do not differ.",
            "![Mean ranks](results/accuracy_ranks.png)",
            "## Mean rank by kind of table",
            markdown(summary.by_kind()),
        ]
    if REFERENCE in summary.models:
        draw_times(summary, results / "accuracy_time.png")
        sections += ["![Error against time](results/accuracy_time.png)"]
    sections += [
        "## Table by table",
        "Mean score ± standard deviation over folds; the best in bold.",
        markdown(by_table(summary)),
        "## What is missing",
        missing(summary),
    ]
    (output / "RESULTS.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def over_tables(summary: Summary) -> pd.DataFrame:
    """Return one row a model: ranks, ours against it, it against XGBoost, seconds."""
    labelled = summary.index["task"].reindex(summary.errors.index) != "regression"
    ranks = summary.ranks(summary.errors, summary.field).mean()
    losses = summary.mean("loss")[labelled]
    networks = [m for m in summary.field if CONTENDERS[m].network]
    loss_ranks = summary.ranks(losses, summary.field).mean()
    network_ranks = summary.ranks(losses, networks).mean()
    seconds, predict = summary.mean("fit_cpu"), summary.mean("predict_cpu")
    table = pd.DataFrame(
        {
            "model": model,
            "tables": int(summary.errors[model].notna().sum()),
            "mean rank": ranks.get(model, np.nan),
            "ours wins": _ours(summary, model, win_rate),
            "error ours / it": _ours(summary, model, error_ratio),
            "loss ours / it": _ours(summary, model, error_ratio, of="loss"),
            f"error it / {REFERENCE}": _with_interval(
                summary.pairs(model, REFERENCE), error_ratio
            ),
            "log loss rank": loss_ranks.get(model, np.nan),
            "among networks": network_ranks.get(model, np.nan),
            "median calibration error": summary.ece[model].median(),
            "median fit s": seconds[model].median(),
            "time ours / it": summary.time_ratio(OURS, model)
            if OURS in summary.models and model != OURS
            else np.nan,
            "median predict s": predict[model].median(),
        }
        for model in summary.models
    )
    return table.sort_values("mean rank", kind="stable")


def by_table(summary: Summary) -> pd.DataFrame:
    """Return the score and its spread, table by table."""
    mean, spread = summary.mean("score"), summary.mean("score", "std")
    lines = []
    for table, row in summary.index.loc[mean.index].iterrows():
        best = mean.loc[table].max()
        cells = {}
        for model in summary.models:
            score = mean.loc[table, model]
            text = f"{score:.3f} ± {spread.loc[table, model]:.3f}"
            bold = f"**{text}**" if f"{score:.3f}" == f"{best:.3f}" else text
            cells[model] = "" if np.isnan(score) else bold
        size = f"{row['n_samples']} × {row['n_features']}"
        lines.append({"table": table, "kind": row["kind"], "size": size, **cells})
    return pd.DataFrame(lines)


def missing(summary: Summary) -> str:
    """Say which model has not finished which table, and why."""
    lines = []
    failed = summary.rows[summary.rows["status"] != "ok"]
    for (model, reason), rows in failed.groupby(["model", "status"], sort=False):
        lines.append(f"- {model}, {reason}: {', '.join(rows['table'].unique())}")
    known = summary.errors.reindex(summary.index.index)
    for model in summary.models:
        able = summary.index["n_samples"] < CONTENDERS[model].max_rows
        gone = set(failed.loc[failed["model"] == model, "table"])
        left = [t for t in known.index[known[model].isna() & able] if t not in gone]
        if left:
            names = ", ".join(left) if len(left) <= MANY else f"{len(left)} tables"
            lines.append(f"- {model}, not yet run: {names}")
        if not able.all():
            limit = f"{CONTENDERS[model].max_rows:,.0f}"
            lines.append(f"- {model} is run on tables under {limit} rows only")
    return "\n".join(lines) or "Nothing."


def machine(summary: Summary) -> str:
    """Name the processors, and the version and commit of everything measured."""
    last = summary.rows.groupby("model", sort=False)[["version", "commit"]].last()
    packages = {CONTENDERS[m].package.split("|")[0]: m for m in summary.models}
    versions = [f"{p} {last.loc[m, 'version']}" for p, m in packages.items()]
    own = f" (ours at commit {last.loc[OURS, 'commit']})" if OURS in last.index else ""
    return (
        f"{os.cpu_count()} processors ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, torch {torch.__version__}, numpy "
        f"{np.__version__}; {', '.join(versions)}{own}."
    )


def _ours(summary: Summary, model: str, statistic: Callable, of: str = "errors") -> str:
    if model == OURS:
        return ""
    return _with_interval(summary.pairs(OURS, model, of), statistic)


def _with_interval(pairs: pd.DataFrame, statistic: Callable) -> str:
    if pairs.empty or pairs["a"].equals(pairs["b"]):
        return ""
    low, high = interval(pairs, statistic)
    return f"{statistic(pairs):.2f} [{low:.2f}, {high:.2f}]"
