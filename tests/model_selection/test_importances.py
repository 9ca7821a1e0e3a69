"""A comparison keeps what its networks looked at, in rows they were not trained on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import KernelPCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.inspection import integrated_gradients
from sknn_bio.model_selection import compare


def network():
    return NeuralNetBinaryClassifier(max_epochs=15, n_members=2, random_state=0)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(120, 4)), columns=["a", "b", "c", "d"])
    return X, np.where(X["b"] > 0, "ill", "well")


@pytest.fixture(scope="module")
def models():
    return {
        "bare": network(),
        "piped": make_pipeline(StandardScaler(), network()),
        "mixed": make_pipeline(KernelPCA(3), network()),
        "linear": LogisticRegression(),
    }


def test_networks_alone_and_only_held_out_rows(table, models):
    X, y = table
    folds = StratifiedKFold(3)
    found = compare(models, X, y, cv=folds).importances
    assert list(found) == ["model", "repeat", "fold", "feature", "importance"]
    assert set(found["model"]) == {"bare", "piped"}
    assert (found.groupby(["model", "repeat", "fold"]).size() == 4).all()
    assert found["fold"].nunique() == 3
    top = found.loc[found.groupby(["model", "fold"])["importance"].idxmax()]
    assert set(top["feature"]) == {"b"}
    train, test = next(iter(folds.split(X, y)))
    fitted = network().fit(X.iloc[train], (y == "well")[train].astype(int))
    expected = integrated_gradients(fitted, X.iloc[test]).importances()
    own = found.query("model == 'bare' and fold == 0").set_index("feature")
    np.testing.assert_allclose(
        own.loc[expected["feature"], "importance"], expected["importance"], rtol=1e-4
    )


def test_a_checkpoint_keeps_them(table, models, tmp_path):
    X, y = table
    some = {name: models[name] for name in ("bare", "linear")}
    first = compare(some, X, y, cv=2, checkpoint=tmp_path).importances
    again = compare(some, X, y, cv=2, checkpoint=tmp_path).importances
    assert len(first) == 2 * 4
    pd.testing.assert_frame_equal(first, again)


def test_without_networks_there_are_none(table, models):
    found = compare({"linear": models["linear"]}, *table, cv=2).importances
    assert found.empty


def test_many_rows_are_thinned(table, models, monkeypatch):
    X, y = table
    seen = []

    def recorded(model, X, **options):
        seen.append(len(X))
        return integrated_gradients(model, X, **options)

    monkeypatch.setattr("sknn_bio.inspection.integrated_gradients", recorded)
    monkeypatch.setattr("sknn_bio.model_selection._importances._MOST_ROWS", 10)
    compare({"bare": models["bare"]}, X, y, cv=2)
    assert seen == [10, 10]
