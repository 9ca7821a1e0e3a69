"""
Heart failure: does depth help a network that has no nonlinearity?
==================================================================

299 patients with heart failure, eleven measurements taken when they came, and whether
they died during the follow-up [1]_. Three networks, trained by plain SGD at a learning
rate of 0.01:

- a linear one, without a hidden layer, which is logistic regression;
- a deeper linear one: two hidden layers whose activation is the identity. A product of
  matrices is a matrix, so it can draw no other boundary than the first;
- the same two layers with ReLU between them, which can.

The length of the follow-up is often left among the columns. It must not be: it ends
with the death, so it tells the answer.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import EpochScoring

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import find_table, load_breast_cancer_table

table = find_table("heart_failure", fallback=load_breast_cancer_table)
X, y = table.data.astype(float), table.target.to_numpy()
print(table)
print(f"The commoner class is {pd.Series(y).value_counts(normalize=True).max():.3f}.")

# %%
# Curves of training and test
# ---------------------------
#
# ``X_val`` and ``y_val`` give the network rows to be watched on: ``history_`` then
# holds their accuracy after each epoch. Here they are the test rows, and that is honest
# only because nothing is chosen by them: ``early_stopping=False`` trains all epochs and
# keeps the last. The accuracy on the training rows is asked for with a callback of
# skorch's, passed as it is.
#
# Ninety test patients make one split a matter of luck (a single patient is a whole
# point), so each network is trained on five.

networks = {
    "Linear": {"n_layers": 0},
    "Deeper linear": {"n_neurons": (64, 32), "activation": "identity"},
    "ReLU": {"n_neurons": (64, 32), "activation": "relu"},
}
splits = list(StratifiedShuffleSplit(5, test_size=0.3, random_state=0).split(X, y))


def train(architecture, train_rows, test_rows):
    """Return the accuracy curves of one network on one split."""
    network = NeuralNetBinaryClassifier(
        **architecture,
        optimizer="sgd",
        lr=0.01,
        lr_schedule="constant",
        weight_decay=0.0,
        dropout=0.0,
        batch_size=16,
        max_epochs=100,
        n_members=1,
        early_stopping=False,
        callbacks=[
            EpochScoring(
                "accuracy", on_train=True, name="accuracy_train", lower_is_better=False
            )
        ],
        monitor="accuracy",
        random_state=0,
    )
    network.fit(
        X.iloc[train_rows],
        y[train_rows],
        X_val=X.iloc[test_rows],
        y_val=y[test_rows],
    )
    return pd.DataFrame(
        {
            "epoch": network.history_["epoch"],
            "training": network.net_.history[:, "accuracy_train"],
            "test": network.history_["accuracy"],
        }
    )


curves = pd.concat(
    train(architecture, *rows).assign(network=name, split=number)
    for name, architecture in networks.items()
    for number, rows in enumerate(splits)
)

# %%
# The answer
# ----------

fig, axes = plt.subplots(1, 3, figsize=(11, 3.8), sharey=True, layout="constrained")
for ax, name in zip(axes, networks, strict=True):
    for part, color, style in [("training", "#E69F00", "--"), ("test", "#0072B2", "-")]:
        own = curves[curves["network"] == name]
        own = own.pivot(index="epoch", columns="split", values=part)
        ax.plot(own, color=color, linewidth=0.6, alpha=0.4)
        ax.plot(own.mean(axis=1), style, color=color, linewidth=2, label=part.title())
    ax.set(title=name, xlabel="Epoch")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#E5E5E5", linewidth=0.6)
axes[0].set_ylabel("Accuracy (thick: mean of five splits)")
axes[0].legend(frameon=False, loc="lower right")
plt.show()

# %%
# Beside them, scikit-learn's logistic regression:

final = curves[curves["epoch"] == curves["epoch"].max()].groupby("network", sort=False)
summary = final[["training", "test"]].agg(["mean", "std"])
logistic = make_pipeline(StandardScaler(), LogisticRegression())
scores = [logistic.fit(X.iloc[a], y[a]).score(X.iloc[b], y[b]) for a, b in splits]
print(summary.round(3))
print(
    f"\nLogistic regression, test: {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}"
)

# %%
# Both linear networks end where logistic regression does. ReLU learns its training
# patients further, and the test patients no better or worse: with 209 patients to learn
# from, what is left to find is not a more bent boundary but less noise. Dropout, weight
# decay, early stopping and several cross-fitted networks, all left out here, are the
# defaults of the library for that reason.
#
# .. [1] Chicco, D. & Jurman, G. (2020). Machine learning can predict survival of
#    patients with heart failure from serum creatinine and ejection fraction alone. BMC
#    Medical Informatics and Decision Making 20, 16.
