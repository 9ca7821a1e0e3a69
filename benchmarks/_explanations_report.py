"""The report of ``explanations.py``: tables of what is known by now."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from _explanations_rankings import RANKINGS
from _timing import markdown
from scipy.stats import hypergeom

STABLE = "stability selection"
NOT_FOUND = "Not yet run."
RECOVERY = """\
400 samples, 2,000 genes in blocks of 20, 20 causal genes in as many blocks. "Classes
differ": `simulate_signature`, a causal gene differs between the classes by `effect`
standard deviations, and the other genes of its block by `r` times that, r being the
correlation in a block. "Genes cause the classes": `simulate_expression`, the classes
are the sum of the causal genes and chance, cut at its median (r = 0.5). How many causal
genes are among the first 25, seed by seed; for stability selection, among those that it
lets through / all that it lets through (in each half the 200 genes with the largest F
and two members; 12 pairs of halves), for three bounds on the false ones expected.
Everything else at the defaults; permutation is out of fold (5 folds, 2 repeats, log
loss); the elastic net is `LogisticRegressionCV`, half L1. An empty cell
was not run.

Where classes differ gene by gene, a test of one gene at a time is hard to beat, and a
network adds nothing to the ranking. The stronger the correlation in a block, the more a
dense network shares the weight of a cause among its neighbours: beyond r = 0.5 the
elastic net finds what attributions of single genes do not."""
NOISE = """\
`simulate_signature` with the labels shuffled; the settings of stability selection are
those above."""
TABLES = """\
Log2 intensities between 100 and 16,000, genes that vary. How many of the first 25 (and
50) genes two rankings have in common; in brackets how many chance would give. The genes
of stability selection are its most frequent ones. XGBoost uses 13 to 40 genes of a
table, so that its lists are short. The published genes were found in 38 of the same 72
samples."""


def write_report(folder: Path) -> None:
    """Write ``explanations.md`` from the CSV files that are there."""
    parts = [
        "# Do explanations find the truth, and only the truth?",
        "    python benchmarks/explanations.py recovery|noise|tables",
        "## Twenty causal genes among 2,000",
        RECOVERY,
        _part(folder / "explanations_recovery.csv", recovery),
        "## Shuffled labels",
        NOISE,
        _part(folder / "explanations_noise.csv", noise),
        "## Open tables",
        TABLES,
        _part(folder / "explanations_tables.csv", overlap),
        "The columns of the colon and prostate tables have numbers for names, which no "
        "published list can be matched with for certain, so that there is none here.",
    ]
    text = "\n\n".join(parts) + "\n"
    (folder / "explanations.md").write_text(text, encoding="utf-8")


def _part(path: Path, make) -> str:
    return make(pd.read_csv(path)) if path.exists() else NOT_FOUND


def recovery(rows: pd.DataFrame) -> str:
    """Return a line a ranking, a column a simulation."""
    is_stable = rows["ranking"].str.startswith(STABLE)
    text = rows["found"].astype(str)
    rows = rows.assign(
        text=text.where(~is_stable, text + "/" + rows["selected"].astype(str))
    )
    selections = dict.fromkeys(rows.loc[is_stable, "ranking"])
    order = [n for n in (*RANKINGS, *selections) if n in set(rows["ranking"])]
    table = rows.pivot_table(
        index="ranking", columns="simulation", values="text", aggfunc=", ".join,
        fill_value="",
    )  # fmt: skip
    seconds = rows.groupby("ranking")["cpu_seconds"].median().round(1)
    table = table.reindex(order).assign(**{"median CPU s": seconds})
    return markdown(table.reset_index())


def noise(rows: pd.DataFrame) -> str:
    """Return what the runs let through, for each bound."""
    lines = [
        {
            "false selections expected in a run, at most": column.split("_")[-1],
            f"genes let through in {len(rows)} runs": int(rows[column].sum()),
            "runs that let one through": int((rows[column] > 0).sum()),
        }
        for column in rows.columns
        if column.startswith("at_most")
    ]
    return (
        markdown(pd.DataFrame(lines))
        + f"\n\n{int(rows['n_select'].iloc[0])} genes a half; the highest frequency "
        f"of any gene in any run was {rows['highest_frequency'].max():.2f}. Median CPU "
        f"seconds of a run: {rows['cpu_seconds'].median():.1f}."
    )


def overlap(rows: pd.DataFrame) -> str:
    """Return how many genes our rankings share with others."""
    lines = []
    for table, own in rows.groupby("table"):
        genes = {r.ranking: str(r.genes).split() for r in own.itertuples()}
        n_genes = int(own["n_genes"].iloc[0])
        for name in (n for n in (*RANKINGS, STABLE) if n in genes):
            line = {"table": f"{table} ({n_genes} genes)", "ranking": name}
            for other in ("elastic net", "t-test", "XGBoost, gain"):
                line[f"with {other}"] = _shared(genes, name, other, n_genes)
            line["with the published 50"] = _published(genes, name, n_genes)
            lines.append(line)
    notes = rows[rows["ranking"] == STABLE].sort_values("table")
    let_through = [
        f"- {r.table}: {r.note.replace(' genes', '')}" for r in notes.itertuples()
    ]
    return "\n\n".join(
        [
            markdown(pd.DataFrame(lines)),
            "What stability selection lets through:",
            "\n".join(let_through),
        ]
    )


def _shared(genes: dict, name: str, other: str, n_genes: int) -> str:
    if name == other or other not in genes:
        return ""
    parts = []
    for top in (25, 50):
        a, b = genes[name][:top], genes[other][:top]
        shared = len(set(a) & set(b))
        parts.append(f"{shared} ({len(a) * len(b) / n_genes:.1f})")
    return ", ".join(parts)


def _published(genes: dict, name: str, n_genes: int) -> str:
    if "published" not in genes:
        return ""
    known, parts = set(genes["published"]), []
    for top in (25, 50):
        own = genes[name][:top]
        shared = len(known & set(own))
        chance = hypergeom.sf(shared - 1, n_genes, len(known), len(own))
        expected = len(own) * len(known) / n_genes
        parts.append(f"{shared} ({expected:.1f}; p = {chance:.0e})")
    return ", ".join(parts)
