"""
One comparison: does a network beat boosting, and can it be believed?
=====================================================================

299 patients with heart failure, eleven measurements taken when they came, and whether
they died [1]_. Is a network better here than a forest, boosting or logistic regression,
and by more than luck?

One call answers: the same folds for all models, everything fitted inside them, a test
that knows that folds share their training rows, intervals, and alarms for what makes a
comparison worthless. One more call writes it all on a page.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.datasets import find_table, load_breast_cancer_table
from sknn_bio.model_selection import baselines, compare
from sknn_bio.reporting import ReliabilityDisplay, RocComparisonDisplay

table = find_table("heart_failure", fallback=load_breast_cancer_table)
print(table)

# %%
# The call
# --------
#
# ``baselines`` is the usual set for the table's task, each model in a Pipeline that
# copes with gaps and categories. Three of them are enough here. Folds are stratified,
# and cut anew twice.

ready = baselines(table.data, table.target)
models = {name: ready[name] for name in ("dummy", "logistic", "random_forest")}
models["hist_boosting"] = ready["hist_boosting"]
models["network"] = NeuralNetBinaryClassifier(random_state=0)

comparison = compare(
    models,
    table.data,
    table.target,
    n_repeats=2,
    subgroups=[column for column in ("sex", "mean radius") if column in table.data],
)
print(comparison.verdict())

# %%
# The alarms
# ----------
#
# They come before the scores. In the table of heart failure one fires, and rightly: in
# two columns many patients have exactly the mean of the column, which nobody measures.
# Someone filled gaps with the mean of all patients, those of the test folds among them.
# The harm is small here, and it is good to know.

for alarm in comparison.alarms:
    print(alarm)

# %%
# The scores
# ----------
#
# A bar is a 95 % interval, a tick one fold. Folds differ by more than models do, which
# is why a table of means alone would tell you little.

comparison.plot_scores()
plt.show()

# %%
# What matters is the difference on the *same* folds. The usual paired t-test takes
# folds for independent, which they are not, and finds differences in noise; this one is
# corrected for it. Inside the grey band, differences are too small to matter.

comparison.plot_differences()
plt.show()

for pair in comparison.differences().itertuples():
    if "network" in (pair.a, pair.b):
        print(pair.verdict)

# %%
# Beyond one number
# -----------------
#
# Ranking patients and giving them honest probabilities are two things. Boosting with
# default settings is often too sure of itself on a small table.

fig, axes = plt.subplots(1, 2, figsize=(10.4, 5.4), layout="constrained")
RocComparisonDisplay.from_comparison(comparison, ax=axes[0])
ReliabilityDisplay.from_comparison(comparison, ax=axes[1])
plt.show()

# %%
# Whether a model is of use at the bedside depends on the threshold at which one would
# act: it must be above both the line of treating all and that of treating none.

comparison.plot_net_benefit()
plt.show()

# %%
# A mean can hide a group of patients that a model fails.

subgroups = comparison.subgroups.query("model == 'network' and metric == 'roc_auc'")
print(subgroups[["variable", "level", "n", "value", "low", "high"]].round(2))

# %%
# The page
# --------
#
# All of this, the tables behind the figures, and the call that makes it again go into
# one file that opens anywhere, without a network:

with tempfile.TemporaryDirectory() as folder:
    path = comparison.to_html(Path(folder) / "comparison.html")
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")

# %%
# A leak, and its alarm
# ---------------------
#
# Suppose the ward that a patient was discharged to is left in the table. It is known
# only once the outcome is.

leaky = table.data.assign(discharged_to=(table.target == table.target.max()) * 1.0)
boosting = baselines(leaky, table.target)["hist_boosting"]
spoilt = compare({"boosting": boosting}, leaky, table.target)
print(spoilt.summary()["roc_auc"])
print(next(alarm for alarm in spoilt.alarms if alarm.name == "single_feature"))

# %%
# References
# ----------
#
# .. [1] Chicco, D. & Jurman, G. (2020). Machine learning can predict survival of
#    patients with heart failure from serum creatinine and ejection fraction alone. BMC
#    Medical Informatics and Decision Making 20, 16.
