import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknn_bio.preprocessing import (
    ExpressionScaleWarning,
    GeneAligner,
    GeneCoverage,
    LogNormalizer,
)

GENES = ["TP53", "MYC", "ACTB", "CD4"]
IDS = ["ENSG00000141510", "ENSG00000136997", "ENSG00000075624", "ENSG00000010610"]
REFERENCE = pd.DataFrame([[1.0, 2, 3, 4], [5, 6, 7, 9]], columns=GENES)


def as_frame(columns):
    """Return a table that holds, for each gene, its place in the reference."""
    return pd.DataFrame([[float(GENES.index(c)) for c in columns]], columns=columns)


@pytest.mark.parametrize("kind", ["pandas", "polars", "array", "csr", "csc"])
def test_genes_come_back_in_the_references_order(kind):
    query = as_frame(["CD4", "TP53", "ACTB", "MYC"])
    names = {"genes": list(query.columns)}
    X, extra = {
        "pandas": (query, {}),
        "polars": (pl.from_pandas(query), {}),
        "array": (query.to_numpy(), names),
        "csr": (sparse.csr_matrix(query), names),
        "csc": (sparse.csc_matrix(query), names),
    }[kind]
    out = GeneAligner().fit(REFERENCE).transform(X, **extra)
    out = out.toarray() if sparse.issparse(out) else out
    assert out.tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("fill", "filled"), [(0.0, [0, 0]), (-1.5, [-1.5, -1.5]), ("mean", [4, 6.5])]
)
@pytest.mark.parametrize("as_csr", [False, True])
def test_missing_genes_are_filled_as_told_and_others_dropped(fill, filled, as_csr):
    X = np.array([[30.0, 10, 99], [31, 0, 98], [32, 12, 97]])
    aligner = GeneAligner(fill=fill).fit(REFERENCE)
    with pytest.warns(UserWarning, match=r"lacks 2 of 4 genes \(MYC, CD4\).*filled"):
        out = aligner.transform(
            sparse.csr_matrix(X) if as_csr else X, genes=["ACTB", "TP53", "XIST"]
        )
    out = out.toarray() if as_csr else out
    np.testing.assert_array_equal(out[:, [0, 2]], X[:, [1, 0]])
    np.testing.assert_array_equal(out[:, [1, 3]], np.tile(filled, (3, 1)))


def test_missing_genes_may_be_nan():
    with pytest.warns(UserWarning, match="filled with nan"):
        out = GeneAligner(fill=np.nan).fit(REFERENCE).transform(as_frame(GENES[:3]))
    assert np.isnan(out[0]).tolist() == [False, False, False, True]


@pytest.mark.filterwarnings("ignore:the query lacks")
@pytest.mark.parametrize("fill", [0.0, 2.0])
def test_a_filled_sparse_matrix_stays_sparse_and_sorted(fill):
    X = sparse.random_array((20, 60), density=0.2, format="csr", rng=0, dtype="float32")
    names = [f"G{i}" for i in range(60)]
    aligner = GeneAligner(fill=fill).fit(
        X, genes=[f"G{i}" for i in range(99, -1, -1)][:60]
    )
    out = aligner.set_params(min_coverage=0).transform(X, genes=names)
    assert isinstance(out, sparse.csr_array)
    assert out.dtype == np.float32
    assert out.has_sorted_indices
    expected = np.full((20, 60), fill)
    expected[:, 40:] = X.toarray()[:, 59:39:-1]
    np.testing.assert_array_equal(out.toarray(), expected.astype("float32"))


@pytest.mark.parametrize("who", ["fit", "transform"])
def test_an_array_without_names_is_refused(who):
    aligner = GeneAligner()
    if who == "transform":
        aligner.fit(REFERENCE)
    with pytest.raises(ValueError, match="must have gene names: .* cannot be seen"):
        getattr(aligner, who)(REFERENCE.to_numpy())
    unnamed = pd.DataFrame(REFERENCE.to_numpy())
    with pytest.raises(ValueError, match="must have gene names"):
        getattr(aligner, who)(unnamed)


def test_an_array_in_the_references_order_is_taken_where_told():
    aligner = GeneAligner(assume_reference_order=True).fit(REFERENCE)
    X = REFERENCE.to_numpy()
    np.testing.assert_array_equal(aligner.transform(X), X)
    with pytest.raises(
        ValueError, match="X has 3 features, but GeneAligner is expecting"
    ):
        aligner.transform(X[:, :3])
    shuffled = REFERENCE[GENES[::-1]]
    np.testing.assert_array_equal(aligner.transform(shuffled), X)


def test_versions_and_aliases_are_mapped():
    table = pd.DataFrame({"symbol": GENES, "id": IDS, "old": ["P53", None, None, "T4"]})
    aligner = GeneAligner(aliases=table).fit(REFERENCE)
    query = as_frame(["CD4", "MYC", "ACTB", "TP53"])
    query.columns = ["T4", "ENSG00000136997.21", "ACTB", "P53"]
    assert aligner.transform(query).tolist() == [[0, 1, 2, 3]]
    found = aligner.coverage(query)
    assert (found.n_exact, found.n_mapped, found.share) == (1, 3, 1.0)
    back = GeneAligner(aliases=dict(zip(IDS, GENES, strict=True)))
    back.fit(REFERENCE.set_axis([f"{name}.5" for name in IDS], axis=1))
    assert back.transform(as_frame(GENES[::-1])).tolist() == [[0, 1, 2, 3]]


def test_the_own_name_wins_over_an_alias():
    aligner = GeneAligner(aliases={"P53": "TP53"}).fit(REFERENCE)
    query = as_frame(GENES)
    query.insert(0, "P53", 77.0)
    assert aligner.transform(query).tolist() == [[0, 1, 2, 3]]
    assert aligner.coverage(query).dropped.tolist() == ["P53"]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (IDS, r"got 0 of 4; query uses Ensembl ids \(ENSG00000141510, .*\), reference "
              r"uses symbols \(TP53, MYC, ACTB, \.\.\.\); give a table"),
        (["7157", "4609", "60", "920"], "query uses Entrez ids"),
        (["Tp53", "Myc", "Actb", "Cd4"], "100% agree where case is ignored"),
        (["MYC", "XIST", "ALB", "GFAP"], "got 1 of 4; query uses symbols"),
    ],
)  # fmt: skip
def test_too_few_genes_are_refused_with_the_mismatch(names, reason):
    aligner = GeneAligner().fit(REFERENCE)
    with pytest.raises(ValueError, match=reason):
        aligner.transform(np.ones((2, 4)), genes=names)


def test_no_gene_in_common_is_refused_whatever_the_threshold():
    aligner = GeneAligner(min_coverage=0).fit(REFERENCE)
    with pytest.raises(ValueError, match="got 0 of 4"):
        aligner.transform(np.ones((2, 1)), genes=["XIST"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["TP53", "MYC", "TP53"], r"query has 1 more than once \(TP53\)"),
        (["MYC", "P53", "TRP53"], "twice there under two names .P53 and TRP53"),
        (["ENSG00000141510.1", "ENSG00000141510.2", "MYC"], "twice there"),
        (["TP53", "MYC"], "got 2 names for 3 columns"),
    ],
)
def test_unclear_names_of_a_query_are_refused(names, message):
    table = {"P53": "TP53", "TRP53": "TP53", "ENSG00000141510": "TP53"}
    aligner = GeneAligner(aliases=table, min_coverage=0).fit(REFERENCE)
    with pytest.raises(ValueError, match=message):
        aligner.transform(np.ones((2, 3)), genes=names)


def test_duplicated_genes_of_a_reference_are_refused():
    with pytest.raises(ValueError, match=r"reference has 1 more than once \(A\)"):
        GeneAligner().fit(np.ones((2, 3)), genes=["A", "B", "A"])
    with pytest.raises(ValueError, match="several versions of 1 Ensembl ids"):
        GeneAligner().fit(np.ones((2, 2)), genes=[f"{IDS[0]}.1", f"{IDS[0]}.2"])


def test_counts_against_logs_are_noticed_both_ways():
    counts, logs = REFERENCE, LogNormalizer().fit_transform(REFERENCE)
    with pytest.warns(
        ExpressionScaleWarning, match="like counts and the query like logs"
    ):
        GeneAligner().fit(counts).transform(logs, genes=GENES)
    with pytest.warns(
        ExpressionScaleWarning, match="like logs and the query like counts"
    ):
        GeneAligner().fit(logs, genes=GENES).transform(counts)


def test_coverage_is_reported_in_words():
    found = GeneAligner().fit(REFERENCE).coverage(["MYC", "XIST", "TP53"])
    assert isinstance(found, GeneCoverage)
    assert found.missing.tolist() == ["ACTB", "CD4"]
    assert str(found).splitlines() == [
        "found    2 of 4 (50.0%)",
        "  by name 2, by version or alias 0",
        "missing  2 (ACTB, CD4)",
        "dropped  1 (XIST)",
    ]


def test_a_pipeline_carries_the_names_of_a_sparse_matrix():
    X, y = sparse.csr_matrix(REFERENCE), [0, 1]
    pipeline = make_pipeline(GeneAligner(), LogNormalizer(), LogisticRegression())
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline.fit(X, y, genes=GENES)
        turned = X[:, ::-1]
        np.testing.assert_allclose(
            pipeline.predict_proba(turned, genes=GENES[::-1]),
            pipeline.predict_proba(X, genes=GENES),
        )
    alone = make_pipeline(GeneAligner(), LogNormalizer(), LogisticRegression())
    alone.fit(REFERENCE, y)
    np.testing.assert_array_equal(
        alone.predict_proba(REFERENCE[GENES[::-1]]), alone.predict_proba(REFERENCE)
    )


def test_names_of_a_frame_come_out_and_survive_a_pickle():
    aligner = GeneAligner(aliases={"P53": "TP53"}).set_output(transform="pandas")
    aligner = pickle.loads(pickle.dumps(aligner.fit(REFERENCE)))
    out = aligner.transform(REFERENCE[GENES[::-1]].set_axis(["x", "y"], axis=0))
    assert list(out.columns) == GENES
    assert list(out.index) == ["x", "y"]
    assert aligner.get_feature_names_out().tolist() == GENES
