"""The tables and the figure of ``omics.py``, from its finished fits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from _omics_cells import TABLES
from _timing import markdown

from sknn_bio.reporting._style import COLORS, dress, new_figure

OURS, DEFAULT, RULE = "ours", "distance", "probability"
SCORES = (
    "distance",
    "entropy",
    "energy",
    "entropy of the mean",
    "disagreement",
    "probability",
)


def write_report(lines: pd.DataFrame, folder: Path, n_genes: int) -> None:
    """Write ``omics.md`` and ``omics.png``."""
    labels = lines[lines["part"] == "labels"]
    unseen = lines[lines["part"] == "unseen"]
    f1 = _labels(labels[labels["case"].astype(str) == str(n_genes)])
    flagged, area = _scores(unseen, "flagged"), _scores(unseen, "AUC")
    parts = [
        "# Cells of another cohort",
        f"## Macro F1, trained on one group and tested on the other ({n_genes} genes)",
        markdown(_digits(f1, 4)),
        "Ours is the mean of three seeds. CellTypist is fed all genes. How many genes "
        "the others get was chosen on these tables (see below), so of the two counted "
        "tables this is the best case for all three, and ours and logistic regression "
        "are level.",
        "## Macro F1 by the number of genes (mean of the tables of counts, seed 0)",
        markdown(_digits(_by_genes(labels), 4)),
        "## Share of an unseen type's cells that is flagged, at 5 % false alarms",
        markdown(flagged),
        "Bulk tables: halves of breast_tcga_subtype, dermatology, srbct_khan and "
        "stemcells_4study. The default score was chosen on the single-cell tables.",
        "## ROC AUC of cells of known types against those of the unseen one",
        markdown(area),
        "## RejectOption as it stands, thresholds from the training group alone",
        markdown(_as_it_stands(unseen)),
        "False alarms: known cells below the threshold of novelty. Refused: known "
        "cells called unknown for either reason.",
    ]
    (folder / "omics.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    _draw(f1, flagged, folder / "omics.png")


def _digits(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    return frame.map(lambda v: f"{v:.{n}f}" if isinstance(v, float) else v)


def _labels(labels: pd.DataFrame) -> pd.DataFrame:
    mean = labels.groupby(["table", "train", "model"])["value"].mean().unstack()
    mean = mean[[OURS, *mean.columns.drop(OURS)]].reset_index()
    average = mean.drop(columns=["table", "train"]).mean()
    mean.loc[len(mean)] = {"table": "mean", "train": "", **average}
    return mean


def _by_genes(labels: pd.DataFrame) -> pd.DataFrame:
    own = labels[(labels["seed"].astype(int) == 0) & ~_is_celltypist(labels)]
    counts = own.groupby("table")["case"].transform("nunique") > 1
    own = own[counts].assign(genes=own["case"].astype(int))
    return own.groupby(["genes", "model"])["value"].mean().unstack().reset_index()


def _is_celltypist(labels: pd.DataFrame) -> pd.Series:
    return labels["model"].str.startswith("CellTypist")


def _scores(unseen: pd.DataFrame, what: str) -> pd.DataFrame:
    """One row a table: the mean over training groups and types left out."""
    own = unseen[(unseen["what"] == what) & unseen["model"].isin(SCORES)]
    cases = own.groupby(["table", "train", "case", "model"])["value"].mean().unstack()
    table = cases.groupby("table")[list(SCORES)].mean()
    table.insert(0, "types left out", cases.groupby("table").size())
    is_cells = table.index.isin(TABLES)
    order = [*table.index[is_cells], *table.index[~is_cells]]
    out = table.loc[order].reset_index()
    for name, chosen in (
        ("mean, single-cell", is_cells),
        ("mean, simulated and bulk", ~is_cells),
    ):
        mean = table[chosen][list(SCORES)].mean()
        cases_in = table.loc[chosen, "types left out"].sum()
        out.loc[len(out)] = {"table": name, "types left out": cases_in, **mean}
    return out


def _as_it_stands(unseen: pd.DataFrame) -> pd.DataFrame:
    own = unseen[unseen["model"] == "RejectOption"]
    wide = own.pivot_table(index="table", columns="what", values="value")
    names = ["flagged", "false alarms", "refused", "error before", "error after"]
    return wide[names].rename_axis(columns=None).reset_index()


def _draw(f1: pd.DataFrame, flagged: pd.DataFrame, path: Path) -> None:
    figure, (left, right) = new_figure(2, width=5.6, height=4.2)
    models = [name for name in f1.columns if name not in ("table", "train")]
    average = f1.iloc[-1][models].astype(float).sort_values()
    colors = [
        COLORS["vermillion" if name == OURS else "blue"] for name in average.index
    ]
    left.scatter(average, range(len(average)), color=colors, zorder=3, s=50)
    for place, value in enumerate(average):
        left.annotate(
            f"{value:.3f}", (value, place), xytext=(7, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
    left.set(yticks=range(len(average)), yticklabels=average.index)
    left.set_xlim(average.min() - 0.005, average.max() + 0.008)
    left.locator_params(axis="x", nbins=5)
    left.margins(y=0.12)
    dress(left, xlabel="Macro F1, mean of six pairs of cohorts", ylabel="")
    tables = flagged.iloc[:-2]
    place = np.arange(len(tables))
    looks = (
        (RULE, "blue", "s", "highest probability"),
        (DEFAULT, "vermillion", "o", ""),
    )
    for score, color, marker, label in looks:
        right.scatter(
            tables[score], place, color=COLORS[color], marker=marker, s=50, zorder=3,
            label=label or f"{score} (default)",
        )  # fmt: skip
    for row, (a, b) in enumerate(zip(tables[RULE], tables[DEFAULT], strict=True)):
        right.plot([a, b], [row, row], color="#999999", lw=1.2, zorder=1)
    right.set(yticks=place, yticklabels=tables["table"], xlim=(-0.02, 1.02))
    right.invert_yaxis()
    dress(right, xlabel="Cells of unseen types flagged, 5 % false alarms", ylabel="")
    right.legend(frameon=False, fontsize="small", loc="lower right")
    figure.savefig(path, dpi=150)
