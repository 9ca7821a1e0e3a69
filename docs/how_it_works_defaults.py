"""Draw what each default is worth, from the table of the ablation."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

BLUE, GREY = "#0072B2", "#777777"
RESULTS = Path(sys.argv[0]).resolve().parents[1] / "benchmarks" / "results"

lines = (RESULTS / "ablation.md").read_text("utf-8").splitlines()
rows = [
    [cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line
]
table = pd.DataFrame(rows[2:], columns=rows[0])
error = table["error"].str.extract(r"(\S+) \[(\S+), (\S+)\]").astype(float)
error.columns = ["ratio", "low", "high"]
order = error.sort_values("ratio").index

fig, ax = plt.subplots(figsize=(6.4, 5.8), layout="constrained")
places = range(len(order))
ax.axvline(1, color=GREY, lw=1, ls="--")
ax.hlines(places, error.loc[order, "low"], error.loc[order, "high"], color=BLUE, lw=2)
ax.plot(error.loc[order, "ratio"], places, "o", color=BLUE, mec="white", ms=8)
ax.set(
    yticks=places,
    yticklabels=table.loc[order, "without"].str.replace(" (", "\n("),
    title="Without …",
    xlabel="Error relative to the default (95 % interval over tables)",
)
ax.text(1.004, len(order) - 0.4, "worse without →", color=GREY, fontsize=9)
ax.set_ylim(-0.6, len(order))
ax.spines[["top", "right"]].set_visible(False)
plt.show()
