"""Draw the stacked weights of a population, and what an epoch of it costs."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.patches import FancyBboxPatch, Rectangle

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#777777"
RESULTS = Path(sys.argv[0]).resolve().parents[1] / "benchmarks" / "results"

fig, (left, right) = plt.subplots(2, 1, figsize=(6, 6.6), layout="constrained")


def stack(x, y, width, height, color, words, n=4):
    """Draw n sheets, one behind the other, and say what they are."""
    for back in reversed(range(n)):
        corner = (x + 0.16 * back, y + 0.16 * back)
        sheet = Rectangle(corner, width, height, fc=color, ec="white", lw=1.5)
        left.add_patch(sheet)
    left.text(x + width / 2, y - 0.32, words, ha="center", va="top", fontsize=9)


stack(0.2, 1.1, 1.0, 1.5, "#D6E6F2", "rows of a batch\n(M, B, D)")
left.text(1.98, 1.95, "×", fontsize=18, ha="center", va="center")
stack(2.3, 1.1, 1.5, 1.0, BLUE, "weights of a layer\n(M, D, H)")
left.text(4.62, 1.95, "=", fontsize=18, ha="center", va="center")
stack(4.95, 1.1, 1.5, 1.5, ORANGE, "hidden units\n(M, B, H)")
left.add_patch(
    FancyBboxPatch(
        (0.2, 3.62), 6.6, 0.62, boxstyle="round,pad=0.08", fc="none", ec=GREY
    )
)
left.text(
    3.5,
    3.93,
    "one batched product for all members; of its own, each has\n"
    "rows, scaling, rates, dropout masks, best epoch",
    ha="center",
    va="center",
    fontsize=9,
)
left.set(
    xlim=(-0.3, 7.1), ylim=(0.1, 4.5), title="M networks are one stack of matrices"
)
left.axis("off")

cost = pd.read_csv(RESULTS / "scaling.csv").query("axis == 'members'")
alone = cost["seconds"].iloc[0]
right.plot(cost["size"], cost["size"], color=GREY, ls="--", label="one after the other")
right.plot(cost["size"], cost["seconds"] / alone, "o-", color=BLUE, label="at once")
right.set(
    xscale="log",
    yscale="log",
    xlabel="Members",
    ylabel="Time of an epoch,\nin epochs of one network",
    title="More members cost less each",
)
last = cost.iloc[-1]
right.annotate(
    f"{last['size']:.0f} members cost\nwhat {last['seconds'] / alone:.0f} would alone",
    (last["size"], last["seconds"] / alone),
    xytext=(0.97, 0.1),
    textcoords="axes fraction",
    ha="right",
    fontsize=9,
    arrowprops={"arrowstyle": "-", "color": GREY, "lw": 0.8, "shrinkB": 5},
)
right.spines[["top", "right"]].set_visible(False)
right.legend(frameon=False)
plt.show()
