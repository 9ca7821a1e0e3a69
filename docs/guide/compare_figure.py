"""Draw what the page of a comparison shows first: scores, and paired differences."""

import matplotlib.pyplot as plt

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import load_breast_cancer_table
from sknn_bio.model_selection import baselines, compare
from sknn_bio.reporting import DifferencesDisplay, ScoresDisplay

table = load_breast_cancer_table()
ready = baselines(table.data, table.target)
models = {name: ready[name] for name in ("logistic", "random_forest", "hist_boosting")}
models["network"] = NeuralNetBinaryClassifier(max_epochs=20, random_state=0)
comparison = compare(models, table.data, table.target)

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6, 4.4), layout="constrained")
ScoresDisplay.from_comparison(comparison, ax=top)
top.locator_params(axis="x", nbins=5)
DifferencesDisplay.from_comparison(comparison, ax=bottom)
