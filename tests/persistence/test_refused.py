"""What no file keeps is refused by name when it is saved, with advice."""

import numpy as np
import pytest
from sklearn.decomposition import KernelPCA
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.impute import KNNImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio.persistence import ModelFileError, _save, load, save
from sknn_bio.preprocessing import LogNormalizer

RNG = np.random.RandomState(0)
X = RNG.normal(size=(60, 5))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    ("model", "advice"),
    [
        (KNNImputer(), "holds rows of the training table; SimpleImputer"),
        (KernelPCA(), "PCA does not"),
        (GridSearchCV(Ridge(), {"alpha": [1, 2]}), "save its best_estimator_"),
        (make_pipeline(KNNImputer(), StandardScaler()), "knnimputer|SimpleImputer"),
        (type("Mine", (StandardScaler,), {})(), "FunctionTransformer"),
    ],
)
def test_other_classes_are_refused_by_name(model, advice, tmp_path):
    with pytest.raises(ModelFileError, match=advice):
        save(model.fit(X, Y), tmp_path / "model.sknn")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_fitted_or_no_model_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        save(StandardScaler(), tmp_path / "model.sknn")
    with pytest.raises(NotFittedError):
        save(make_pipeline(StandardScaler(), Ridge()), tmp_path / "model.sknn")
    with pytest.raises(ModelFileError, match="keeps an estimator, got dict"):
        save({"a": 1}, tmp_path / "model.sknn")


def test_attributes_that_are_not_known_are_refused(tmp_path):
    model = StandardScaler().fit(X)
    model.rows_ = X
    with pytest.raises(ModelFileError, match="has 'rows_', which this version"):
        save(model, tmp_path / "model.sknn")


def test_another_scikit_learn_is_told(tmp_path, monkeypatch):
    versions = {**_save.VERSIONS, "scikit-learn": "1.2.3"}
    monkeypatch.setattr(_save, "VERSIONS", versions)
    save(StandardScaler().fit(X), tmp_path / "theirs.sknn")
    with pytest.warns(InconsistentVersionWarning, match="StandardScaler .* 1.2"):
        load(tmp_path / "theirs.sknn")
    save(LogNormalizer().fit(np.abs(X)), tmp_path / "ours.sknn")
    load(tmp_path / "ours.sknn")
