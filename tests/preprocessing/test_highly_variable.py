import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline

from sknn_bio.preprocessing import (
    ExpressionScaleWarning,
    HighlyVariableGenes,
    LogNormalizer,
)


@pytest.mark.parametrize("as_dense", [False, True])
@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("flavor", ["seurat_v3", "dispersion"])
def test_genes_and_scores_are_those_of_scanpy(
    cells, answers, flavor, batched, as_dense
):
    X, batch = cells
    if flavor == "dispersion":
        X = LogNormalizer().fit_transform(X)
    X = X.toarray() if as_dense else X
    genes = HighlyVariableGenes(n_top_genes=100, flavor=flavor)
    genes.fit(X, batch=batch if batched else None)
    name = f"{flavor}{'_batch' if batched else ''}"
    assert genes.get_support(indices=True).tolist() == answers[name]
    theirs = np.array(answers[f"{name}_scores"])
    np.testing.assert_allclose(genes.scores_[:20], theirs, rtol=2e-6)


def test_a_gene_beyond_its_mean_comes_first(cells):
    X = cells[0].toarray()
    X[::10, 5] += 60
    genes = HighlyVariableGenes(n_top_genes=10).fit(X)
    assert genes.ranking_[5] < 10
    assert sorted(genes.ranking_) == list(range(400))
    assert genes.get_feature_names_out().tolist() == [
        f"x{i}" for i in np.flatnonzero(genes.ranking_ < 10)
    ]


def test_what_differs_between_batches_is_not_variation():
    rng = np.random.RandomState(0)
    batch = np.repeat(["a", "b"], 150)
    X = rng.poisson(rng.gamma(3, 2, 80), (300, 80))
    X[:, 0] = rng.poisson(np.where(batch == "a", 2, 10))
    X[::3, 1] *= 5
    alone = HighlyVariableGenes(n_top_genes=2).fit(X)
    together = HighlyVariableGenes(n_top_genes=2).fit(X, batch=batch)
    assert alone.get_support(indices=True).tolist() == [0, 1]
    assert together.ranking_[0] > 2
    assert together.ranking_[1] == 0
    assert together.n_batches_[1] == 2


def test_fewer_genes_than_asked_for_are_all_kept(cells):
    assert HighlyVariableGenes().fit(cells[0]).support_.all()


@pytest.mark.parametrize("flavor", ["seurat_v3", "dispersion"])
def test_constant_and_silent_genes_come_last(cells, flavor):
    X = np.hstack([np.zeros((300, 2)), np.ones((300, 1)), cells[0].toarray() % 5 / 3])
    X = np.ceil(X) if flavor == "seurat_v3" else X
    genes = HighlyVariableGenes(n_top_genes=50, flavor=flavor).fit(X)
    assert not genes.support_[:3].any()
    assert genes.support_.sum() == 50


@pytest.mark.parametrize("flavor", ["seurat_v3", "dispersion"])
@pytest.mark.filterwarnings("ignore::sknn_bio.preprocessing.ExpressionScaleWarning")
def test_a_table_without_variation_is_no_error(flavor):
    for X in (np.zeros((4, 5)), np.ones((4, 5)), sparse.csr_matrix((4, 5))):
        genes = HighlyVariableGenes(n_top_genes=2, flavor=flavor)
        assert genes.fit(X, batch=[0, 0, 1, 1]).support_.sum() == 2


def test_batch_is_routed_and_cut_to_the_folds(cells):
    X, batch = cells
    y = np.arange(300) % 2
    pipeline = make_pipeline(
        HighlyVariableGenes(n_top_genes=20), LogNormalizer(), LogisticRegression()
    )
    with sklearn.config_context(enable_metadata_routing=True):
        fitted = cross_validate(
            pipeline, X, y, cv=3, params={"batch": batch}, return_estimator=True
        )["estimator"]
    assert all(f[0].n_batches_.max() == 2 for f in fitted)
    assert pipeline.fit(X, y, highlyvariablegenes__batch=batch)[0].n_batches_.max() == 2


def test_a_batch_of_one_cell_is_left_out(cells):
    X, batch = cells[0], cells[1].astype("<U4")
    batch[0] = "lone"
    with pytest.warns(UserWarning, match="left out: .*lone"):
        HighlyVariableGenes(n_top_genes=100).fit(X, batch=batch)
    with pytest.raises(ValueError, match="must have two cells"):
        HighlyVariableGenes().fit(X[:3], batch=[1, 2, 3])


def test_unknown_batches_are_refused(cells):
    batch = cells[1].astype(object)
    batch[3] = None
    with pytest.raises(ValueError, match="known for every cell, got 1 missing"):
        HighlyVariableGenes().fit(cells[0], batch=batch)


def test_logs_for_counts_and_counts_for_logs_are_noticed(cells):
    counts = cells[0]
    logs = LogNormalizer().fit_transform(counts)
    with pytest.warns(ExpressionScaleWarning, match="expects counts.*looks like logs"):
        HighlyVariableGenes().fit(logs)
    dispersion = HighlyVariableGenes(flavor="dispersion")
    with pytest.warns(ExpressionScaleWarning, match="looks like counts.*LogNormalizer"):
        dispersion.fit(counts)
    with pytest.raises(
        ValueError, match="at most 500, got 9000: these look like counts"
    ):
        dispersion.fit([[1.0, 9000.0], [2.0, 1.0]])
