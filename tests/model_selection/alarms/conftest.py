"""Tables to look for alarms in, and how the tests look."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    StratifiedKFold,
)

from sknn_bio.datasets import simulate_cohorts
from sknn_bio.model_selection._alarms import Alarm, find_alarms

NO_PREDICTIONS = pd.DataFrame()


def _alarms_of(X, y, *, groups=None, cv=None, test=None, predictions=NO_PREDICTIONS):
    """Return the alarms by name."""
    y = np.asarray(y)
    task = "regression" if y.dtype.kind == "f" else "binary"
    if task == "binary" and len(np.unique(y)) > 2:
        task = "multiclass"
    if cv is None:
        folds = KFold if task == "regression" else StratifiedKFold
        cv = folds(5, shuffle=True, random_state=0)
    asked = groups if isinstance(cv, GroupKFold | LeaveOneGroupOut) else None
    splits = [(0, n, a, b) for n, (a, b) in enumerate(cv.split(X, y, asked))]
    found = find_alarms(
        X=X,
        y=y,
        groups=groups,
        splits=splits,
        task=task,
        predictions=predictions,
        test=test,
    )
    assert all(isinstance(alarm, Alarm) for alarm in found)
    for alarm in found:
        assert alarm.message.endswith(".") and alarm.evidence and alarm.reference
    assert [a.severity for a in found] == sorted(a.severity for a in found)
    return {alarm.name: alarm for alarm in found}


def _predicted(proba, y_true, classes=("control", "disease"), model="a model"):
    """Return what compare() keeps of one fold."""
    columns = {
        f"proba_{c}": p for c, p in zip(classes, [1 - proba, proba], strict=True)
    }
    return pd.DataFrame(
        {
            "model": model,
            "repeat": 0,
            "fold": 0,
            "row": np.arange(len(proba)),
            "y_true": y_true,
            **columns,
        }
    )


def _clinic(seed, n_samples=300):
    """Return a clinical table: few values, gaps, categories, a modest signal."""
    rng = np.random.default_rng(seed)
    age = rng.integers(30, 90, n_samples)
    stage = rng.choice(["I", "II", "III"], n_samples, p=[0.5, 0.3, 0.2])
    marker = rng.lognormal(2, 0.5, n_samples).round(1)
    marker[rng.random(n_samples) < 0.1] = np.nan
    ill = rng.random(n_samples) < 1 / (1 + np.exp(3 - age / 25 - (stage == "III")))
    data = pd.DataFrame(
        {
            "age": age,
            "sex": pd.Categorical(rng.choice(["f", "m"], n_samples)),
            "stage": pd.Categorical(stage),
            "marker": marker,
            "smoker": rng.random(n_samples) < 0.3,
        }
    )
    return data, np.where(ill, "disease", "control")


def _cells(seed):
    train = simulate_cohorts(n_cells=(400, 2), n_genes=200, random_state=seed).train
    return train.counts, train.labels


@pytest.fixture
def alarms_of():
    """Alarms of a table, by name: ``alarms_of(X, y, groups=, cv=, test=, ...)``."""
    return _alarms_of


@pytest.fixture
def predicted():
    """What compare() keeps of one fold: ``predicted(proba, y_true, classes=)``."""
    return _predicted


@pytest.fixture
def clinic():
    """A clinical table: ``clinic(seed)`` returns X and y."""
    return _clinic


@pytest.fixture
def cells():
    """Sparse counts: ``cells(seed)`` returns X and y."""
    return _cells
