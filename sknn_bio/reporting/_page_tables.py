"""The tables of the page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import NothingToDraw, able
from sknn_bio.reporting._parts import (
    Table,
    number,
    p_value,
    plural,
    seconds,
    with_interval,
)
from sknn_bio.reporting._style import words


def scores(comparison: Comparison) -> Table:
    """Return one row a model: every metric with its interval, and times."""
    summary = comparison.summary()
    failed = bool(summary["failed"].any())
    columns = ["Model", *map(words, comparison.metrics), "Fit", "Predict"]
    rows = []
    for name, row in summary.iterrows():
        cells = [str(name)]
        for metric in comparison.metrics:
            bounds = row[f"{metric}_low"], row[f"{metric}_high"]
            cells.append(with_interval(row[metric], *bounds))
        cells += [seconds(row["fit_seconds"]), seconds(row["predict_seconds"])]
        rows.append(cells + [str(int(row["failed"]))] * failed)
    caption = "Mean over folds with 95 % interval; best first"
    return Table(caption, columns + ["Failed folds"] * failed, rows)


def differences(comparison: Comparison) -> list[Table]:
    """Return one row a pair, the clearest first."""
    table = comparison.differences()
    if table.empty:
        return []
    order = table["p_value"].fillna(2).sort_values(kind="stable").index
    rows = [
        [
            f"{row.a} − {row.b}",
            with_interval(row.difference, row.low, row.high),
            p_value(row.p_value),
            p_value(row.p_holm),
            number(row.p_better, 2),
            number(row.p_rope, 2),
            number(row.p_worse, 2),
            str(row.verdict),
        ]
        for row in table.loc[order].itertuples()
    ]
    columns = [
        "Pair",
        "Difference (95 % interval)",
        "p",
        "p, Holm",
        "P(first better)",
        "P(equal)",
        "P(second better)",
        "In words",
    ]
    caption = f"All pairs, difference in {words(comparison.metrics[0])}"
    return [Table(caption, columns, rows, wide_text=True)]


def calibration(comparison: Comparison) -> list[Table]:
    """Return the Brier score and its parts, and the expected calibration error."""
    if comparison.task == "regression":
        return []
    try:
        found = able(comparison, "calibration")
    except NothingToDraw:
        return []
    keys = ("ece", "brier", "reliability", "resolution", "uncertainty")
    rows = [[name, *(number(parts[k]) for k in keys)] for name, parts in found.items()]
    columns = [
        "Model",
        "Expected calibration error",
        "Brier score",
        "Reliability",
        "Resolution",
        "Uncertainty",
    ]
    caption = (
        "Calibration; Brier score = reliability (0 is best) − resolution (more is "
        "better) + uncertainty"
    )
    return [Table(caption, columns, rows)]


def confusion(comparison: Comparison) -> tuple[list[Table], list[Table], str]:
    """Return the rates at the chosen threshold, the matrices, and the rule."""
    if comparison.task == "regression":
        return [], [], ""
    found = able(comparison, "confusion")
    rates = []
    for name, parts in found.items():
        if parts["sensitivity"] is None:
            continue
        cells = [name, number(parts["threshold"], 2)]
        for rate in ("sensitivity", "specificity", "ppv", "npv"):
            value, low, high = parts[rate]
            cells.append(with_interval(value, low, high, 2))
        rates.append(cells)
    columns = [
        "Model",
        "Threshold (mean)",
        "Sensitivity",
        "Specificity",
        "Positive predictive value",
        "Negative predictive value",
    ]
    caption = f"At the threshold; positive is {comparison.pos_label}"
    tables = [Table(caption, columns, rates)] if rates else []
    matrices = [_matrix(name, parts["matrix"]) for name, parts in found.items()]
    rules = {parts["rule"] for parts in found.values()}
    return tables, matrices, "; ".join(sorted(rules))


def _matrix(name: str, matrix: pd.DataFrame) -> Table:
    columns = ["Truth", *(f"called {label}" for label in matrix.columns)]
    rows = [
        [str(label), *(f"{count:,.4g}" for count in row)]
        for label, row in zip(matrix.index, matrix.to_numpy(), strict=True)
    ]
    return Table(f"{name}: rows, mean over repeats", columns, rows)


def subgroups(comparison: Comparison) -> list[Table]:
    """Return the primary metric of every model in every level."""
    if comparison.subgroups.empty:
        return []
    metric = comparison.metrics[0]
    table = comparison.subgroups.query("metric == @metric")
    models = [str(name) for name in comparison.summary().index]
    rows = []
    for (variable, level), part in table.groupby(["variable", "level"], sort=False):
        by_model = part.set_index("model")
        cells = [f"{variable}: {level}", str(part["n"].iloc[0])]
        for name in models:
            if name not in by_model.index:
                cells.append("–")
                continue
            row = by_model.loc[name]
            cells.append(with_interval(row["value"], row["low"], row["high"], 2))
        rows.append(cells)
    caption = f"{words(metric)} by subgroup, with 95 % interval"
    return [Table(caption, ["Subgroup", "Rows", *models], rows)]


def tuned(comparison: Comparison) -> list[Table]:
    """Return what the nested searches chose, and how often."""
    chosen = comparison.best_params
    if chosen.empty:
        return []
    rows = []
    for (model, parameter), part in chosen.groupby(["model", "parameter"], sort=False):
        counts = part["value"].astype(str).value_counts()
        text = ", ".join(f"{value} ({count}×)" for value, count in counts.items())
        rows.append([str(model), str(parameter), text])
    columns = ["Model", "Parameter", "Chosen in the folds"]
    caption = "Parameters chosen inside each fold"
    return [Table(caption, columns, rows, wide_text=True)]


def failures(comparison: Comparison) -> list[Table]:
    """Return the folds in which a model failed, with its error."""
    first = comparison.results.query("metric == @comparison.metrics[0]")
    first = first[first["error"].fillna("") != ""]
    rows = [
        [str(row.model), str(row.repeat), str(row.fold), str(row.error)]
        for row in first.itertuples()
    ]
    columns = ["Model", "Repeat", "Fold", "Error"]
    return [Table("Failed fits", columns, rows, wide_text=True)] if rows else []


def data(comparison: Comparison) -> Table:
    """Return what the table was."""
    d: dict[str, Any] = comparison.data_summary
    rows = [
        ["Rows", f"{d['n_samples']:,}"],
        [
            "Features",
            f"{d['n_features']:,} ({d['n_numeric']:,} numeric, "
            f"{d['n_categorical']:,} categorical)",
        ],
        ["Missing values", f"{d['missing_share']:.1%}"],
    ]
    if d["n_groups"]:
        name = d["group_name"] or "groups"
        rows.append(["Groups", f"{d['n_groups']:,} ({name})"])
    if d["classes"]:
        total = sum(d["classes"].values())
        for label, count in d["classes"].items():
            positive = ", positive" * (label == comparison.pos_label)
            cell = f"{count:,} ({count / total:.1%}{positive})"
            rows.append([f"Class {label}", cell])
    else:
        mean, spread = number(d["target_mean"]), number(d["target_std"])
        rows.append(["Target", f"mean {mean}, standard deviation {spread}"])
    if d["n_test"] is not None:
        rows.append(["Rows of the test cohort", f"{d['n_test']:,}"])
    else:
        repeats = plural(d["n_repeats"], "repeat")
        rows.append(["Folds", f"{d['n_folds']} ({repeats})"])
    return Table("The table", ["Property", "Value"], rows)


def versions(comparison: Comparison) -> Table:
    """Return the versions of what took part."""
    rows = [[name, version] for name, version in comparison.versions.items()]
    return Table("Versions", ["Package", "Version"], rows)
