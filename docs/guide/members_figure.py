"""Draw whose rows are whose in a cross-fitted ensemble, and which epoch is reported."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from sknn_bio import NeuralNetBinaryClassifier

TRAIN, STOP, LINE = "#D6E6F2", "#E69F00", "#0072B2"

rng = np.random.default_rng(1)
X, y = rng.standard_normal((200, 30)), rng.integers(0, 2, 200)
net = NeuralNetBinaryClassifier(
    n_members=8, monitor="roc_auc", max_epochs=40, patience=40, random_state=0
)
history = net.fit(X, y).history_
curves = history.pivot(index="epoch", columns="member", values="roc_auc")

fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 7), layout="constrained")
top.pcolormesh(np.eye(8), cmap=ListedColormap([TRAIN, STOP]), edgecolor="white", lw=2)
top.set(
    xticks=np.arange(8) + 0.5,
    xticklabels=range(1, 9),
    yticks=np.arange(8) + 0.5,
    yticklabels=range(1, 9),
    xlabel="Fold of the training rows",
    ylabel="Member",
    title="Each member leaves out a fold",
)
top.invert_yaxis()
top.tick_params(length=0)
top.spines[:].set_visible(False)
patches = [Patch(color=TRAIN, label="trains"), Patch(color=STOP, label="stops")]
top.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)

own, others = curves[0], curves.drop(columns=0).mean(axis=1)
bottom.plot(own, color=STOP, label="member 1 on fold 1")
bottom.plot(others, color=LINE, lw=2.5, label="mean of the seven others")
bottom.axhline(0.5, color="#777777", lw=1, ls=":")
for curve, color, words, place in (
    (own, STOP, "kept", (10, 10)),
    (others, LINE, "reported", (30, -34)),
):
    epoch = curve.idxmax()
    bottom.plot(epoch, own[epoch], "o", color=color, ms=9, mec="black", zorder=5)
    bottom.annotate(
        f"{words}: {own[epoch]:.2f}",
        (epoch, own[epoch]),
        xytext=place,
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": "#777777", "lw": 0.8},
    )
bottom.set(
    xlabel="Epoch",
    ylabel="ROC AUC",
    ylim=(0.36, 0.67),
    title="On noise, the fold's own best epoch flatters",
)
bottom.spines[["top", "right"]].set_visible(False)
bottom.legend(loc="lower right", frameon=False)
plt.show()
