"""Draw the curves of an ensemble's members, and a fit's own score beside the truth."""

import matplotlib.pyplot as plt
import numpy as np

from sknn_bio import NeuralNetRegressor
from sknn_bio.datasets import load_diabetes_table

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#777777"
table = load_diabetes_table()

fig, (left, right) = plt.subplots(2, 1, figsize=(6, 6.8), layout="constrained")
net = NeuralNetRegressor(n_members=8, random_state=0).fit(table.data, table.target)
curves = net.history_.pivot(index="epoch", columns="member", values="r2")
left.plot(curves, color=BLUE, lw=0.9, alpha=0.6)
for member, epoch in enumerate(net.best_epoch_):
    left.plot(epoch, curves.loc[epoch, member], "o", color=ORANGE, ms=7, mec="black")
left.plot([], [], color=BLUE, label="a member on its own fold")
left.plot([], [], "o", color=ORANGE, mec="black", label="its best epoch: kept")
left.set(
    xlabel="Epoch",
    ylabel="R²",
    ylim=(0, None),
    title="Each member stops by itself",
)
left.legend(frameon=False, loc="lower right")

TRUE = np.array([1.0, 0.7, 0.5, 0.3, *[0.0] * 16])


def draw_rows(rng, n):
    """Return n patients: four columns of twenty count, and most is noise."""
    X = rng.standard_normal((n, len(TRUE)))
    return X, X @ TRUE + 2 * rng.standard_normal(n)


numbers = []
for seed in range(12):
    rng = np.random.default_rng(seed)
    net = NeuralNetRegressor(n_members=8, random_state=seed).fit(*draw_rows(rng, 120))
    curves = net.history_.pivot(index="epoch", columns="member", values="r2")
    truth = net.score(*draw_rows(rng, 5_000))
    numbers.append((curves.max().mean(), net.oof_score_, truth))
names = ("each fold's own\nbest epoch", "oof_score_", "5,000 new\npatients")
for place, (values, color) in enumerate(
    zip(np.transpose(numbers), (GREY, BLUE, ORANGE), strict=True)
):
    spread = place + np.linspace(-0.15, 0.15, len(values))
    right.plot(spread, values, "o", color=color, mec="white", ms=7)
    right.hlines(values.mean(), place - 0.3, place + 0.3, color="black", lw=2)
    right.annotate(f" {values.mean():.2f}", (place + 0.3, values.mean()), va="center")
right.axhline(np.mean(numbers, axis=0)[-1], color=GREY, ls="--", lw=1, zorder=0)
right.set(
    xticks=range(3),
    xticklabels=names,
    xlim=(-0.5, 2.75),
    ylabel="R² (bar: mean of 12 tables)",
    title="Three scores of the same fit",
)
for ax in (left, right):
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
