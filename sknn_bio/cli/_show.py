"""A comparison on a terminal: the table, what it says, and the alarms."""

from __future__ import annotations

from typing import Any

from sknn_bio._optional import require
from sknn_bio.model_selection import Comparison

_WORDS = {
    "roc_auc": "ROC AUC",
    "roc_auc_ovr": "ROC AUC (mean)",
    "average_precision": "Average precision",
    "neg_log_loss": "Log loss",
    "neg_brier_score": "Brier score",
    "balanced_accuracy": "Balanced accuracy",
    "r2": "R²",
    "neg_mean_absolute_error": "Mean abs. error",
    "neg_root_mean_squared_error": "Root mean sq. error",
}
_SHOWN = 3  # metrics that fit 80 characters


def show(comparison: Comparison, console: Any) -> None:
    """Print a comparison.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    console : rich.console.Console
        Where to print.
    """
    console.print(summary_table(comparison))
    data = comparison.data_summary
    folds = "tested on another cohort"
    if data["n_test"] is None:
        folds = f"{data['n_folds']} folds"
    positive = ""
    if comparison.pos_label is not None:
        positive = f" Positive class: {comparison.pos_label}."
    console.print(
        f"Mean and 95 % interval; {folds}, the same for all models.{positive}\n",
        markup=False,
    )
    console.print(comparison.verdict(), markup=False, style="bold")
    for alarm in comparison.alarms:
        style = "bold red" if alarm.severity == "error" else "yellow"
        console.print(
            f"\nAlarm, {alarm.name}: {alarm.message}", markup=False, style=style
        )


def summary_table(comparison: Comparison) -> Any:
    """Return the summary as a rich table, a row a model, best first.

    Parameters
    ----------
    comparison : Comparison
        What was found.

    Returns
    -------
    rich.table.Table
        The first metrics with their intervals, and the seconds of a fit.
    """
    table = require("rich.table", extra="cli").Table(
        box=require("rich.box", extra="cli").SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    metrics = comparison.metrics[:_SHOWN]
    table.add_column("Model", no_wrap=True)
    for metric in metrics:
        table.add_column(_WORDS.get(metric, metric), justify="right")
    table.add_column("Fit (s)", justify="right", no_wrap=True)
    for model, row in comparison.summary().iterrows():
        cells = [str(model)]
        for metric in metrics:
            ends = [row[metric], row[f"{metric}_low"], row[f"{metric}_high"]]
            if metric.startswith("neg_"):
                ends = [-ends[0], -ends[2], -ends[1]]
            cells.append(_interval(*ends))
        table.add_row(*cells, f"{row['fit_seconds']:.2f}")
    return table


def _interval(value: float, low: float, high: float) -> str:
    if value != value:
        return "failed"
    digits = 3 if abs(value) < 10 else 1
    text = f"{value:.{digits}f}"
    if low != low:
        return text
    return f"{text} {low:.{digits}f}–{high:.{digits}f}"
