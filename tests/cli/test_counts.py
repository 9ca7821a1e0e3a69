import gzip

import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli._cohorts import read_cells, read_cohorts, read_metadata
from sknn_bio.cli._counts import are_counts, log_normalize, open_counts, read_counts
from sknn_bio.cli._genes import read_genes, shared_genes
from sknn_bio.datasets import simulate_cohorts


@pytest.fixture
def write(tmp_path):
    """Write a matrix of genes × cells and the table of its cells."""

    def write(name, counts, genes, labels, order=None):
        cells = [f"{name}-{i}" for i in range(len(labels))]
        matrix = pd.DataFrame(counts.T, index=genes, columns=cells)
        matrix = matrix if order is None else matrix.loc[order]
        matrix.to_csv(tmp_path / f"{name}.tsv.gz", sep="\t")
        table = pd.DataFrame({"cell": cells, "label": labels})
        table["donor"] = [f"{name} {i % 3}" for i in range(len(labels))]
        table.sample(frac=1, random_state=0).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
        return tmp_path / f"{name}.tsv.gz", tmp_path / f"{name}.csv"

    return write


@pytest.fixture(scope="module")
def simulated():
    return simulate_cohorts(n_cells=(30, 12), n_genes=20, n_programme=5, random_state=0)


def matrix_of(tmp_path, text):
    path = tmp_path / "counts.tsv"
    path.write_text(text)
    return open_counts(path)


def test_cohorts_are_transposed_aligned_and_normalized(write, simulated, tmp_path):
    genes = list(simulated.genes)
    pairs = [
        write("here", simulated.train.counts.toarray(), genes, simulated.train.labels),
        write(
            "there",
            simulated.test.counts.toarray(),
            genes,
            simulated.test.labels,
            order=genes[:2:-1],
        ),
    ]
    (tmp_path / "genes.txt").write_text("\n".join([*genes[::-1], "XIST"]))
    (train, test), normalized = read_cohorts(
        pairs, target="label", group="donor", genes=tmp_path / "genes.txt"
    )
    assert normalized
    used = genes[:2:-1]
    for data, cohort in ((train, simulated.train), (test, simulated.test)):
        counts = cohort.counts.toarray()[:, :2:-1]
        total = counts.sum(1, keepdims=True)
        np.testing.assert_allclose(data.X, np.log1p(counts / total * 1e4), rtol=1e-5)
        assert list(data.X) == used
        assert data.X.to_numpy().dtype == np.float32
        assert data.y.tolist() == cohort.labels.tolist()
    assert train.groups[:4].tolist() == ["here 0", "here 1", "here 2", "here 0"]
    said = " ".join(train.notes)
    assert "here.tsv.gz lacks them: 1 of 21 genes ('XIST')" in said
    assert "there.tsv.gz lacks them: 3 of 21 genes" in said
    assert "each cell is brought to 10,000 counts" in said
    assert test.notes == []


def test_r_writes_no_heading_above_the_genes_and_quotes(tmp_path):
    text = '"c1"\t"c2"\n"A"\t1\t2\n"B, long"\t3\t4\n'
    file = matrix_of(tmp_path, text)
    assert (file.cells, file.genes) == (["c1", "c2"], ["A", "B, long"])
    np.testing.assert_array_equal(read_counts(file, ["B, long", "A"]), [[3, 1], [4, 2]])
    quoted = matrix_of(tmp_path, 'gene,c1,c2\n"A, b","1",2\n')
    assert quoted.genes == ["A, b"]
    np.testing.assert_array_equal(read_counts(quoted, ["A, b"]), [[1], [2]])


@pytest.mark.parametrize("value", ["NA", "", "x", "inf"])
def test_a_value_that_is_no_number_is_named(tmp_path, value):
    file = matrix_of(tmp_path, f"gene\tc1\tc2\nA\t1\t2\nB\t3\t{value}\n")
    with pytest.raises(ValueError, match=f"line 3 .* got '{value}' for the gene 'B'"):
        read_counts(file, ["A", "B"])
    np.testing.assert_array_equal(read_counts(file, ["A"]), [[1], [2]])


def test_first_of_two_lines_counts_and_is_said(tmp_path):
    file = matrix_of(tmp_path, "gene\tc1\tc2\nA\t1\t2\nA\t8\t9\nB\t3\t4\n")
    genes, notes = shared_genes(None, [file])
    assert genes == ["A", "B"]
    assert "more than one line for 1 genes ('A'); the first one counts" in notes[0]
    np.testing.assert_array_equal(read_counts(file, genes), [[1, 3], [2, 4]])


def test_genes_of_two_kinds_and_turned_tables_are_refused(tmp_path):
    file = matrix_of(tmp_path, "gene\tc1\tc2\nTP53\t1\t2\nXIST\t3\t4\n")
    with pytest.raises(ValueError, match="has 0 of 2 genes; gene names of two kinds?"):
        shared_genes(["ENSG00000141510", "ENSG00000229807"], [file])
    with pytest.raises(ValueError, match="its columns are the genes"):
        shared_genes(["c1", "c2"], [file])


def test_gene_list(tmp_path):
    path = tmp_path / "genes.txt"
    path.write_text('# a list\nTP53\n"XIST",ENSG00000229807\n\nTP53\tagain\n')
    assert read_genes(path) == ["TP53", "XIST"]
    path.write_text("# none\n")
    with pytest.raises(ValueError, match="must hold one gene a line"):
        read_genes(path)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0, 3], [1, 7]], True),
        ([[0, 2], [1, 1]], False),  # a genotype
        ([[0, 3.5], [1, 7]], False),
        ([[-1, 3], [1, 7]], False),
    ],
)
def test_counts_are_told_from_other_values(values, expected):
    assert are_counts(np.array(values, dtype=np.float32)) is expected


def test_a_cell_without_counts_stays_zero():
    values = np.array([[0, 0], [1, 3]], dtype=np.float32)
    log_normalize(values)
    np.testing.assert_allclose(values, [[0, 0], np.log1p([2500, 7500])], rtol=1e-6)


def test_cohorts_of_two_kinds_are_refused(write, simulated):
    counts, genes = simulated.train.counts.toarray(), list(simulated.genes)
    labels = simulated.train.labels
    pairs = [
        write("here", counts, genes, labels),
        write("there", np.log1p(counts), genes, labels),
    ]
    with pytest.raises(ValueError, match="both cohorts must hold counts or neither"):
        read_cohorts(pairs, target="label")
    (alone,), normalized = read_cohorts(pairs[1:], target="label")
    assert not normalized
    np.testing.assert_allclose(alone.X, np.log1p(counts), rtol=1e-5)


def test_cells_without_a_label_are_left_out(write, simulated):
    counts = simulated.train.counts.toarray()
    pair = write("here", counts, list(simulated.genes), simulated.train.labels)
    table = pd.read_csv(pair[1])
    table[table["cell"] != "here-4"].to_csv(pair[1], index=False)
    (data,), _ = read_cohorts([pair], target="label", subgroups=["donor"])
    assert data.notes[-1] == "left out, as 'label' is missing: 1 of 30 rows"
    expected = np.delete(simulated.train.labels, 4)
    assert data.y.tolist() == expected.tolist()
    assert data.subgroups["donor"][4] == "here 2"


def test_metadata_that_does_not_fit(write, simulated, tmp_path):
    counts = simulated.train.counts.toarray()
    pair = write("here", counts, list(simulated.genes), simulated.train.labels)
    file = open_counts(pair[0])
    wanted = [("--target", "labl")]
    with pytest.raises(ValueError, match="--target .*; did you mean 'label'"):
        read_metadata(pair[1], file, wanted)
    other = tmp_path / "other.csv"
    other.write_text("cell,label\nX1,a\nX2,b\n")
    with pytest.raises(ValueError, match="cells of here.tsv.gz, such as 'here-0'"):
        read_metadata(other, file, [("--target", "label")])
    other.write_text("cell,label\nhere-1,a\nhere-1,b\n")
    with pytest.raises(ValueError, match="each cell once, got 'here-1' twice"):
        read_metadata(other, file, [("--target", "label")])


def test_cells_to_predict_for(write, simulated):
    counts, genes = simulated.test.counts.toarray(), list(simulated.genes)
    path, _ = write("there", counts, genes, simulated.test.labels)
    X = read_cells(path, genes[:5], log_normalized=True)
    assert X.index[0] == "there-0"
    total = np.maximum(counts[:, :5].sum(1, keepdims=True), 1)
    np.testing.assert_allclose(X, np.log1p(counts[:, :5] / total * 1e4), rtol=1e-5)
    with pytest.raises(ValueError, match="lacks 1 of 6: 'XIST'"):
        read_cells(path, [*genes[:5], "XIST"], log_normalized=True)
    with gzip.open(path, "rt") as file:
        text = file.read()
    path.write_bytes(gzip.compress(text.replace("\t0.0", "\t0.5").encode()))
    with pytest.raises(ValueError, match="must hold counts"):
        read_cells(path, genes, log_normalized=True)
