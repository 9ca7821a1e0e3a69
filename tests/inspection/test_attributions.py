"""Attributions become tables, and shap's own object."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sknn_bio.inspection import Attributions


def attributions(n_outputs=None, data=None, **changed):
    values = np.array([[1.0, -3.0, 0.0], [3.0, -1.0, 0.5]])
    ends = np.array([0.0, 1.0])
    if n_outputs is not None:
        values = np.stack([values * (k + 1) for k in range(n_outputs)], axis=2)
        ends = np.repeat(ends[:, None], n_outputs, axis=1)
    parts = {
        "values": values,
        "base_values": ends,
        "outputs": ends + values.sum(1),
        "data": np.eye(2, 3) if data is None else data,
        "feature_names": np.array(["a", "b", "c"]),
        "output_names": None if n_outputs is None else np.array(["x", "y"]),
        "completeness_error": np.zeros_like(ends),
        "member_importances": np.array([[2.0, 1.0, 0.2], [2.0, 3.0, 0.4]]),
    }
    return Attributions(**{**parts, **changed})


def test_importances_are_mean_sizes_with_the_spread_of_the_members():
    table = attributions().importances()
    expected = pd.DataFrame(
        {
            "feature": ["a", "b", "c"],
            "importance": [2.0, 2.0, 0.25],
            "mean": [2.0, -2.0, 0.25],
            "std": np.std([[2, 1, 0.2], [2, 3, 0.4]], axis=0, ddof=1),
            "rank": [1, 2, 3],
        }
    )
    pd.testing.assert_frame_equal(table, expected)


def test_one_member_has_no_spread():
    found = attributions(member_importances=np.ones((1, 3)))
    assert (found.importances()["std"] == 0).all()


def test_importances_are_sorted():
    found = attributions(feature_names=np.array(["low", "high", "none"]))
    found.values[:, 1] *= 2
    table = found.importances()
    assert table["feature"].tolist() == ["high", "low", "none"]
    assert table["rank"].tolist() == [1, 2, 3]


def test_by_class_has_a_table_for_each_output():
    table = attributions(n_outputs=2).by_class()
    assert table["output"].tolist() == ["x"] * 3 + ["y"] * 3
    assert table["importance"].tolist() == [2.0, 2.0, 0.25, 4.0, 4.0, 0.5]
    assert table["rank"].tolist() == [1, 2, 3] * 2
    importances = attributions(n_outputs=2).importances()
    np.testing.assert_allclose(importances["importance"], [3.0, 3.0, 0.375])


def test_by_class_of_one_output():
    assert attributions().by_class()["output"].tolist() == [0] * 3
    named = attributions(output_names=np.array(["case"]))
    assert named.by_class()["output"].tolist() == ["case"] * 3


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, sparse.csr_matrix])
def test_shap_gets_dense_rows(kind):
    pytest.importorskip("shap")
    found = attributions(data=kind(np.eye(2, 3))).to_shap()
    np.testing.assert_array_equal(found.data, np.eye(2, 3))
    np.testing.assert_array_equal(found.values, attributions().values)
    np.testing.assert_array_equal(found.base_values, [0, 1])
    assert found.feature_names == ["a", "b", "c"]
    several = attributions(n_outputs=2).to_shap()
    assert several.output_names == ["x", "y"]
    assert several[:, :, "y"].values.shape == (2, 3)
