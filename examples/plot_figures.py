"""
Which figure answers which question?
====================================

The figures of ``sknn_bio.reporting``, one question each. All of them are display
objects as scikit-learn has them: ``from_estimator`` and ``from_predictions`` compute
and draw, ``ax=`` says where, and ``figure_`` and ``ax_`` are there to go on with.

They have one look: colours that survive colour blindness, and a second cue (dashes,
markers, hatches) for print in grey.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier
from sknn_bio.datasets import load_breast_cancer_table
from sknn_bio.inspection import (
    integrated_gradients,
    permutation_importances,
    stability_selection,
)
from sknn_bio.reporting import (
    AttributionsDisplay,
    ConfusionDisplay,
    GeneHeatmapDisplay,
    HistoryDisplay,
    ImportancesDisplay,
    NetworkDisplay,
    PrecisionRecallBandDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
    RocBandDisplay,
)

table = load_breast_cancer_table()
X_train, X_test, y_train, y_test = train_test_split(
    table.data, table.target, stratify=table.target, random_state=0
)
network = NeuralNetBinaryClassifier(random_state=0)

# %%
# A fitted network shows itself in a notebook: what its "auto" settings became, how it
# learned, and its score on the rows that each member was not trained on.

network.fit(X_train, y_train)

# %%
# What was trained, and how did it learn?
# ---------------------------------------
#
# The sheets are the members of the ensemble; each has its own weights, and its own best
# epoch.

NetworkDisplay.from_estimator(network)
plt.show()

# %%

HistoryDisplay.from_estimator(network)
plt.show()

# %%
# How good is it, and how sure is that?
# -------------------------------------
#
# Bands are 95 % intervals: bootstrap samples of the test rows, or of the patients where
# ``groups=`` says who they are. A dict of scores draws several models on the same rows.

logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(X_train, y_train)
scores = {
    "network": network.predict_proba(X_test)[:, 1],
    "logistic regression": logistic.predict_proba(X_test)[:, 1],
}
figure, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
RocBandDisplay.from_predictions(y_test, scores, ax=axes[0])
PrecisionRecallBandDisplay.from_predictions(y_test, scores, ax=axes[1])
plt.show()

# %%
# With ``X=None`` a figure is drawn from the out-of-fold predictions: no test row is
# touched, and no training row is judged by a member that has seen it.

figure, axes = plt.subplots(1, 2, figsize=(10, 4.8), layout="constrained")
ReliabilityDisplay.from_estimator(network, None, y_train, ax=axes[0])
probability = network.predict_proba(X_test).max(axis=1)
RiskCoverageDisplay.from_predictions(
    y_test, network.predict(X_test), probability, target_error=0.01, ax=axes[1]
)
plt.show()

# %%
# Which columns speak?
# --------------------
#
# A dot is a patient. Where the dots of high values lie at the right, a high value makes
# the tumour more likely to be malignant.

attributions = integrated_gradients(network, X_test)
AttributionsDisplay.from_attributions(attributions, n_features=10)
plt.show()

# %%
# How far each column moves the answer on average; the ticks are the members, each by
# itself. Columns on which they do not agree are not to be built on.

AttributionsDisplay.from_attributions(attributions, kind="bars", n_features=10)
plt.show()

# %%
# What the score loses when a column is shuffled, and which columns are among the most
# important ones in half samples again and again (filled dots). The two ask different
# questions: columns that say the same stand in for each other when one is shuffled. One
# false column is allowed among the stable ones, in expectation.

importances = permutation_importances(network, X_test, y_test, random_state=0)
fast = NeuralNetBinaryClassifier(n_members=1, max_epochs=20, random_state=0)
stable = stability_selection(
    fast, X_train, y_train, max_false=1, n_pairs=10, random_state=0
)
print("Stable:", ", ".join(stable.table.query("selected")["feature"]))
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
ImportancesDisplay.from_importances(importances, n_features=10, ax=axes[0])
ImportancesDisplay.from_importances(stable, n_features=10, ax=axes[1])
plt.show()

# %%
# Several classes
# ---------------
#
# 178 wines of three growers, thirteen measurements: which are taken for which, which
# columns tell them apart, and how these differ between them.

wine = load_wine(as_frame=True)
grower = pd.Series(wine.target_names[wine.target]).str.replace("_", " ")
X_train, X_test, y_train, y_test = train_test_split(
    wine.data, grower, test_size=0.5, stratify=grower, random_state=0
)
growers = NeuralNetClassifier(random_state=0).fit(X_train, y_train)
ConfusionDisplay.from_estimator(growers, X_test, y_test)
plt.show()

# %%

attributions = integrated_gradients(growers, X_test)
AttributionsDisplay.from_attributions(attributions, kind="bars", n_features=8)
plt.show()

# %%
# Columns that behave alike stand side by side, as genes do in a heat map of expression.

figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
GeneHeatmapDisplay.from_attributions(attributions, y_test, n_genes=10, ax=axes[0])
GeneHeatmapDisplay.from_attributions(
    attributions, y_test, n_genes=10, show="rows", ax=axes[1]
)
plt.show()

# %%
# In a paper's column
# -------------------
#
# Letters, lines and markers follow matplotlib's ``font.size``. 85 mm and seven points
# are a column of a paper:

with plt.rc_context({"font.size": 7, "axes.linewidth": 0.6, "figure.dpi": 200}):
    figure, ax = plt.subplots(figsize=(85 / 25.4, 2.6), layout="constrained")
    AttributionsDisplay.from_attributions(
        attributions, label="class 0", n_features=8, ax=ax
    )
    plt.show()
