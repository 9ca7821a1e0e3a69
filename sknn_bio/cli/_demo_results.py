"""What ``sknn-bio demo`` shows and writes: a table, two CSV files, two figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sknn_bio._optional import require
from sknn_bio.cli._files import written_whole
from sknn_bio.model_selection import Comparison
from sknn_bio.reporting import plot_history, plot_roc_curves

TABLE, FOLDS = "demo_table.csv", "demo_folds.csv"
ROC, LEARNING = "demo_roc_curves.png", "demo_learning_curve.png"
# Metric, heading, digits, and which of two means is the better one.
COLUMNS = (
    ("roc_auc", "ROC AUC", 3, max),
    ("log_loss", "Log loss", 3, min),
    ("balanced_accuracy", "Balanced\naccuracy", 3, max),
    ("fit_seconds", "Fit\n(s)", 2, min),
    ("predict_seconds", "Predict\n(ms)", 1, min),
)
SCORERS = {
    "roc_auc": "roc_auc",
    "neg_log_loss": "log_loss",
    "balanced_accuracy": "balanced_accuracy",
}


def folds_frame(comparison: Comparison) -> pd.DataFrame:
    """Return one row a model and fold.

    Parameters
    ----------
    comparison : Comparison
        Of `run_demo`.

    Returns
    -------
    DataFrame
        model, repeat, fold, and a column a metric.
    """
    where = ["model", "repeat", "fold"]
    seconds = ["fit_seconds", "predict_seconds"]
    wide = comparison.results.pivot(
        index=[*where, *seconds], columns="metric", values="value"
    ).reset_index()
    wide = wide.rename(columns=SCORERS).assign(log_loss=lambda t: -t["log_loss"])
    wide["model"] = pd.Categorical(wide["model"], comparison.models)
    metrics = [*SCORERS.values(), *seconds]
    return wide.sort_values(where)[[*where, *metrics]].rename_axis(columns=None)


def summarize(comparison: Comparison, absent: dict[str, str]) -> pd.DataFrame:
    """Return mean and standard deviation over folds, one row a model.

    Parameters
    ----------
    comparison : Comparison
        Of `run_demo`.
    absent : dict of str to str
        Models that could not run, and why.

    Returns
    -------
    DataFrame
        ``<metric>_mean`` and ``<metric>_std`` a metric, and a note.
    """
    metrics = [metric for metric, *_ in COLUMNS]
    grouped = folds_frame(comparison).groupby("model", sort=False, observed=True)
    table = grouped[metrics].agg(["mean", "std"])
    table.columns = [f"{metric}_{stat}" for metric, stat in table.columns]
    table.index = table.index.astype(object)
    table["note"] = ""
    for model, reason in absent.items():
        table.loc[model, "note"] = reason
    return table


def text_table(summary: pd.DataFrame) -> Any:
    """Return the summary as a rich table, one row a model.

    Parameters
    ----------
    summary : DataFrame
        Of `summarize`.

    Returns
    -------
    rich.table.Table
        The table.
    """
    table = require("rich.table", extra="cli").Table(
        box=require("rich.box", extra="cli").SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("Model", no_wrap=True)
    for _, heading, _, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    best = {metric: pick(summary[f"{metric}_mean"]) for metric, _, _, pick in COLUMNS}
    for model, row in summary.iterrows():
        if row["note"]:
            table.add_row(str(model), "not installed", *["–"] * (len(COLUMNS) - 1))
            continue
        cells = [str(model)]
        for metric, heading, digits, _ in COLUMNS:
            scale = 1_000 if "(ms)" in heading else 1
            mean, sd = scale * row[f"{metric}_mean"], scale * row[f"{metric}_std"]
            # A slow machine must not widen the column.
            digits -= (mean >= 10) + (mean >= 100)
            text = f"{mean:.{max(digits, 0)}f}±{sd:.{max(digits, 0)}f}"
            is_best = row[f"{metric}_mean"] == best[metric]
            cells.append(f"[bold]{text}[/bold]" if is_best else text)
        table.add_row(*cells)
    return table


def write(
    comparison: Comparison, summary: pd.DataFrame, network: Any, output: Path
) -> None:
    """Write both CSV files and both figures.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    summary : DataFrame
        Of `summarize`.
    network : estimator
        Of `first_network`.
    output : Path
        An existing folder.
    """
    figure = require("matplotlib.figure", extra="report")
    positive = comparison.pos_label
    curves = {
        str(name): [
            (fold["y_true"] == positive, fold[f"proba_{positive}"])
            for _, fold in rows.groupby(["repeat", "fold"])
        ]
        for name, rows in comparison.predictions.groupby("model", sort=False)
    }
    roc = figure.Figure(figsize=(6.4, 6.4), layout="constrained")
    ax = roc.add_subplot()
    plot_roc_curves(curves, pos_label_name=positive, ax=ax, zoom=0.2)
    ax.set_title("Breast cancer: mean curves over folds")

    learning = figure.Figure(figsize=(10, 4), layout="constrained")
    plot_history(network, ax=learning.subplots(1, 2))
    learning.suptitle("Breast cancer: the network on its first training fold")

    for name, drawn in ((ROC, roc), (LEARNING, learning)):
        with written_whole(output / name, force=True) as temporary:
            drawn.savefig(temporary, dpi=150)
    for name, frame in ((FOLDS, folds_frame(comparison)), (TABLE, summary)):
        with written_whole(output / name, force=True) as temporary:
            frame.to_csv(temporary, index=name == TABLE)
