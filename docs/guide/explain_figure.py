"""Draw attributions of single patients, and what a score loses without columns."""

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import load_breast_cancer_table
from sknn_bio.inspection import integrated_gradients, permutation_importances
from sknn_bio.reporting import AttributionsDisplay, ImportancesDisplay

table = load_breast_cancer_table()
X, X_test, y, y_test = train_test_split(
    table.data, table.target, stratify=table.target, random_state=0
)
net = NeuralNetBinaryClassifier(max_epochs=60, random_state=0).fit(X, y)
found = integrated_gradients(net, X_test)
lost = permutation_importances(
    net,
    X_test,
    y_test,
    scoring="roc_auc",
    feature_groups="correlated",
    random_state=0,
)

fig, (left, right) = plt.subplots(2, 1, figsize=(6.2, 7.2), layout="constrained")
AttributionsDisplay.from_attributions(found, n_features=8, ax=left)
ImportancesDisplay.from_importances(lost, ax=right)
right.set_xlabel("Fall of the ROC AUC when permuted")
plt.show()
