"""Does `sknn_bio.preprocessing` answer as scanpy does?

Normalised values, Pearson residuals and highly variable genes on scanpy's bundled table
(700 cells x 765 genes, logs only), on simulated counts, and on the two-protocol cell
lines of SKNN_BIO_DATA. scanpy may live in an environment of its own, which needs
neither PyTorch nor this package: there, write its answers; here, compare them.

    python benchmarks/scanpy_parity.py answers parity.pkl   # needs scanpy, scikit-misc
    python benchmarks/scanpy_parity.py compare parity.pkl   # needs sknn_bio

`answers` also writes the few that the tests know by heart, with ``--freeze``. `compare`
prints a table and writes ``scanpy_parity.csv``.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

FLAVORS = {"seurat_v3": "seurat_v3", "dispersion": "seurat"}
TOLERANCE, JACCARD = 1e-6, 0.98


def small_counts() -> tuple[sparse.csr_matrix, np.ndarray]:
    """Simulate the 300 cells x 400 genes of the tests, in two batches."""
    rng = np.random.RandomState(0)
    mean = rng.gamma(0.7, 3.0, 400) * rng.lognormal(0, 0.4, (300, 1))
    shape = rng.gamma(2.0, 1.0, 400) + 0.1
    counts = rng.poisson(rng.gamma(shape, mean / shape))
    batch = np.where(rng.rand(300) < 0.4, "b", "a")
    return sparse.csr_matrix(counts.astype(np.float32)), batch


def problems() -> list[dict]:
    """Return the tables: name, counts or logs, batch, genes to select."""
    import anndata
    import scanpy

    reduced = scanpy.datasets.pbmc68k_reduced()
    counts, batch = small_counts()
    out = [
        {"name": "pbmc68k_reduced", "logs": reduced.raw.X, "n_top": 200,
         "batch": reduced.obs["phase"].to_numpy(str)},
        {"name": "simulated", "counts": counts, "n_top": 100, "batch": batch},
    ]  # fmt: skip
    if folder := os.environ.get("SKNN_BIO_DATA"):
        for name, n_top in [("celllines3_2protocol", 2000), ("pbmc_kang_donors", 500)]:
            cells = anndata.read_h5ad(Path(folder) / f"{name}.h5ad")
            batch = cells.obs["group"].to_numpy(str)
            out.append(
                {"name": name, "counts": cells.X, "n_top": n_top, "batch": batch}
            )
    for problem in out:
        for key in {"counts", "logs"} & set(problem):
            problem[key] = sparse.csr_matrix(problem[key])
    return out


def answers(problem: dict) -> dict:
    """Return what scanpy says of a table."""
    import anndata
    import scanpy

    found = {}
    kept = np.ones(problem.get("counts", problem.get("logs")).shape[1], dtype=bool)
    if "counts" in problem:
        counts = problem["counts"]
        for target in (1e4, None):
            cells = anndata.AnnData(counts.copy())
            scanpy.pp.normalize_total(cells, target_sum=target)
            scanpy.pp.log1p(cells)
            found["log", target] = cells.X
        problem["logs"] = found["log", 1e4]
        kept = np.argsort(-counts.sum(axis=0).A1)[:300]
        cells = anndata.AnnData(counts[:, kept].toarray())
        scanpy.experimental.pp.normalize_pearson_residuals(cells)
        found["pearson"], found["kept"] = cells.X, kept
    # Of the bundled table only logs are left: their exponentials stand for the counts.
    of = {"seurat_v3": problem.get("counts"), "dispersion": problem["logs"]}
    if of["seurat_v3"] is None:
        of["seurat_v3"] = problem["seurat_v3"] = problem["logs"].expm1()
    for ours, theirs in FLAVORS.items():
        for batch in (False, True):
            cells = anndata.AnnData(of[ours].copy())
            cells.obs["batch"] = pd.Categorical(problem["batch"])
            frame = scanpy.pp.highly_variable_genes(
                cells,
                flavor=theirs,
                n_top_genes=problem["n_top"],
                batch_key="batch" if batch else None,
                inplace=False,
                check_values=False,
            )
            score = "variances_norm" if ours == "seurat_v3" else "dispersions_norm"
            found[ours, batch] = (
                frame["highly_variable"].to_numpy(bool),
                frame[score].to_numpy(float),
            )
    return found


def frozen(problem: dict, found: dict) -> dict:
    """Return the few answers that the tests hold."""
    out = {"scanpy": version("scanpy"), "sum": float(problem["counts"].sum())}
    for ours in FLAVORS:
        for batch in (False, True):
            selected, scores = found[ours, batch]
            name = f"{ours}{'_batch' if batch else ''}"
            out[name] = np.flatnonzero(selected).tolist()
            out[f"{name}_scores"] = scores[:20].round(10).tolist()
    for target, name in [(1e4, "log"), (None, "log_median")]:
        out[name] = found["log", target][:5, :8].toarray().astype(float).tolist()
    out["pearson_genes"] = found["kept"].tolist()
    out["pearson"] = found["pearson"][:5, :8].astype(float).tolist()
    return out


def compare(problem: dict, found: dict) -> list[dict]:
    """Return one row a question: the largest difference, or the Jaccard index."""
    from sknn_bio.preprocessing import HighlyVariableGenes, LogNormalizer

    rows = []

    def row(what: str, value: float, good: bool) -> None:
        rows.append(
            {"table": problem["name"], "what": what, "value": value, "ok": good}
        )

    if "counts" in problem:
        counts = problem["counts"]
        for target in (1e4, None):
            ours = LogNormalizer(target_sum=target).fit_transform(counts)
            worst = relative(ours.toarray(), found["log", target].toarray())
            row(f"logs, target_sum={target}: difference", worst, worst <= TOLERANCE)
        dense = LogNormalizer(method="pearson")
        ours = dense.fit_transform(counts[:, found["kept"]])
        worst = relative(ours, found["pearson"])
        row("Pearson residuals: difference", worst, worst <= TOLERANCE)
    counts = problem.get("counts", problem.get("seurat_v3"))
    for flavor in FLAVORS:
        X = counts if flavor == "seurat_v3" else problem["logs"]
        for batch in (False, True):
            genes = HighlyVariableGenes(n_top_genes=problem["n_top"], flavor=flavor)
            genes.fit(X, batch=problem["batch"] if batch else None)
            theirs, scores = found[flavor, batch]
            both = (genes.support_ & theirs).sum()
            jaccard = both / (genes.support_ | theirs).sum()
            name = f"{flavor}{', batches' if batch else ''}"
            row(
                f"{name}: Jaccard of top {problem['n_top']}",
                jaccard,
                jaccard >= JACCARD,
            )
            seen = np.isfinite(scores)
            worst = relative(genes.scores_[seen], scores[seen])
            row(f"{name}: difference of scores", worst, worst <= TOLERANCE)
    return rows


def relative(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest difference, relative where numbers are above one."""
    ours, theirs = ours.astype(float), theirs.astype(float)
    return float(np.max(abs(ours - theirs) / np.maximum(abs(theirs), 1)))


def main() -> None:
    """Answer or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=["answers", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--freeze", type=Path, help="where to write the tests' answers")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # both sides are told to take fractions for counts
    if options.step == "answers":
        pairs = [(problem, answers(problem)) for problem in problems()]
        options.file.write_bytes(pickle.dumps(pairs))
        if options.freeze:
            (pair,) = [pair for pair in pairs if pair[0]["name"] == "simulated"]
            options.freeze.write_text(json.dumps(frozen(*pair)) + "\n")
        return
    rows = []
    for problem, found in pickle.loads(options.file.read_bytes()):
        rows += compare(problem, found)
    frame = pd.DataFrame(rows)
    print(frame.to_string(index=False, float_format="{:.3g}".format))
    options.output.mkdir(parents=True, exist_ok=True)
    frame.to_csv(options.output / "scanpy_parity.csv", index=False)


if __name__ == "__main__":
    main()
