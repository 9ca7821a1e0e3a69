"""Predictions into obs: right, told where they come from, and all or nothing."""

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetClassifier, __version__
from sknn_bio.omics import RejectOption, _cells, fit_anndata, predict_anndata
from sknn_bio.preprocessing import (
    ExpressionScaleWarning,
    GeneAligner,
    HighlyVariableGenes,
    LogNormalizer,
)

# anndata 0.12 sets an option that pandas 3 gave up.
pytestmark = pytest.mark.filterwarnings("ignore:The 'mode.chained_assignment' option")


@pytest.fixture
def model(atlas, pipeline):
    return fit_anndata(pipeline, atlas)


@pytest.fixture
def bare(atlas, network):
    """Without a GeneAligner."""
    return fit_anndata(make_pipeline(LogNormalizer(), network), atlas)


def test_columns(model, cohorts, query):
    """Those of a DataFrame with its genes in order, whatever the order in the query."""
    columns = predict_anndata(model, query)
    frame = pd.DataFrame(cohorts.test.counts.toarray(), columns=cohorts.genes)
    proba = model.predict_proba(frame)
    np.testing.assert_allclose(columns["sknn_probability"], proba.max(1), rtol=1e-5)
    margin = abs(proba[:, 0] - proba[:, 1])
    np.testing.assert_allclose(columns["sknn_margin"], margin, atol=1e-5)
    assert columns["sknn_label"].tolist() == model.predict(frame).tolist()
    assert (columns["sknn_label"] == cohorts.test.labels).mean() > 0.8
    assert isinstance(columns["sknn_label"].dtype, pd.CategoricalDtype)
    assert columns.index.equals(query.obs_names)
    pd.testing.assert_frame_equal(query.obs[list(columns)], columns)


def test_key_and_a_second_time(model, query):
    predict_anndata(model, query)
    predict_anndata(model, query, key_added="again")
    predict_anndata(model, query, key_added="again")
    names = ["label", "probability", "margin"]
    expected = [f"{key}_{name}" for key in ("sknn", "again") for name in names]
    assert list(query.obs) == ["donor", *expected]
    assert {"sknn", "again"} == set(query.uns)


def test_blocks(model, query, monkeypatch):
    whole = predict_anndata(model, query)
    monkeypatch.setattr(_cells, "_BLOCK_NUMBERS", 7 * query.n_vars)
    pieces = predict_anndata(model, query)
    assert pieces.index.equals(whole.index)
    assert pieces["sknn_label"].tolist() == whole["sknn_label"].tolist()
    np.testing.assert_allclose(
        pieces["sknn_probability"], whole["sknn_probability"], rtol=1e-5
    )


def test_a_warning_comes_once(model, query, monkeypatch):
    monkeypatch.setattr(_cells, "_BLOCK_NUMBERS", 7 * query.n_vars)
    with pytest.warns(UserWarning, match="the query lacks 30 of 150 genes") as caught:
        predict_anndata(model, query[:, :120].copy())
    (ours,) = (each for each in caught if "the query lacks" in str(each.message))
    assert ours.filename == __file__


def test_provenance(model, query):
    with pytest.warns(UserWarning, match="lacks 30"):
        predict_anndata(model, kept := query[:, :120].copy())
    told = kept.uns["sknn"]
    assert told["model"] == "Pipeline(GeneAligner, LogNormalizer, NeuralNetClassifier)"
    assert told["version"] == __version__
    assert told["target"] == "cell_type" and told["matrix"] == "X"
    assert told["n_cells"] == 90 and told["n_cells_of_training"] == 240
    genes = told["genes"]
    assert (genes["found"], genes["of_training"], genes["share"]) == (120, 150, 0.8)
    assert set(genes["missing"]) == set(query.var_names[120:])
    settings = told["settings"]
    assert settings["neuralnetclassifier__early_stopping"] is True  # was "auto"
    assert settings["neuralnetclassifier__n_neurons"] == "(16, 16)"
    assert settings["lognormalizer__target_sum"] == 1e4
    assert "auto" not in {
        settings[f"neuralnetclassifier__{name}"]
        for name in ("monitor", "input_scaling", "precision", "loss")
    }
    assert pd.Timestamp(told["time"]).tzinfo is not None


def test_joblib(model, bare, query, atlas, tmp_path):
    for each, cells in ((model, query), (bare, atlas)):
        joblib.dump(each, tmp_path / "model.joblib")
        loaded = joblib.load(tmp_path / "model.joblib")
        pd.testing.assert_frame_equal(
            predict_anndata(loaded, cells), predict_anndata(each, cells)
        )


def test_order_without_an_aligner(bare, atlas, query):
    columns = predict_anndata(bare, atlas)
    assert (columns["sknn_label"] == atlas.obs["cell_type"].to_numpy()).mean() > 0.8
    ours, theirs = atlas.var_names, query.var_names
    assert ours[0] != theirs[0]
    said = rf"in another order: from gene 1, \['{theirs[0]}'.* of \['{ours[0]}'"
    with pytest.raises(ValueError, match=said):
        predict_anndata(bare, query)
    swapped = atlas[:, [0, 2, 1, *range(3, 150)]].copy()
    with pytest.raises(ValueError, match="from gene 2, .*put a GeneAligner first"):
        predict_anndata(bare, swapped)
    with pytest.raises(ValueError, match=r"lacks 1 \(GENE00001\)"):
        predict_anndata(bare, atlas[:, 1:].copy())
    narrow = fit_anndata(bare, atlas[:, :149])
    with pytest.raises(ValueError, match="and 1 others in another.* gene 150"):
        predict_anndata(narrow, atlas)
    assert list(query.obs) == ["donor"] and not query.uns


@pytest.mark.parametrize("kind", ["model", "bare"])
def test_no_gene_in_common(kind, query, request):
    query.var_names = [f"ENSG{i:011d}" for i in range(150)]
    with pytest.raises(ValueError, match="query uses Ensembl ids.*reference uses symb"):
        predict_anndata(request.getfixturevalue(kind), query)
    assert list(query.obs) == ["donor"] and not query.uns


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_duplicated_genes(model, query):
    query.var_names = ["A", "A", *query.var_names[2:]]
    with pytest.raises(ValueError, match="the query has 1 more than once"):
        predict_anndata(model, query)
    assert list(query.obs) == ["donor"]


@pytest.mark.parametrize("aligns", [True, False])
def test_counts_or_logs(atlas, query, network, aligns):
    """Noticed both ways; where warnings are errors, nothing is written."""
    steps = [GeneAligner()] if aligns else []
    counted = fit_anndata(make_pipeline(*steps, network), atlas)
    logs = atlas.copy()
    logs.X = LogNormalizer().fit_transform(atlas.X)
    logged = fit_anndata(make_pipeline(*steps, network), logs)
    for model, cells in ((counted, logs), (logged, atlas)):
        kept = list(cells.obs)
        with pytest.raises(ExpressionScaleWarning, match="give both as"):
            predict_anndata(model, cells)
        assert list(cells.obs) == kept and not cells.uns
        with pytest.warns(ExpressionScaleWarning):
            predict_anndata(model, cells)


def test_models_fitted_elsewhere(atlas, query, cohorts, network):
    labels = np.asarray(atlas.obs["cell_type"])
    model = LogisticRegression(max_iter=50).fit(atlas.X.toarray() / 9, labels)
    with pytest.raises(ValueError, match="must know its genes.*fit it by fit_anndata"):
        predict_anndata(model, query)
    frame = pd.DataFrame(atlas.X.toarray(), columns=atlas.var_names)
    model = network.fit(frame, labels)
    with pytest.raises(ValueError, match="in another order"):
        predict_anndata(model, query)
    atlas.X = atlas.X.toarray()
    columns = predict_anndata(model, atlas)  # and no word on names of features
    assert columns["sknn_label"].tolist() == model.predict(frame).tolist()


def test_a_search(atlas, network):
    grid = GridSearchCV(
        make_pipeline(HighlyVariableGenes(n_top_genes=50), LogNormalizer(), network),
        {"neuralnetclassifier__lr": [1e-4, 1e-2]},
        cv=2,
    )
    search = fit_anndata(grid, atlas)
    columns = predict_anndata(search, atlas)
    assert columns["sknn_label"].tolist() == search.predict(atlas.X).tolist()
    assert atlas.uns["sknn"]["model"].startswith("GridSearchCV(Pipeline(Highly")


class Careful(ClassifierMixin, BaseEstimator):
    """Says "unknown" of cells with few counts, as a RejectOption may."""

    def fit(self, X, y):
        self.unknown_label_ = "unknown"
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile([0.3, 0.7], (X.shape[0], 1))

    def predict(self, X):
        few = np.asarray(X.sum(axis=1)).ravel() < 150
        return np.where(few, self.unknown_label_, self.classes_[1])


def test_unknown(atlas):
    columns = predict_anndata(fit_anndata(Careful(), atlas), atlas)
    few = np.asarray(atlas.X.sum(axis=1)).ravel() < 150
    assert 0 < few.sum() < len(few)
    np.testing.assert_array_equal(columns["sknn_unknown"], few)
    assert set(columns["sknn_label"]) == {"unknown", "resistant"}
    assert atlas.obs["sknn_unknown"].dtype == bool


@pytest.mark.filterwarnings("ignore:an error of target_error")
def test_reject_option(atlas, query, pipeline):
    """Genes and donors reach the Pipeline within it."""
    option = RejectOption(pipeline, cv=3)
    model = fit_anndata(option, atlas)
    columns = predict_anndata(model, query)
    with sklearn.config_context(enable_metadata_routing=True):
        accepted = model.accepts(query.X, genes=query.var_names)
        proba = model.predict_proba(query.X, genes=query.var_names)
    np.testing.assert_array_equal(columns["sknn_unknown"], ~accepted)
    assert (columns.loc[~accepted, "sknn_label"] == "unknown").all()
    np.testing.assert_allclose(columns["sknn_probability"], proba.max(1), rtol=1e-5)
    told = query.uns["sknn"]
    assert told["model"].startswith("RejectOption(Pipeline(GeneAligner")
    assert told["genes"]["found"] == 150
    assert told["settings"]["estimator__neuralnetclassifier__batch_size"] == 64


def test_no_probabilities(atlas, query):
    network = NeuralNetClassifier(loss="hinge", max_epochs=3, random_state=0)
    model = fit_anndata(make_pipeline(GeneAligner(), LogNormalizer(), network), atlas)
    assert list(predict_anndata(model, query)) == ["sknn_label"]


def test_another_place(model, query):
    query.layers["counts"] = query.X.copy()
    expected = predict_anndata(model, query.copy())
    query.X = query.X * 0
    columns = predict_anndata(model, query, layer="counts")
    pd.testing.assert_frame_equal(columns, expected)
    assert query.uns["sknn"]["matrix"] == "layers/counts"
    with pytest.raises(ValueError, match="no layer 'count' .*did you mean 'counts'"):
        predict_anndata(model, query, layer="count")
