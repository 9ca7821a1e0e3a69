"""Two cohorts from gzipped text files to the report, beside reading them by pandas.

The job that this library comes from: 17,202 × 1,253 counts tell drug-resistant from
parental tumour cells, and 1,636 cells of another cohort are the test. The cohorts are
simulated in that shape and written as genes × cells TSV files. Measured, each in a
process of its own: ``sknn-bio compare`` from the files to the page, the same with its
reading alone, and the usual way of reading (pandas, transpose, tensor).

Writes ``results/source_job.md``.

    python benchmarks/source_job.py [--quick] [--folder DIR]
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _timing import markdown

from sknn_bio.datasets import simulate_cohorts

PANDAS = """
import sys
import pandas as pd
import torch
for name in sys.argv[1:]:
    counts = pd.read_csv(name, sep="\\t", index_col=0)
    X = torch.tensor(counts.transpose().values, dtype=torch.float32)
    print(tuple(X.shape))
"""
READ = """
import sys
from pathlib import Path
from sknn_bio.cli._counts import open_counts, read_counts
for name in sys.argv[1:]:
    file = open_counts(Path(name))
    print(read_counts(file, file.genes).shape)
"""


def write(folder: Path, name: str, cohort, genes) -> tuple[Path, Path]:
    """Write genes × cells counts and the table of cells, unless they are there."""
    counts, cells = folder / f"{name}.tsv.gz", folder / f"{name}_cells.csv"
    if counts.exists() and cells.exists():
        return counts, cells
    names = [f"{name}_{i}" for i in range(len(cohort.labels))]
    with gzip.open(counts, "wt", compresslevel=4) as file:
        file.write("\t".join(["gene", *names]) + "\n")
        columns = cohort.counts.tocsc()
        for j, gene in enumerate(genes):
            row = columns[:, [j]].toarray().ravel().astype(int)
            file.write("\t".join([gene, *map(str, row.tolist())]) + "\n")
    labels = np.where(cohort.labels == 1, "resistant", "parental")
    if cohort.labels.dtype.kind in "OU":
        labels = cohort.labels
    pd.DataFrame({"cell": names, "label": labels}).to_csv(cells, index=False)
    return counts, cells


def timed(command: list[str]) -> dict[str, float]:
    """Run a command; return its seconds and the peak of its resident memory."""
    watch = (
        "import resource, subprocess, sys; "
        "code = subprocess.run(sys.argv[1:]).returncode; "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss; "
        "print('PEAK', used, file=sys.stderr); sys.exit(code)"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", watch, *command], capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    peak = int(done.stderr.rsplit("PEAK ", 1)[1])
    divisor = 2**20 if sys.platform == "darwin" else 1024
    return {"seconds": seconds, "peak, MiB": peak / divisor}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    sizes = (1_720, 164) if options.quick else (17_202, 1_636)
    cohorts = simulate_cohorts(n_cells=sizes, n_genes=1_253, random_state=0)
    train, train_cells = write(folder, "train", cohorts.train, cohorts.genes)
    test, test_cells = write(folder, "test", cohorts.test, cohorts.genes)
    genes = folder / "genes.txt"
    genes.write_text("\n".join(cohorts.genes) + "\n", "utf-8")
    page = folder / "report.html"
    whole = [sys.executable, "-W", "ignore", "-m", "sknn_bio", "compare"]
    whole += ["--counts", str(train), "--metadata", str(train_cells)]
    whole += ["--test-counts", str(test), "--test-metadata", str(test_cells)]
    whole += ["--genes", str(genes), "--target", "label"]
    whole += ["--report", str(page), "--force"]
    files = [str(train), str(test)]
    rows = []
    for name, command in (
        ("read: pandas, transpose, tensor", [sys.executable, "-c", PANDAS, *files]),
        ("read: sknn-bio", [sys.executable, "-c", READ, *files]),
        ("files to report: sknn-bio compare", whole),
    ):
        rows.append({"what": name, **timed(command)})
        print(rows[-1], flush=True)
    shape = f"{sizes[0]:,} and {sizes[1]:,} cells × 1,253 genes"
    text = f"# The whole job on two cohorts\n\n{shape}, gzipped TSV.\n\n"
    options.output.mkdir(parents=True, exist_ok=True)
    table = markdown(pd.DataFrame(rows).round(1))
    (options.output / "source_job.md").write_text(text + table + "\n", "utf-8")


if __name__ == "__main__":
    main()
