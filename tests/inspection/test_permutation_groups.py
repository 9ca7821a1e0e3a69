import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.inspection import permutation_importances

SMALL = {"n_members": 3, "n_neurons": 8, "max_epochs": 4, "random_state": 0}


def test_correlated_columns_are_permuted_together():
    rng = np.random.RandomState(0)
    factor = rng.normal(size=(300, 2))
    X = pd.DataFrame(
        {
            "a": np.exp(factor[:, 0]),
            "b": -factor[:, 0] + 0.1 * rng.normal(size=300),
            "alone": rng.normal(size=300),
            "c": factor[:, 1],
            "d": factor[:, 1] ** 3,
            "flat": 1.0,
            "kind": pd.Categorical(rng.choice(["u", "v"], 300)),
        }
    )
    y = (factor[:, 0] > 0).astype(int)
    net = NeuralNetBinaryClassifier(n_members=2, max_epochs=20, random_state=0)
    found = permutation_importances(
        net.fit(X, y), X, y, feature_groups="correlated", random_state=0
    )
    groups = {frozenset(own) for own in found.groups.values()}
    assert groups == {
        frozenset(own)
        for own in (["a", "b"], ["alone"], ["c", "d"], ["flat"], ["kind"])
    }
    first = found.table["feature"][0]
    assert first in ("a (+1)", "b (+1)")
    apart = permutation_importances(net, X, y, random_state=0)
    assert found.table["importance"][0] > 1.3 * apart.table["importance"][0]
    strict = permutation_importances(
        net, X, y, feature_groups="correlated", correlation=1.0, random_state=0
    )
    assert {frozenset(own) for own in strict.groups.values()} == {
        frozenset(own) for own in (["a"], ["b"], ["alone"], ["c", "d"], ["flat"],
                                   ["kind"])
    }  # fmt: skip


def test_missing_values_and_sparse_columns_have_ranks(mixed):
    rng = np.random.RandomState(0)
    X = sparse.random(100, 5, 0.3, "csc", random_state=rng)
    X = sparse.hstack([X, 3 * X[:, [1]]]).tocsr()
    model = LogisticRegression().fit(X, np.arange(100) % 2)
    found = permutation_importances(
        model, X, np.arange(100) % 2, feature_groups="correlated", random_state=0
    )
    assert sorted(found.groups.values()) == [["x0"], ["x1", "x5"], ["x2"], ["x3"],
                                             ["x4"]]  # fmt: skip
    X, y = mixed
    X["again"] = X["age"] * 2
    net = NeuralNetBinaryClassifier(**SMALL).fit(X, y)
    found = permutation_importances(net, X, y, feature_groups="correlated")
    assert ["age", "again"] in found.groups.values()


def test_groups_of_ones_own(table):
    X, y = table
    model = LogisticRegression(max_iter=5000).fit(X, y)
    found = permutation_importances(
        model, X, y, feature_groups={"size": ["mean area", 0], "edge": "mean texture"}
    )
    assert found.groups == {
        "size": ["mean radius", "mean area"], "edge": ["mean texture"],
    }  # fmt: skip
    assert set(found.table["feature"]) == {"size", "edge"}
