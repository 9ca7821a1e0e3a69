"""
Ten classes: which digits does a network confuse?
=================================================

A multiclass job from end to end, on the 1,797 handwritten digits that scikit-learn
bundles: 8 × 8 pixels in, one of ten classes out. ``NeuralNetClassifier`` is used as any
other classifier is; the labels may be strings as well.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetClassifier
from sknn_bio.reporting import plot_history

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.data, digits.target, test_size=0.3, stratify=digits.target, random_state=0
)

# %%
# Three classifiers
# -----------------
#
# Some pixels are white in every picture; a constant column is no error to the network.

models = {
    "Network": NeuralNetClassifier(
        monitor="valid_loss", max_epochs=100, random_state=0
    ),
    "Logistic regression": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=1_000)
    ),
    "Random forest": RandomForestClassifier(random_state=0),
}
rows = {}
for name, model in models.items():
    model.fit(X_train, y_train)
    rows[name] = {
        "accuracy": model.score(X_test, y_test),
        "log loss": log_loss(y_test, model.predict_proba(X_test)),
        "wrong": np.sum(model.predict(X_test) != y_test),
    }
print(f"{len(y_test)} test pictures")
print(pd.DataFrame(rows).T.round(3))

# %%
# How the network learned: eight members, thin, and their mean. Each is stopped on the
# eighth of the training pictures that it did not see.

network = models["Network"]
plot_history(network)
plt.show()

# %%
# Those pictures give an estimate of the score before a test picture is touched:

unseen = network.classes_[network.oof_prediction_.argmax(axis=1)]
print(f"Accuracy on pictures left out of training: {np.mean(unseen == y_train):.3f}")
print(f"Accuracy on test pictures:                 {network.score(X_test, y_test):.3f}")

# %%
# The answer
# ----------

fig, ax = plt.subplots(figsize=(6, 5.4), layout="constrained")
ConfusionMatrixDisplay.from_estimator(
    network, X_test, y_test, ax=ax, cmap="Blues", colorbar=False
)
ax.set(xlabel="Predicted digit", ylabel="True digit")
plt.show()

# %%
# The pictures behind the errors, and how sure the network was:

proba = network.predict_proba(X_test)
predicted = network.classes_[proba.argmax(axis=1)]
wrong = np.flatnonzero(predicted != y_test)
wrong = wrong[np.argsort(-proba[wrong].max(axis=1))][:6]
fig, axes = plt.subplots(1, len(wrong), figsize=(11, 2.4), layout="constrained")
for ax, row in zip(axes, wrong, strict=False):
    ax.set(xticks=[], yticks=[])
    ax.imshow(X_test[row].reshape(8, 8), cmap="gray_r")
    sure = proba[row].max()
    ax.set_title(f"{y_test[row]} read as {predicted[row]}\n({sure:.0%} sure)", size=11)
plt.show()
