"""What the omics room leaves beside models, and its RejectOption."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetClassifier

pytest.importorskip("sknn_bio.omics")
from sknn_bio.omics import RejectOption
from sknn_bio.omics._novelty import NOVELTIES

RNG = np.random.RandomState(0)
X = RNG.normal(size=(150, 4))
Y = np.array(["a", "b"])[(X[:, 0] > 0).astype(int)]


@pytest.mark.parametrize("novelty", NOVELTIES)
@pytest.mark.parametrize("inner", ["network", "pipeline", "logistic"])
@pytest.mark.filterwarnings("ignore:an error of target_error")
def test_a_reject_option_comes_back(novelty, inner, again):
    net = NeuralNetClassifier(n_members=2, n_neurons=3, max_epochs=2, random_state=0)
    model = {
        "network": net,
        "pipeline": make_pipeline(StandardScaler(), net),
        "logistic": LogisticRegression(),
    }[inner]
    if inner == "logistic" and novelty == "distance":
        pytest.skip("there is no hidden layer")
    model = RejectOption(model, novelty=novelty, cv=3, target_error=0.3).fit(X, Y)
    back = again(model)
    new = np.r_[X[:20], X[:5] + 50]
    assert (back.predict(new) == model.predict(new)).all()
    assert back.predict_proba(new).tobytes() == model.predict_proba(new).tobytes()
    assert back.score_samples(new).tobytes() == model.score_samples(new).tobytes()
    assert back.error_bound_ == model.error_bound_
    assert back._judge.model is back.estimator_


def test_what_fit_anndata_leaves_is_kept(again):
    model = StandardScaler().fit(X)
    model.anndata_ = {
        "genes": np.array(list("abcd"), object),
        "n_cells": 150,
        "layer": None,
    }
    back = again(model)
    assert back.anndata_["genes"].tolist() == list("abcd")
    assert back.anndata_["n_cells"] == 150
