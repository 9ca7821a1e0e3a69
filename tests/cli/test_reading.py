import numpy as np
import pandas as pd
import pytest

from sknn_bio.cli._columns import Column, describe
from sknn_bio.cli._reading import read_data, read_data_like


@pytest.fixture
def write(tmp_path):
    def write(table, name="table.csv"):
        path = tmp_path / name
        pd.DataFrame(table).to_csv(path, index=False)
        return path

    return write


def grow(**columns):
    """A table of 40 rows with a target, a feature and what is asked for."""
    table = {"y": [0, 1] * 20, "x": np.arange(40) % 7 + 0.5}
    return pd.DataFrame(table | columns)


def test_patients(write, patients):
    data = read_data(write(patients), target="outcome", group="patient")
    assert list(data.X) == ["age", "marker", "smoker", "sex", "stage"]
    np.testing.assert_allclose(data.X["marker"], patients["marker"], rtol=1e-6)
    np.testing.assert_array_equal(data.X["smoker"], patients["smoker"])
    assert [str(w) for w in data.X["stage"]] == [str(w) for w in patients["stage"]]
    assert data.X["sex"].dtype == "category"
    assert data.y.tolist() == patients["outcome"].tolist()
    assert data.groups.tolist() == patients["patient"].tolist()
    assert data.notes == []
    assert describe(data.X)[1] == Column("marker", "number")
    assert describe(data.X)[3] == Column("sex", "category", ("female", "male"))


@pytest.mark.parametrize(
    ("target", "kind", "values"),
    [
        (["0", "1"], "int64", [0, 1]),
        (["1.0", "2.0"], "int64", [1, 2]),
        (["1.5", "2"], "float64", [1.5, 2.0]),
        (["01", "x"], "object", ["01", "x"]),
        (["True", "False"], "object", ["True", "False"]),
    ],
)
def test_target_is_numbers_where_it_spells_them(write, target, kind, values):
    data = read_data(write({"y": target * 20, "x": np.arange(40) % 7}), target="y")
    assert data.y.dtype == kind
    assert data.y.tolist()[:2] == values


def test_rows_without_a_target_are_left_out_and_said(write):
    table = grow(sex=["f", "m"] * 20, patient=[f"P{i}" for i in range(40)])
    table["y"] = table["y"].astype(object)
    table.loc[[0, 5], "y"] = None
    data = read_data(write(table), target="y", group="patient", subgroups=["sex"])
    assert data.notes == ["left out, as 'y' is missing: 2 of 40 rows"]
    assert data.y.dtype == "int64"
    expected = table.drop(index=[0, 5])
    assert data.groups.tolist() == expected["patient"].tolist()
    assert data.subgroups["sex"].tolist() == expected["sex"].tolist()
    np.testing.assert_array_equal(data.X["x"], expected["x"])


def test_what_is_no_feature_is_left_out_and_said(write):
    table = grow(
        sample=[f"S{i}" for i in range(40)],
        patient_id=np.arange(40) // 3,
        visit=np.arange(5, 45),
        comment=[f"saw the patient {i} times" for i in range(40)],
        empty=np.nan,
        few=["a", "b", "c", "d"] * 10,
    )
    data = read_data(write(table.rename(columns={"sample": ""})), target="y")
    assert list(data.X) == ["x", "few"] or list(data.X) == ["x", "few", ""]
    said = " ".join(data.notes)
    for words in (
        "identifiers: 'patient_id', 'visit'; if rows of one patient share one",
        "free text (over 100 different words, or one in every second row)",
        "they hold no value: 'empty'",
    ):
        assert words in said


def test_row_names_are_left_out(write, tmp_path):
    path = tmp_path / "r.csv"
    grow().to_csv(path)  # pandas writes the index without a heading, as R does
    data = read_data(path, target="y")
    assert list(data.X) == ["x"]
    assert "row names" in data.notes[0]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"target": "Y"}, "--target must be one of .*; did you mean 'y'"),
        ({"target": "y", "group": "patiemt"}, "--group .*; did you mean 'patient'"),
        ({"target": "y", "drop": ["z"]}, "--drop must be one of"),
        ({"target": "y", "subgroups": ["z"]}, "--subgroups must be one of"),
        ({"target": "y", "group": "y"}, "--group must not be the target"),
        ({"target": "y", "group": "patient", "drop": ["patient"]}, "not be the group"),
        (
            {"target": "y", "group": "gap", "drop": ["day"]},
            "known in every row, got 1",
        ),
        (
            {"target": "same", "drop": ["day"]},
            "'same' must have two values or more, got only '1'",
        ),
        ({"target": "none"}, "the target 'none' holds no value"),
        ({"target": "y"}, "'day' holds dates.*--drop 'day'"),
        ({"target": "y", "drop": ["day", "x"]}, "must have a column to learn from"),
        (
            {"target": "y", "drop": ["day"], "subgroups": ["none"]},
            "must have few levels",
        ),
    ],
)
def test_wrong_columns_are_refused(write, options, error):
    table = grow(
        patient=[f"P{i}" for i in range(40)],
        gap=["", *["g"] * 39],
        same=1,
        none=np.nan,
        day=[f"2024-{1 + i % 12:02d}-03" for i in range(40)],
    )
    if "x" in options.get("drop", ()):
        table = table[["y", "x", "day"]]
    with pytest.raises(ValueError, match=error):
        read_data(write(table), **options)


@pytest.mark.parametrize("day", ["2024-03-01 10:30", "01.03.2024", "3/1/24"])
def test_dates_of_many_kinds(write, day):
    with pytest.raises(ValueError, match="'day' holds dates"):
        read_data(write(grow(day=[day] * 40)), target="y")


def test_dates_that_parquet_declares(tmp_path):
    pytest.importorskip("pyarrow")
    table = grow(day=pd.date_range("2024-01-01", periods=40, freq="h"))
    table.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="'day' holds dates"):
        read_data(tmp_path / "t.parquet", target="y")


def test_dropped_columns_can_be_subgroups(write):
    path = write(grow(sex=["f", "m"] * 20, age=np.arange(40) % 9))
    data = read_data(path, target="y", drop=["sex", "age"], subgroups=["sex", "age"])
    assert list(data.X) == ["x"]
    assert data.subgroups["sex"].tolist() == ["f", "m"] * 20
    assert data.subgroups["age"].tolist() == (np.arange(40) % 9).tolist()


def test_another_cohort_takes_the_features_of_the_first(write, patients):
    first = read_data(write(patients), target="outcome", group="patient")
    other = patients.iloc[::-1, ::-1].assign(extra=1, patient="Q")
    other["sex"] = other["sex"].replace("male", "unheard")
    second = read_data_like(
        write(other, "other.csv"),
        describe(first.X),
        target="outcome",
        is_label=True,
        group="patient",
        subgroups=["stage"],
    )
    assert (second.X.dtypes == first.X.dtypes).all()
    np.testing.assert_array_equal(second.X["age"], first.X["age"][::-1])
    assert second.X["sex"].isna().sum() == (patients["sex"] == "male").sum()
    assert "not trained on these words: 'sex: unheard'" in second.notes[0]
    assert second.y.tolist() == patients["outcome"].tolist()[::-1]
    assert set(second.groups) == {"Q"}
    assert list(second.subgroups) == ["stage"]


def test_another_cohort_that_does_not_fit(write, patients):
    columns = describe(read_data(write(patients), target="outcome").X)
    like = {"target": "outcome", "is_label": True}
    renamed = write(patients.rename(columns={"marker": "Marker"}), "renamed.csv")
    with pytest.raises(ValueError, match="lacks 1 of 6: 'marker'; did you mean"):
        read_data_like(renamed, columns, **like)
    words = write(patients.assign(age="old"), "words.csv")
    with pytest.raises(ValueError, match="'age' must hold numbers.*got 'old' in row 1"):
        read_data_like(words, columns, **like)
