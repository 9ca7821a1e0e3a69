"""
Two cohorts of cells: does a network hold where it was not trained?
===================================================================

A network is trained on single cells of one cohort, to tell drug-resistant cells from
their parental ones, and asked about cells that were sequenced elsewhere. In the second
cohort each gene is captured differently, cells hold fewer counts, and weak genes drop
out more often; that shift is the question.

The cells are simulated, so the answer is known: sixty of 1,253 genes depend on the
label. A tenth of the size of such a study is used here; ``SKNN_BIO_FULL=1`` in the
environment makes it 17,202 and 1,636 cells.
"""

import os
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.reporting import plot_history, plot_roc_curves

full = bool(os.environ.get("SKNN_BIO_FULL"))
n_cells = (17_202, 1_636) if full else (1_720, 164)
cohorts = simulate_cohorts(n_cells=n_cells, random_state=0)
print("to train on:", cohorts.train)
print("to ask:     ", cohorts.test)

# %%
# The network
# -----------
#
# Two hidden layers by the two-thirds rule: as many units as two thirds of the inputs
# and outputs together, which is 836 for 1,253 genes. ReLU, dropout of 0.2, Adam,
# batches of 512 cells; a fifth of the training cells is held out, and the epoch with
# the best ROC AUC on them is kept.
#
# The counts stay sparse all the way: they are brought to ten thousand a cell and to the
# log scale by scikit-learn's transformers, and the network makes dense one batch at a
# time.


def log_per_10k(share):
    """Log of one plus counts per ten thousand; zeros stay zeros."""
    return (share * 1e4).log1p()


def normalized(model):
    """Return a Pipeline that takes raw counts."""
    log = FunctionTransformer(log_per_10k, accept_sparse=True)
    return make_pipeline(Normalizer(norm="l1"), log, model)


network = normalized(
    NeuralNetBinaryClassifier(
        n_neurons="two_thirds",
        n_layers=2,
        activation="relu",
        dropout=0.2,
        optimizer="adam",
        weight_decay=0.0,
        batch_size=512,
        monitor="roc_auc",
        n_members=1,
        max_epochs=20,
        patience=5,
        random_state=0,
    )
)
network.fit(cohorts.train.counts, cohorts.train.labels)
settings = network[-1].resolve_defaults(cohorts.train.counts, cohorts.train.labels)
print("units a layer:", settings["n_neurons"])
print("best epoch:   ", network[-1].best_epoch_[0])

# %%
# A few epochs teach it what holds for other cells too, the later ones only these cells
# by heart.

plot_history(network)
plt.show()

# %%
# Saved and loaded again
# ----------------------
#
# A fitted Pipeline is a file, counts in and probabilities out. (Use joblib for files of
# your own making only: a pickle can run anything when it is opened.)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "resistance.joblib"
    joblib.dump(network, path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    loaded = joblib.load(path)

proba = loaded.predict_proba(cohorts.test.counts)
assert np.array_equal(proba, network.predict_proba(cohorts.test.counts))

# %%
# XGBoost beside it
# -----------------

positive = network.classes_[1]
y_train, y_test = (c.labels == positive for c in (cohorts.train, cohorts.test))
scores = {"Network": proba[:, 1]}
try:
    from xgboost import XGBClassifier
except ImportError:
    print('XGBoost is left out; to see it: pip install "sknn-bio[baselines]"')
else:
    boosting = normalized(XGBClassifier(n_jobs=1, random_state=0))
    boosting.fit(cohorts.train.counts, y_train)
    scores["XGBoost"] = boosting.predict_proba(cohorts.test.counts)[:, 1]

plot_roc_curves(
    {name: [(y_test, score)] for name, score in scores.items()},
    pos_label=True,
    pos_label_name=positive,
)
plt.show()

# %%
# The answer
# ----------
#
# The cells of the second cohort are few, so the area is drawn anew from resampled cells
# to say how sure it is.

rng = np.random.default_rng(0)
resamples = rng.integers(len(y_test), size=(500, len(y_test)))


def spread(score_of):
    """Return the standard deviation over resampled cells."""
    return np.std([score_of(rows) for rows in resamples], ddof=1)


inner = network[-1].history_["roc_auc"].max()
print(f"Positive class: {positive}.")
print(f"Network, held-out cells of its own cohort: ROC AUC {inner:.3f}")
for name, score in scores.items():
    area = roc_auc_score(y_test, score)
    error = spread(lambda rows, s=score: roc_auc_score(y_test[rows], s[rows]))
    print(f"{name}, the other cohort: ROC AUC {area:.3f} ± {error:.3f}")
if "XGBoost" in scores:
    ahead = roc_auc_score(y_test, scores["Network"])
    ahead -= roc_auc_score(y_test, scores["XGBoost"])
    error = spread(
        lambda rows: (
            roc_auc_score(y_test[rows], scores["Network"][rows])
            - roc_auc_score(y_test[rows], scores["XGBoost"][rows])
        )
    )
    print(f"Network ahead of XGBoost by {ahead:+.3f} ± {error:.3f}")

# %%
# With these few cells the two are level. At the full size they are not: this recipe is
# then at its best after a single epoch and reaches 0.893 ± 0.008 in the other cohort,
# XGBoost 0.915 ± 0.007.
#
# The ranks survive this shift, for the network as for XGBoost. A threshold need not:
# where counts are fewer, all probabilities may move together, and with them the share
# of cells that is called resistant. It is worth a look:

for name, score in scores.items():
    called = np.mean(score > 0.5)
    print(f"{name} calls {called:.0%} {positive}; {y_test.mean():.0%} are.")
