"""scikit-learn's own checks of the three estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

ESTIMATORS = (NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor)


class OneLayer(nn.Module):
    def __init__(self, d_in, d_out, width=8):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, width), nn.Tanh(), nn.Linear(width, d_out)
        )

    def forward(self, x):
        return self.layers(x)


# The checks ask for a fit, not for a good one: the others are kept quick.
QUICK = {
    "n_members": 1,
    "max_epochs": 30,
    "lr": 0.05,
    "n_neurons": 16,
    "monitor": "valid_loss",
}
CONFIGURATIONS = [
    {},
    {**QUICK, "n_layers": 1},
    {**QUICK, "residual": True, "normalization": "batch"},
    {**QUICK, "module": OneLayer},
    {**QUICK, "n_members": 4},
]
# Here fitting is deterministic in the rows: weights must equal repetitions.
EXACT = {
    "dropout": 0.0,
    "early_stopping": False,
    "n_members": 1,
    "batch_size": 10_000,
    "n_neurons": 16,
    "max_epochs": 40,
    "lr": 0.05,
    "precision": "float64",
}
STOCHASTIC = (
    "mini-batches, dropout and the inner split depend on the number of rows, so a row "
    "of weight two is not the row twice; it is in the deterministic configuration"
)


def expected_failures(estimator):
    if estimator.early_stopping is False:
        return {}
    return {
        "check_sample_weight_equivalence_on_dense_data": STOCHASTIC,
        "check_sample_weight_equivalence_on_sparse_data": STOCHASTIC,
    }


@pytest.mark.filterwarnings("default")
@parametrize_with_checks(
    [kind(**params) for params in (*CONFIGURATIONS, EXACT) for kind in ESTIMATORS],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)
