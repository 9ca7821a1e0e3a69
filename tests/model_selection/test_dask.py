"""A search on a real cluster: two processes of dask.distributed."""

import warnings

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio.estimators import _together
from sknn_bio.model_selection import (
    PopulationSearchCV,
    compare,
    population_cross_validate,
)

distributed = pytest.importorskip(
    "distributed", reason="a search on a cluster needs the extra 'scale'"
)
# dask and tornado warn of what is theirs.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def client():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        )
        with cluster, distributed.Client(cluster) as client:
            yield client


def worked(client):
    """Return how many tasks each worker has done."""
    return client.run(lambda dask_worker: len(dask_worker.state.log))


@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_matrix])
def test_a_search_spreads_and_changes_nothing(
    client, table, classifier, monkeypatch, layout
):
    monkeypatch.setattr(_together, "_CHUNK_MEMBERS", 4)
    X, y = layout(table[0]), table[1]
    net = classifier(n_members=2, dropout=0.2)
    est = make_pipeline(StandardScaler(with_mean=False), net)
    name = "neuralnetbinaryclassifier"
    grid = {f"{name}__n_neurons": [4, 5], f"{name}__lr": [1e-3, 3e-3, 1e-2]}
    search = PopulationSearchCV(est, grid, cv=3, scoring="neg_log_loss")
    here = search.fit(X, y)
    results, best = here.cv_results_, here.predict_proba(X)
    before = worked(client)
    with joblib.parallel_config(backend="dask"):
        there = search.fit(X, y)
    after = worked(client)
    assert len(after) == 2
    assert all(after[worker] > before[worker] for worker in after)
    for key in results:
        if "_test_" in key:
            np.testing.assert_allclose(
                there.cv_results_[key], results[key], atol=1e-6, err_msg=key
            )
    np.testing.assert_allclose(there.predict_proba(X), best, atol=1e-6)


def test_cross_validation_spreads(client, table, classifier, monkeypatch):
    monkeypatch.setattr(_together, "_CHUNK_MEMBERS", 2)
    here = population_cross_validate(classifier(), *table, scoring="neg_log_loss")
    with joblib.parallel_config(backend="dask"):
        there = population_cross_validate(classifier(), *table, scoring="neg_log_loss")
    np.testing.assert_allclose(there["test_score"], here["test_score"], atol=1e-6)


def test_an_error_in_a_worker_is_its_candidate_s(client, table, classifier):
    grid = {"optimizer_params": [None, {"no_such": 1}]}
    search = PopulationSearchCV(classifier(), grid, cv=2, error_score="raise")
    with (
        joblib.parallel_config(backend="dask"),
        pytest.raises(Exception, match="no_such"),
    ):
        search.fit(*table)


def test_a_comparison_spreads_and_changes_nothing(client, table, classifier):
    models = {"network": classifier(), "logistic": LogisticRegression()}
    settings = {"cv": 3, "n_repeats": 1, "scoring": "roc_auc", "random_state": 0}
    here = compare(models, *table, **settings).results
    before = worked(client)
    with joblib.parallel_config(backend="dask"):
        there = compare(models, *table, n_jobs=2, **settings).results
    after = worked(client)
    assert all(after[worker] > before[worker] for worker in after)
    np.testing.assert_allclose(there["value"], here["value"], atol=1e-6)
