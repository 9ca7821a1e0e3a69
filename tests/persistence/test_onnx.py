"""ONNX files answer as the model does, in a runtime that knows nothing of it."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.persistence import ModelFileError, _onnx, to_onnx
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

pytest.importorskip("onnx")
pytest.importorskip("skl2onnx")
pytest.importorskip("onnxscript")
runtime = pytest.importorskip("onnxruntime")

RNG = np.random.RandomState(0)
X = RNG.normal(size=(120, 4))
Y = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
COUNTS = RNG.poisson(2.0, (120, 30)).astype(float)
COUNTS[0] = 0  # a cell without counts
CODES = np.c_[X[:, :2], RNG.choice([1, 2, 5.5], 120), RNG.choice([7, 8], 120)]
CODES[::9, 2] = np.nan
GAPS = np.where(RNG.random_sample(X.shape) < 0.1, np.nan, X)
SMALL = {"n_neurons": 4, "n_members": 2, "max_epochs": 3, "random_state": 0}
SCALINGS = ("standard", "robust", "quantile")
WORDS = np.array(["a", "β", "c"])[THREE]


class Mine(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, 4), nn.BatchNorm1d(4), nn.Hardtanh(), nn.Linear(4, d_out)
        )

    def forward(self, x):
        return self.layers(x)


class Branches(Mine):
    def forward(self, x):
        if self.training or x.sum() > 0:
            return self.layers(x)
        return -self.layers(x)


def run(path, feed):
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, feed)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.onnx"


FITS = {
    "binary": (NeuralNetBinaryClassifier, X, Y, {}),
    "views": (
        NeuralNetClassifier,
        X,
        WORDS,
        {"input_scaling": SCALINGS, "n_members": 3},
    ),
    "gaps": (NeuralNetClassifier, GAPS, Y, {"input_scaling": "standard"}),
    "one_member": (NeuralNetClassifier, GAPS, THREE, {"n_members": 1}),
    "codes": (
        NeuralNetClassifier,
        CODES,
        Y.astype(bool),
        {"categorical_features": [2, 3]},
    ),
    "norms": (
        NeuralNetClassifier,
        X.astype(np.float32),
        Y.astype(float),
        {"normalization": "batch", "activation": "gelu", "residual": True},
    ),
    "targets": (NeuralNetRegressor, X, 100 + 30 * X[:, :2], {"n_layers": 0}),
    "rate": (NeuralNetRegressor, X, THREE, {"loss": "poisson", "n_members": 1}),
    "module": (NeuralNetClassifier, X, THREE, {"module": Mine}),
}


@pytest.mark.parametrize("name", FITS)
def test_networks(path, name):
    kind, table, target, params = FITS[name]
    model = kind(**{**SMALL, **params}).fit(table, target)
    to_onnx(model, path, table)
    found = run(path, {"X": table})
    if kind is NeuralNetRegressor:
        expected = model.predict(table).reshape(len(table), -1)
        assert np.abs(found[0] - expected).max() <= 1e-5 * np.abs(expected).max()
        return
    label, probabilities = found
    assert np.abs(probabilities - model.predict_proba(table)).max() <= 1e-5
    assert probabilities.dtype == table.dtype
    assert np.array_equal(label, model.predict(table))


def test_a_table_with_words_has_an_input_a_column(path, fit, patients):
    model = fit(input_scaling="standard")
    to_onnx(model, path)  # rows are drawn
    asked = patients.astype({"ward": object, "sex": object, "grade": float}).iloc[:9]
    asked.loc[0, ["ward", "sex", "grade"]] = np.nan
    asked.loc[1, "ward"] = "elsewhere"
    asked.loc[2, "grade"] = 77
    feed = {
        name: asked[name].fillna("").to_numpy(object)[:, None]
        if name in ("ward", "sex")
        else asked[name].to_numpy(float)[:, None]
        for name in asked
    }
    found = run(path, feed)[1]
    assert np.abs(found - model.predict_proba(asked)).max() <= 1e-5


def test_pipeline_of_gene_transformers(path):
    genes = pd.DataFrame(COUNTS).add_prefix("GENE")
    model = make_pipeline(
        GeneAligner(),
        LogNormalizer(),
        HighlyVariableGenes(n_top_genes=9, flavor="dispersion"),
        NeuralNetClassifier(input_scaling="standard", **SMALL),
    ).fit(genes, WORDS)
    to_onnx(model, path, genes)
    label, probabilities = run(path, {"X": COUNTS})
    assert np.abs(probabilities - model.predict_proba(genes)).max() <= 1e-5
    assert np.array_equal(label, model.predict(genes))
    with pytest.raises(ModelFileError, match="X must be given for a Pipeline"):
        to_onnx(model, path)
    extra = genes.assign(OTHER=1.0)
    with pytest.raises(ModelFileError, match="reference's genes in their order"):
        to_onnx(model, path, extra)


@pytest.mark.parametrize("method", ["log", "pearson"])
def test_transformers_alone(path, method):
    model = LogNormalizer(method=method, clip=2.0).fit(COUNTS)
    to_onnx(model, path, sparse.csr_matrix(COUNTS))
    (found,) = run(path, {"X": COUNTS})
    assert np.allclose(found, model.transform(COUNTS), rtol=0, atol=1e-10)


def test_pipelines_of_scikit_learn(path):
    table = pd.DataFrame(X.astype(np.float32), columns=["a", "b b", "b_b", "label"])
    table["word"] = WORDS
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), ["a", "b b", "label"]),
            ("words", OneHotEncoder(), ["word"]),
        ]
    )
    last = NeuralNetRegressor(n_layers=0, **SMALL)
    model = make_pipeline(columns, last).fit(table, X[:, 3])
    to_onnx(model, path, table)
    feed = {name: table[[name]].to_numpy() for name in table.columns[:4]}
    (found,) = run(path, {**feed, "word": table[["word"]].to_numpy(object)})
    assert np.abs(found[:, 0] - model.predict(table)).max() <= 1e-5


def test_single_precision_where_the_runtime_has_no_other(path):
    net = NeuralNetClassifier(n_layers=0, **SMALL)
    model = make_pipeline(SimpleImputer(), PCA(2), net).fit(GAPS, Y)
    with pytest.raises(ModelFileError, match="give X as float32"):
        to_onnx(model, path, GAPS)
    assert not path.exists()
    to_onnx(model, path, GAPS.astype(np.float32))
    found = run(path, {"X": GAPS.astype(np.float32)})[1]
    assert np.abs(found - model.predict_proba(GAPS)).max() <= 1e-5


def test_a_file_names_no_path_and_no_code(path):
    to_onnx(NeuralNetClassifier(**SMALL).fit(X, Y), path)
    content = path.read_bytes()
    for word in (b"site-packages", b".py", b"stack_trace", b"sknn_bio/"):
        assert word not in content


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (NeuralNetClassifier(loss="hinge", **SMALL).fit(X, Y), "loss='cross_entropy'"),
        (NeuralNetClassifier(module=Branches, **SMALL).fit(X, Y), "branches"),
    ],
)
def test_what_cannot_be_expressed_is_refused(path, model, words):
    with pytest.raises(ModelFileError, match=words):
        to_onnx(model, path)
    assert not path.exists()


def test_other_classes_are_refused_by_name(path):
    class Strange(StandardScaler):
        pass

    model = make_pipeline(Strange(), NeuralNetClassifier(**SMALL)).fit(X, Y)
    with pytest.raises(ModelFileError, match="Strange"):
        to_onnx(model, path, X)
    with pytest.raises(ModelFileError, match="got int"):
        to_onnx(3, path, X)
    with pytest.raises(ModelFileError, match="a table with rows"):
        to_onnx(model, path, X[:0])


def test_a_search_is_exported_as_its_best(path):
    search = GridSearchCV(
        NeuralNetRegressor(n_layers=0, **SMALL), {"lr": [0.01]}, cv=2
    ).fit(X, X[:, 0])
    to_onnx(search.best_estimator_, path)
    assert path.exists()


@pytest.mark.parametrize("off", ["probabilities", "labels"])
def test_another_answer_is_no_file(path, monkeypatch, off):
    model = NeuralNetClassifier(n_layers=0, **SMALL).fit(X, Y)
    run_file = _onnx._run

    def wrong(*args):
        label, probabilities = run_file(*args)
        if off == "labels":
            return [1 - label, probabilities]
        return [label, probabilities + 2e-5]

    monkeypatch.setattr(_onnx, "_run", wrong)
    with pytest.raises(ModelFileError, match="agree to 1e-05|labels"):
        to_onnx(model, path)
    assert not path.exists()
