"""Every class on the list goes into a file and out of it, and answers to the bit."""

import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_selection import (
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    mutual_info_classif,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from sknn_bio.persistence import ModelFileError
from sknn_bio.persistence._specs import all_specs
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 5))
Y = (X[:, 0] > 0).astype(int)
GAPS = X.copy()
GAPS[::7, 1] = np.nan
FRAME = pd.DataFrame(X, columns=list("abcde"))
WORDS = pd.DataFrame(
    {"u": RNG.choice(["a", "b", "c"], 60), "v": RNG.choice([1, 2], 60)}
)
HOLES = WORDS.astype(object).mask(RNG.uniform(size=(60, 2)) < 0.1, None)
MIXED = pd.concat([FRAME, WORDS], axis=1)
COUNTS = RNG.poisson(3.0, size=(60, 20)).astype(float)


def double(x):
    return 2 * x


MODELS = {
    "standard": (StandardScaler(), X),
    "standard, gaps": (StandardScaler(), GAPS),
    "standard, nothing to do": (StandardScaler(with_mean=False, with_std=False), X),
    "standard, sparse": (StandardScaler(with_mean=False), sparse.csr_matrix(X)),
    "standard, single": (StandardScaler(), X.astype(np.float32)),
    "min-max": (MinMaxScaler(clip=True), GAPS),
    "max-abs": (MaxAbsScaler(), sparse.csr_matrix(X)),
    "robust": (RobustScaler(), GAPS),
    "robust, nothing to do": (
        RobustScaler(with_centering=False, with_scaling=False),
        X,
    ),
    "unit": (Normalizer(), X),
    "binary": (Binarizer(threshold=0.1), X),
    "power": (PowerTransformer(), GAPS),
    "power, not standardised": (PowerTransformer(standardize=False), X),
    "quantile": (QuantileTransformer(n_quantiles=20, output_distribution="normal"), X),
    "mean": (SimpleImputer(), GAPS),
    "mean, indicator": (SimpleImputer(add_indicator=True), GAPS),
    "constant": (SimpleImputer(strategy="constant", fill_value=2), GAPS),
    "mode of words": (
        SimpleImputer(strategy="most_frequent", missing_values=None),
        HOLES,
    ),
    "missing": (MissingIndicator(), GAPS),
    "one-hot": (OneHotEncoder(), WORDS),
    "one-hot, holes": (OneHotEncoder(sparse_output=False), HOLES[["u"]]),
    "one-hot, rare": (
        OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"),
        WORDS,
    ),
    "one-hot, first": (OneHotEncoder(drop="first", dtype=np.float32), WORDS),
    "one-hot, pairs": (OneHotEncoder(drop="if_binary", max_categories=2), WORDS),
    "one-hot, array": (OneHotEncoder(), WORDS[["u"]].to_numpy(str)),
    "ordinal": (OrdinalEncoder(), HOLES[["u"]]),
    "ordinal, rare": (OrdinalEncoder(min_frequency=20), WORDS),
    "ordinal, unknown": (
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
        WORDS,
    ),
    "variance": (VarianceThreshold(0.9), X),
    "k best": (SelectKBest(k=2), FRAME),
    "k best, information": (SelectKBest(mutual_info_classif, k=2), X),
    "percentile": (SelectPercentile(percentile=40), X),
    "fpr": (SelectFpr(alpha=0.5), X),
    "fdr": (SelectFdr(alpha=0.9), X),
    "fwe": (SelectFwe(alpha=0.9), X),
    "from model": (SelectFromModel(LogisticRegression()), FRAME),
    "from model, at most": (
        SelectFromModel(Lasso(alpha=0.01), threshold="median", max_features=2),
        X,
    ),
    "pca": (PCA(2), X),
    "pca, share": (PCA(0.7, whiten=True), X),
    "pca, random": (PCA(2, svd_solver="randomized", random_state=0), X),
    "svd": (
        TruncatedSVD(2, random_state=np.random.RandomState(0)),
        sparse.csr_matrix(X),
    ),
    "log": (FunctionTransformer(np.log1p, np.expm1), np.abs(X)),
    "identity": (FunctionTransformer(feature_names_out="one-to-one"), FRAME),
    "union": (FeatureUnion([("s", StandardScaler()), ("p", PCA(2))]), X),
    "pipeline": (make_pipeline(SimpleImputer(), "passthrough", PCA(2)), GAPS),
    "columns": (
        ColumnTransformer(
            [
                (
                    "numbers",
                    StandardScaler(),
                    make_column_selector(dtype_include=float),
                ),
                ("words", OneHotEncoder(), ["u"]),
                ("out", "drop", ["a"]),
            ],
            remainder="passthrough",
        ),
        MIXED,
    ),
    "columns by place": (
        ColumnTransformer(
            [("s", StandardScaler(), slice(0, 2)), ("p", PCA(1), np.array([2, 3]))],
            remainder=MinMaxScaler(),
        ),
        X,
    ),
    "frozen": (FrozenEstimator(StandardScaler().fit(X)), X),
    "logs": (LogNormalizer(target_sum=None), COUNTS),
    "residuals": (LogNormalizer(method="pearson"), COUNTS),
    "variable genes": (HighlyVariableGenes(n_top_genes=5), sparse.csr_matrix(COUNTS)),
    "aligned": (
        GeneAligner(fill="mean", aliases={"alpha": "a", "x": "b"}),
        FRAME.abs(),
    ),
    "aligned by a table": (
        GeneAligner(aliases=pd.DataFrame({"symbol": ["a"], "id": ["ENSG00000141510"]})),
        FRAME.abs(),
    ),
    "logistic": (LogisticRegression(), X),
    "least squares": (LinearRegression(), X),
    "ridge": (Ridge(), X),
    "lasso": (Lasso(), X),
    "elastic net": (ElasticNet(), X),
}


def answers(model, table):
    out = model.predict(table) if hasattr(model, "predict") else model.transform(table)
    return out.toarray() if sparse.issparse(out) else np.asarray(out)


def plain(model):
    """Parameters as text, without places in memory and generators."""
    text = re.sub(r" at 0x\w+", "", str(model.get_params()))
    return re.sub(r"'random_state': .*", "", text)


def same(a, b):
    if a.dtype == object:
        return bool((a == b).all())
    return a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", MODELS)
def test_every_class_on_the_list_comes_back(name, again):
    model, table = MODELS[name]
    model = clone(model).fit(table, Y)
    back = again(model)
    assert type(back) is type(model)
    assert same(answers(model, table), answers(back, table))
    if hasattr(model, "get_feature_names_out"):
        assert list(back.get_feature_names_out()) == list(model.get_feature_names_out())
    if "aligned" not in name:  # its aliases are a dict from then on
        assert plain(back) == plain(model)
    clone(back).fit(table, Y)
    repr(back)


def test_no_class_of_the_list_is_left_out_here():
    def classes(model):
        yield type(model).__name__
        for value in model.get_params().values():
            if hasattr(value, "get_params"):
                yield type(value).__name__

    met = {name for model, _ in MODELS.values() for name in classes(model)}
    names = {spec.name for spec in all_specs().values() if not spec.is_part}
    names = {
        n for n in names if not n.startswith(("sknn_bio.Neural", "sknn_bio.omics"))
    }
    assert {name.rpartition(".")[2] for name in names} <= met


def test_set_output_and_requests_come_back(again):
    model = StandardScaler().set_output(transform="pandas").fit(FRAME)
    assert list(again(model).transform(FRAME).columns) == list("abcde")
    with sklearn.config_context(enable_metadata_routing=True):
        model.set_fit_request(sample_weight=True)
        back = again(model)
        requests = back.get_metadata_routing().fit.requests
    assert requests == {"sample_weight": True}


def test_folders_and_processes_are_not_kept(tmp_path, again):
    columns = ColumnTransformer([("s", StandardScaler(), [0])], n_jobs=1)
    model = make_pipeline(columns, memory=str(tmp_path / "cache")).fit(X)
    back = again(model)
    assert (back.memory, back[0].n_jobs) == (None, None)
    assert b"cache" not in (tmp_path / "model.sknn").read_bytes()


def test_functions_are_supplied(again):
    model = FunctionTransformer(double).fit(X)
    with pytest.raises(ModelFileError, match=r"can supply: .*:double; .*double"):
        again(model)
    assert same(again(model, {"double": double}).transform(X), 2 * X)
    name = f"{double.__module__}:double"
    assert same(again(model, {name: double}).transform(X), 2 * X)
    score = SelectKBest(lambda X, y: np.arange(5.0), k=2).fit(X, Y)
    with pytest.warns(UserWarning, match="not supplied: .*lambda"):
        back = again(score)
    assert same(back.transform(X), X[:, 3:])
