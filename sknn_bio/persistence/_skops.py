"""The types of this package that a skops file may hold."""

from __future__ import annotations

SKOPS_TRUSTED: tuple[str, ...] = (
    "sknn_bio.data.categories.Categories",
    "sknn_bio.data.encoding.TableEncoder",
    "sknn_bio.data.input_map.InputMap",
    "sknn_bio.data.scaling.ColumnScaler",
    "sknn_bio.estimators._classifier.NeuralNetBinaryClassifier",
    "sknn_bio.estimators._classifier.NeuralNetClassifier",
    "sknn_bio.estimators._regressor.NeuralNetRegressor",
    "sknn_bio.estimators._state.FittedPopulation",
    "sknn_bio.preprocessing._gene_aligner.GeneAligner",
    "sknn_bio.preprocessing._highly_variable.HighlyVariableGenes",
    "sknn_bio.preprocessing._log_normalizer.LogNormalizer",
    "sknn_bio.training.plan.MemberPlan",
    "sknn_bio.training.plan.Network",
    "sknn_bio.training.plan.TrainingSettings",
    "sknn_bio.training.run.Scaling",
)
"""Names of this package's types for ``skops.io.load(file, trusted=SKOPS_TRUSTED)``.

Plain data and estimators; a module, a loss or a callback of a user's is not among them.
"""
