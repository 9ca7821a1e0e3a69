"""Which columns hold categories, and their levels as codes."""

import numpy as np
import pandas as pd
import pytest

from sknn_bio.data import Categories, as_frame, categorical_columns

FRAME = pd.DataFrame(
    {
        "age": [40.0, 50.0, np.nan, 60.0, 30.0, 20.0],
        "sex": pd.Categorical(["m", "f", "m", "f", "m", "f"]),
        "site": ["a", "b", None, "a", "b", "a"],
        "smoker": [True, False, True, False, True, False],
        "visits": pd.array([1, 2, None, 4, 5, 6], dtype="Int64"),
        "mixed": pd.Series([1, 2.5, None, 3, 4, 5], dtype=object),
    }
)


def test_types_say_which_columns_are_categories():
    assert categorical_columns(FRAME, FRAME, "from_dtype") == [1, 2, 3]
    assert categorical_columns(FRAME, FRAME, None) == []
    assert categorical_columns(FRAME.to_numpy(), None, "from_dtype") == []


@pytest.mark.parametrize(
    "which", [["visits", "sex"], [4, 1], [False, True, False, False, True, False]]
)
def test_names_positions_and_masks_agree(which):
    assert categorical_columns(FRAME, FRAME, which) == [1, 4]


@pytest.mark.parametrize("which", [["nobody"], [6], [-1], [True, False]])
def test_a_column_that_is_not_there_is_named(which):
    with pytest.raises(ValueError, match="categorical_features"):
        categorical_columns(FRAME, FRAME, which)


def test_codes_of_levels_missing_and_unseen():
    categories = Categories.fit(pd.concat([FRAME] * 2), [1, 2, 3])
    assert categories.levels == {1: ["f", "m"], 2: ["a", "b"], 3: [False, True]}
    query = FRAME.iloc[:3].assign(site=["b", "elsewhere", None])
    numbers = categories.encode(query)
    np.testing.assert_array_equal(numbers[:, 1], [1, 0, 1])
    np.testing.assert_array_equal(numbers[:, 2], [1, -1, np.nan])
    np.testing.assert_array_equal(numbers[:, 3], [1, 0, 1])
    np.testing.assert_array_equal(numbers[:, 0], [40, 50, np.nan])
    np.testing.assert_array_equal(numbers[:, 4:], [[1, 1], [2, 2.5], [np.nan] * 2])


def test_rare_levels_are_not_kept():
    site = pd.DataFrame({"site": ["a"] * 3 + ["b"] * 2 + ["c"]})
    categories = Categories.fit(site, [0])
    assert categories.levels == {0: ["a"]}
    np.testing.assert_array_equal(categories.encode(site)[:, 0], [0, 0, 0, -1, -1, -1])


def test_the_order_of_a_categorical_type_is_kept():
    stage = pd.Categorical(["III", "I", "II"] * 3, ["I", "II", "III", "IV"])
    assert Categories.fit(pd.DataFrame({"stage": stage}), [0]).levels == {
        0: ["I", "II", "III"]
    }


def test_levels_that_have_no_order_among_themselves():
    mixed = pd.DataFrame({"code": pd.Series([1, "1", 2] * 3, dtype=object)})
    categories = Categories.fit(mixed, [0])
    assert categories.levels == {0: [1, 2, "1"]}
    np.testing.assert_array_equal(categories.encode(mixed)[:3, 0], [0, 2, 1])


def test_polars_frames_are_read_alike():
    polars = pytest.importorskip("polars")
    X = polars.DataFrame({"age": [1.0, None, 3.0], "site": ["a", None, "b"]})
    frame = as_frame(X)
    assert categorical_columns(X, frame, "from_dtype") == [1]
    numbers = Categories({1: ["a", "b"]}).encode(frame)
    np.testing.assert_array_equal(numbers, [[1, 0], [np.nan, np.nan], [3, 1]])


def test_dates_and_words_are_refused_by_the_columns_name():
    days = pd.DataFrame({"seen": pd.to_datetime(["2020-01-01"])})
    with pytest.raises(ValueError, match="'seen' holds dates"):
        Categories({}).encode(days)
    with pytest.raises(ValueError, match="'age' must hold numbers"):
        Categories({}).encode(pd.DataFrame({"age": ["old"]}))
