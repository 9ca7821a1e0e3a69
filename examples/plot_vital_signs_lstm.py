"""
Vital signs: can a Pipeline hold a network of your own?
=======================================================

A table has no order among its columns; a chart at the bedside has. Here each patient is
48 hours of heart rate and blood pressure, and what matters is which of two events comes
first: a heart that races *before* the pressure falls belongs to a patient who
worsens, the other way round to one who recovers. The events come at any hour, so no
single column says anything.

The estimators take any ``torch.nn.Module`` class in ``module=``, and its own parameters
as ``module__...`` in a grid. All else, from the Pipeline to early stopping, stays as it
is.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier

HOURS, SIGNALS = 48, 2


def simulate_charts(n_patients, rng):
    """Return hourly charts (n_patients, HOURS * SIGNALS) and how the stay went."""
    noise = rng.normal(size=(n_patients, HOURS, SIGNALS))
    for hour in range(1, HOURS):
        noise[:, hour] = 0.6 * noise[:, hour - 1] + 0.8 * noise[:, hour]

    def event(start):
        since = np.arange(HOURS) - start[:, None]
        return np.clip(since + 1, 0, 3) / 3 * (since < 5)

    start = rng.integers(2, HOURS - 10, n_patients)
    first, second = event(start), event(start + rng.integers(2, 7, n_patients))
    ill = rng.random(n_patients) < 0.5
    rate = np.where(ill[:, None], first, second)
    pressure = np.where(ill[:, None], second, first)
    level = rng.normal([80, 85], 10, (n_patients, SIGNALS))
    charts = level[:, None, :] + 5 * noise
    charts += 18 * np.stack([rate, -pressure], axis=2)
    y = np.where(ill, "worsens", "recovers")
    return charts.reshape(n_patients, -1), y


rng = np.random.default_rng(0)
X_train, y_train = simulate_charts(600, rng)
X_test, y_test = simulate_charts(1_000, rng)

# %%
# The patient of each kind whose events stand out most. In the others the noise and the
# patient's own level hide them better.

charts = X_train.reshape(-1, HOURS, SIGNALS)
away = np.abs(charts - np.median(charts, axis=1, keepdims=True)).max(axis=1).sum(axis=1)
fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
for ax, outcome in zip(axes, np.unique(y_train), strict=True):
    chart = charts[np.argmax(away * (y_train == outcome))]
    ax.plot(chart[:, 0], color="#D55E00", lw=2, label="Heart rate (1/min)")
    ax.plot(chart[:, 1], "--", color="#0072B2", lw=2, label="Mean pressure (mmHg)")
    ax.set(title=f"A patient who {outcome}", xlabel="Hour")
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="#E5E5E5", linewidth=0.6)
axes[0].set_ylabel("1/min or mmHg")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()

# %%
# A module of your own
# --------------------
#
# It is built with ``d_in``, ``d_out`` and the parameters that you name, receives rows
# of ``d_in`` numbers and returns ``d_out`` of them (one for two classes: the log-odds).
# The series comes flat, as scikit-learn passes it, and is folded again inside.


class LSTM(nn.Module):
    """Input (B, hours * signals) → output (B, d_out)."""

    def __init__(self, d_in, d_out, hidden=16, n_signals=SIGNALS):
        super().__init__()
        self.n_signals = n_signals
        self.lstm = nn.LSTM(n_signals, hidden, batch_first=True)
        self.head = nn.Linear(hidden, d_out)

    def forward(self, x):
        states, _ = self.lstm(x.reshape(len(x), -1, self.n_signals))
        return self.head(states.amax(dim=1))  # the hour that says most


# %%
# In a Pipeline, in a grid search
# -------------------------------

pipeline = Pipeline(
    [
        ("scale", StandardScaler()),
        (
            "net",
            NeuralNetBinaryClassifier(
                module=LSTM,
                n_members=1,
                lr=1e-2,
                batch_size=64,
                max_epochs=60,
                random_state=0,
            ),
        ),
    ]
)
search = GridSearchCV(
    pipeline, {"net__module__hidden": [8, 32]}, scoring="roc_auc", cv=3
)
search.fit(X_train, y_train)
columns = ["param_net__module__hidden", "mean_test_score", "std_test_score"]
print(pd.DataFrame(search.cv_results_)[columns].round(3).to_string(index=False))

# %%
# The answer
# ----------
#
# Beside the LSTM, two models to which hour 7 and hour 8 are two unrelated columns: the
# library's own network, and gradient boosting.

models = {
    f"LSTM, {search.best_params_['net__module__hidden']} units": search,
    "Network without order": NeuralNetBinaryClassifier(random_state=0),
    "Gradient boosting": HistGradientBoostingClassifier(random_state=0),
}
areas = {}
for name, model in models.items():
    if model is not search:
        model.fit(X_train, y_train)
    positive = model.classes_[1]
    score = model.predict_proba(X_test)[:, 1]
    areas[name] = roc_auc_score(y_test == positive, score)
    print(f"{name}: ROC AUC {areas[name]:.3f} (positive: {positive})")

# %%
# The order of the hours is knowledge, and a module is how to state it. It does not come
# from the training: 600 patients are enough for the LSTM to find the rule, and too few
# for a model that must learn it anew at each hour.
