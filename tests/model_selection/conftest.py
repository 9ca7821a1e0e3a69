"""Small tables, small networks, and what it means for two searches to agree."""

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import GridSearchCV

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.model_selection import PopulationSearchCV

SMALL = {"n_neurons": 6, "max_epochs": 4, "dropout": 0.0, "random_state": 0}


@pytest.fixture(scope="session")
def table():
    return make_classification(
        90, 6, n_informative=3, flip_y=0.2, class_sep=0.7, random_state=0
    )


@pytest.fixture(scope="session")
def numbers():
    X, y = make_regression(80, 5, n_informative=3, noise=20.0, random_state=0)
    return X, y + 300.0


@pytest.fixture
def classifier():
    return lambda **params: NeuralNetBinaryClassifier(
        **{**SMALL, "n_members": 1, **params}
    )


@pytest.fixture
def regressor():
    return lambda **params: NeuralNetRegressor(**{**SMALL, "n_members": 1, **params})


@pytest.fixture
def agree():
    """Run both searches, hold one against the other, and return ours."""

    def run(estimator, grid, X, y, fit_params=None, atol=1e-4, **options):
        fit_params = fit_params or {}
        options = {"cv": 3, "scoring": "neg_log_loss", **options}
        theirs = GridSearchCV(estimator, grid, **options).fit(X, y, **fit_params)
        ours = PopulationSearchCV(estimator, grid, **options).fit(X, y, **fit_params)
        same_results(ours, theirs, atol)
        return ours

    return run


def same_results(ours, theirs, atol):
    a, b = ours.cv_results_, theirs.cv_results_
    assert list(a) == list(b)
    for key in b:
        if key == "params" or key.endswith("_time"):
            continue
        if key.startswith("param_"):
            assert list(map(str, a[key])) == list(map(str, b[key])), key
        elif "_test_" in key or "_train_" in key:
            if not key.startswith("rank"):
                np.testing.assert_allclose(a[key], b[key], atol=atol, err_msg=key)
    assert list(map(str, a["params"])) == list(map(str, b["params"]))
    for name in ("n_splits_", "multimetric_"):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name
    assert hasattr(ours, "best_estimator_") == hasattr(theirs, "best_estimator_")
    if hasattr(theirs, "best_index_") and ours.best_index_ != theirs.best_index_:
        mean = b["mean_test_score"]  # equals, up to rounding
        assert mean[ours.best_index_] == pytest.approx(theirs.best_score_, abs=1e-6)
    if hasattr(theirs, "best_score_"):
        assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=atol)
