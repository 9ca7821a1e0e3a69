"""
A grid search in one go: which learning rate, width and dropout?
================================================================

Twenty-seven candidates on three folds are 81 networks. ``GridSearchCV`` trains them one
after the other; ``PopulationSearchCV`` takes the same arguments, gives the same
``cv_results_``, and trains them side by side: one batched matrix product a layer for
all networks of a width. Does asking for all of them at once change the answer?
"""

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import load_breast_cancer_table
from sknn_bio.model_selection import PopulationSearchCV

table = load_breast_cancer_table()
network = NeuralNetBinaryClassifier(
    n_members=1, max_epochs=30, batch_size=32, early_stopping=False, random_state=0
)
model = Pipeline([("scale", StandardScaler()), ("net", network)])
grid = {
    "net__n_neurons": [16, 64, 128],
    "net__dropout": [0.0, 0.2, 0.5],
    "net__lr": [3e-4, 3e-3, 3e-2],
}
options = {"cv": 3, "scoring": "neg_log_loss"}

# %%
# The search
# ----------
#
# The scaler is fitted once a fold, not once a candidate and fold.

start = time.perf_counter()
search = PopulationSearchCV(model, grid, **options).fit(table.data, table.target)
seconds = time.perf_counter() - start
print(f"81 networks and a refit: {seconds:.1f} s")
print("best:", search.best_params_)

# %%
# The same, one by one
# --------------------
#
# Nine of the candidates by ``GridSearchCV``, for the comparison: those without dropout,
# whose masks differ from run to run as seeds do.

start = time.perf_counter()
plain = GridSearchCV(model, {**grid, "net__dropout": [0.0]}, **options)
plain.fit(table.data, table.target)
each = (time.perf_counter() - start) / 28
print(f"a network alone: {each:.2f} s; 82 of them: {82 * each:.1f} s")

ours = pd.DataFrame(search.cv_results_)
ours = ours[ours["param_net__dropout"] == 0]
folds = [f"split{k}_test_score" for k in range(3)]
difference = ours[folds].to_numpy() - np.column_stack(
    [plain.cv_results_[fold] for fold in folds]
)
print(f"largest difference of a fold's log loss: {np.abs(difference).max():.1e}")

# %%
# The answer
# ----------
#
# Lower is better; the bars are standard errors over the folds. The rate matters more
# than the width, and dropout forgives a rate that is too high.

results = pd.DataFrame(search.cv_results_)
fig, axes = plt.subplots(
    1, 3, figsize=(9, 3.4), sharey=True, sharex=True, layout="constrained"
)
colors = {16: "#56B4E9", 64: "#0072B2", 128: "#1A1A1A"}
for ax, (rate, part) in zip(axes, results.groupby("param_net__dropout"), strict=True):
    for width, line in part.groupby("param_net__n_neurons"):
        ax.errorbar(
            line["param_net__lr"],
            -line["mean_test_score"],
            line["std_test_score"] / np.sqrt(3),
            color=colors[width],
            marker="o",
            capsize=3,
            label=f"{width} units a layer",
        )
    ax.set(xscale="log", xlabel="Learning rate", title=f"Dropout {rate}")
axes[0].set_ylabel("Log loss (3 folds)")
axes[0].legend()
plt.show()
