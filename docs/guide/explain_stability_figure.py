"""Draw which genes are chosen again and again, with a signal and without one."""

import matplotlib.pyplot as plt
import numpy as np

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import simulate_expression
from sknn_bio.inspection import stability_selection

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#777777"
cohort = simulate_expression(
    n_samples=400, n_genes=200, n_causal=5, signal=0.9, random_state=0
)
net = NeuralNetBinaryClassifier(n_members=2, max_epochs=20)
shuffled = np.random.default_rng(0).permutation(cohort.target)

fig, axes = plt.subplots(2, 1, figsize=(6, 6.2), sharey=True, layout="constrained")
for ax, target, title in zip(
    axes, (cohort.target, shuffled), ("As it is", "Labels shuffled"), strict=True
):
    found = stability_selection(net, cohort.data, target, n_pairs=20, random_state=0)
    top = found.table.head(15)
    is_causal = top["feature"].isin(cohort.causal) & (target is cohort.target)
    ax.bar(
        range(len(top)),
        top["frequency"],
        color=np.where(is_causal, ORANGE, BLUE),
    )
    ax.axhline(found.threshold, color=GREY, ls="--")
    ax.set(title=title, xlabel="Genes, the most frequent first", ylim=(0, 1))
    ax.set_xticks(range(len(top)), top["feature"], rotation=60, ha="right", fontsize=7)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("Share of halves\nthat choose it")
axes[0].bar(0, 0, color=ORANGE, label="causal")
axes[0].bar(0, 0, color=BLUE, label="not causal")
axes[0].plot([], [], color=GREY, ls="--", label="threshold")
fig.legend(loc="outside upper center", ncols=3, frameon=False)
plt.show()
