"""How ``explanations.py`` ranks genes: our ways, and those of others."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import ttest_ind
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.inspection import integrated_gradients, permutation_importances

FOLDS, REPEATS = 5, 2


def gradients(X: Any, y: np.ndarray) -> np.ndarray:
    net = NeuralNetBinaryClassifier(random_state=0).fit(X, y)
    return np.abs(integrated_gradients(net, X).values).mean(0)


def out_of_fold(model: Any, X: Any, y: np.ndarray) -> np.ndarray:
    """Permutation importance for the log loss, on the test rows of five folds."""
    found = permutation_importances(
        model, X, y, cv=FOLDS, n_repeats=REPEATS, scoring="neg_log_loss", random_state=0
    )
    return found.values.mean(1)


def permutation(X: Any, y: np.ndarray) -> np.ndarray:
    return out_of_fold(NeuralNetBinaryClassifier(random_state=0), X, y)


def _xgboost() -> Any:
    import xgboost

    return xgboost.XGBClassifier(n_jobs=1, random_state=0)


def gain(X: Any, y: np.ndarray) -> np.ndarray:
    return _xgboost().fit(X, y).feature_importances_


def gain_permutation(X: Any, y: np.ndarray) -> np.ndarray:
    return out_of_fold(_xgboost(), X, y)


def elastic_net(X: Any, y: np.ndarray) -> np.ndarray:
    model = LogisticRegressionCV(
        Cs=np.logspace(-2, 0, 5),
        l1_ratios=[0.5],
        solver="saga",
        cv=5,
        scoring="neg_log_loss",
        tol=1e-2,
        max_iter=300,
        random_state=0,
        use_legacy_attributes=False,
    )
    fitted = make_pipeline(StandardScaler(), model).fit(X, y)
    return np.abs(fitted[-1].coef_[0])


def t_test(X: Any, y: np.ndarray) -> np.ndarray:
    X = np.asarray(X)
    return np.abs(ttest_ind(X[y == 1], X[y == 0]).statistic)


RANKINGS: dict[str, Callable[[Any, np.ndarray], np.ndarray]] = {
    "integrated gradients": gradients,
    "permutation, out of fold": permutation,
    "XGBoost, gain": gain,
    "XGBoost, permutation, out of fold": gain_permutation,
    "elastic net": elastic_net,
    "t-test": t_test,
}


def ranked(name: str, X: Any, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the columns that count, the most important first, and CPU seconds."""
    start = time.process_time()
    importance = np.nan_to_num(RANKINGS[name](X, y))
    seconds = time.process_time() - start
    order = np.argsort(-importance, kind="stable")
    return order[importance[order] > 0], seconds
