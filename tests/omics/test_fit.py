"""From an AnnData to a fitted model: the same model as by ``fit`` itself."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.omics import fit_anndata, predict_anndata
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

# anndata 0.12 sets an option that pandas 3 gave up.
pytestmark = pytest.mark.filterwarnings("ignore:The 'mode.chained_assignment' option")


def test_is_the_model_that_fit_makes(atlas, pipeline):
    model = fit_anndata(pipeline, atlas)
    with sklearn.config_context(enable_metadata_routing=True):
        alone = clone(pipeline).fit(
            atlas.X,
            np.asarray(atlas.obs["cell_type"]),
            genes=atlas.var_names,
            groups=np.asarray(atlas.obs["donor"]),
        )
        answers = [
            m.predict_proba(atlas.X, genes=atlas.var_names) for m in (model, alone)
        ]
    np.testing.assert_array_equal(*answers)
    assert model.classes_.tolist() == ["parental", "resistant"]
    assert not hasattr(pipeline[-1], "population_")  # a clone was fitted
    assert not hasattr(clone(model), "anndata_")


def test_groups_reach_the_inner_split(atlas, pipeline):
    cells = fit_anndata(pipeline, atlas, groups=None)
    donors = fit_anndata(pipeline, atlas)
    assert cells[-1].oof_score_ != donors[-1].oof_score_


def test_batch_reaches_the_choice_of_genes(atlas, network):
    model = make_pipeline(HighlyVariableGenes(n_top_genes=30), LogNormalizer(), network)
    assert fit_anndata(model, atlas, batch="donor")[0].n_batches_.max() == 3
    assert fit_anndata(model, atlas)[0].n_batches_.max() == 1
    with pytest.raises(ValueError, match="batch needs a step that takes it"):
        fit_anndata(network, atlas, batch="donor")


def test_one_donor_is_a_warning(atlas, network):
    atlas.obs["donor"] = "only"
    with pytest.warns(UserWarning, match="groups has one group only"):
        fit_anndata(network, atlas)


def test_places(atlas, network):
    """The matrix of a layer, of raw, of obsm, a view of genes: as their own fit."""
    counts = atlas.X.copy()
    atlas.layers["counts"] = counts
    atlas.raw = atlas
    atlas.X = np.zeros(atlas.shape, dtype=np.float32)
    atlas.obsm["X_pca"] = PCA(5, random_state=0).fit_transform(counts.toarray())
    narrow = atlas[:, :40].copy()
    y, donor = np.asarray(atlas.obs["cell_type"]), np.asarray(atlas.obs["donor"])
    for source, place, X in [
        (atlas, {"layer": "counts"}, counts),
        (narrow, {"use_raw": True}, counts),
        (atlas, {"obsm": "X_pca"}, atlas.obsm["X_pca"]),
        (atlas[:, 20:60], {"layer": "counts"}, counts[:, 20:60]),
        (atlas[::2, [9, 3, 5]], {"layer": "counts"}, counts[::2][:, [9, 3, 5]]),
    ]:
        model = fit_anndata(network, source, **place)
        step = 1 if X.shape[0] == len(y) else 2
        alone = clone(network).fit(X, y[::step], groups=donor[::step])
        np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))
        # The query's matrix is looked for where training's was.
        columns = predict_anndata(model, source.copy())
        expected = alone.predict_proba(X).max(axis=1)
        np.testing.assert_allclose(columns["sknn_probability"], expected, rtol=1e-5)


def test_numbers(atlas, network):
    atlas.obs["depth"] = np.log(np.asarray(atlas.X.sum(axis=1)).ravel())
    regressor = NeuralNetRegressor(n_members=2, max_epochs=60, random_state=0)
    model = fit_anndata(regressor, atlas, "depth")
    columns = predict_anndata(model, atlas)
    assert list(columns) == ["sknn_value"]
    assert np.corrcoef(atlas.obs["sknn_value"], atlas.obs["depth"])[0, 1] > 0.9
    with pytest.raises(
        ValueError, match="a regressor needs numbers.*got '(parental|resistant)'"
    ):
        fit_anndata(regressor, atlas)


def test_models_of_scikit_learn(atlas):
    model = make_pipeline(GeneAligner(), LogNormalizer(), LogisticRegression())
    columns = predict_anndata(fit_anndata(model, atlas), atlas)
    right = columns["sknn_label"].astype(str) == atlas.obs["cell_type"].astype(str)
    assert right.mean() > 0.9


def wrong(name):
    def change(atlas):
        if name == "duplicated":
            names = list(atlas.var_names)
            names[3] = names[0]
            atlas.var_names = names
        elif name == "missing":
            atlas.obs["cell_type"] = atlas.obs["cell_type"].where(
                np.arange(len(atlas)) >= 12
            )
        elif name == "no donor":
            atlas.obs["donor"] = atlas.obs["donor"].where(np.arange(len(atlas)) > 0)
        return atlas

    return change


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
@pytest.mark.parametrize(
    ("change", "given", "said"),
    [
        ("duplicated", {}, "genes must be unique; the reference has 1 more than once"),
        ("missing", {}, "known for every cell.*missing in 12 of 240.*notna"),
        ("no donor", {}, r"groups must be known.*obs\['donor'\] is missing in 1 of"),
        ("", {"target": "celltype"}, "got 'celltype'.*did you mean 'cell_type'"),
        ("", {"groups": "patient"}, "groups must be a column.*groups=None"),
        ("", {"batch": "protocol"}, "batch must be a column of obs"),
        ("", {"layer": "count"}, "no layer 'count' in the AnnData; there is none"),
        ("", {"obsm": "X_pca"}, "no obsm 'X_pca'"),
        ("", {"use_raw": True}, "use_raw=True needs adata.raw"),
        ("", {"use_raw": True, "layer": "x"}, "one of layer, use_raw and obsm"),
    ],
)
def test_wrong_input(atlas, change, given, said):
    with pytest.raises(ValueError, match=said):
        fit_anndata(NeuralNetClassifier(), wrong(change)(atlas), **given)


def test_no_anndata(atlas):
    with pytest.raises(TypeError, match="must be an AnnData or the path"):
        fit_anndata(NeuralNetClassifier(), atlas.X)
    with pytest.raises(ValueError, match="the reference must have cells, got none"):
        fit_anndata(NeuralNetClassifier(), atlas[:0])
    atlas.X = None
    with pytest.raises(ValueError, match="X must be an array.*got NoneType"):
        fit_anndata(NeuralNetClassifier(), atlas)
