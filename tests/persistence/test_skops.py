"""skops and pickle keep what the estimator is, and nothing else."""

import pickle

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.persistence import SKOPS_TRUSTED
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

KINDS = [NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor]


@pytest.fixture
def skops():
    return pytest.importorskip("skops.io")


def answers(model, table):
    return getattr(model, "predict_proba", model.predict)(table)


@pytest.mark.parametrize("kind", KINDS)
def test_networks_through_skops(skops, fit, patients, kind, tmp_path):
    model = fit(kind)
    skops.dump(model, tmp_path / "model.skops")
    back = skops.load(tmp_path / "model.skops", trusted=SKOPS_TRUSTED)
    assert np.array_equal(answers(back, patients), answers(model, patients))
    assert back.history_.equals(model.history_)
    assert back.get_params() == model.get_params()


def test_pipeline_of_transformers_through_skops(skops, tmp_path):
    counts = np.random.RandomState(0).poisson(3.0, (60, 20)).astype(float)
    model = make_pipeline(
        GeneAligner(assume_reference_order=True),
        HighlyVariableGenes(n_top_genes=8),
        LogNormalizer(target_sum=100),
        StandardScaler(),
        NeuralNetClassifier(n_members=2, max_epochs=2, random_state=0),
    ).fit(counts, counts[:, 0] > 2)
    skops.dump(model, tmp_path / "model.skops")
    back = skops.load(tmp_path / "model.skops", trusted=SKOPS_TRUSTED)
    assert np.array_equal(answers(back, counts), answers(model, counts))


def test_nothing_is_trusted_without_the_list(skops, fit, tmp_path):
    skops.dump(fit(), tmp_path / "model.skops")
    unknown = skops.get_untrusted_types(file=tmp_path / "model.skops")
    assert unknown and set(unknown) <= set(SKOPS_TRUSTED)
    assert list(SKOPS_TRUSTED) == sorted(SKOPS_TRUSTED)


def test_a_pickle_holds_no_rows_and_no_optimizer(fit):
    few = np.random.RandomState(0).normal(size=(100, 5))
    many = np.tile(few, (20, 1))
    sizes = []
    for X in (few, many):
        model = fit(X=X, y=X[:, 0] > 0, early_stopping=False)
        del model.oof_prediction_  # a row a patient, told in the guide
        assert model.population_.optimizer_state == {}
        sizes.append(len(pickle.dumps(model)))
    assert sizes[1] - sizes[0] < 1000
