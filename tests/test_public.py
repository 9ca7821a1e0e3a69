"""The public surface: what is not listed here may change tomorrow."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import sknn_bio

SURFACE = {
    "sknn_bio": [
        "NeuralNetBinaryClassifier",
        "NeuralNetClassifier",
        "NeuralNetRegressor",
        "__version__",
    ],
    "sknn_bio.cli": ["main"],
    "sknn_bio.datasets": [
        "Cohort",
        "SimulatedCohorts",
        "SimulatedExpression",
        "Table",
        "find_table",
        "list_tables",
        "load_breast_cancer_table",
        "load_diabetes_table",
        "load_table",
        "simulate_cohorts",
        "simulate_expression",
        "simulate_signature",
    ],
    "sknn_bio.inspection": [
        "Attributions",
        "Counterfactuals",
        "PermutationImportances",
        "StabilitySelection",
        "counterfactuals",
        "gene_set_enrichment",
        "integrated_gradients",
        "member_rank_intervals",
        "permutation_importances",
        "shap_values",
        "stability_selection",
    ],
    "sknn_bio.model_selection": [
        "Alarm",
        "Comparison",
        "PopulationSearchCV",
        "baselines",
        "compare",
        "population_cross_validate",
    ],
    "sknn_bio.omics": ["RejectOption", "fit_anndata", "predict_anndata"],
    "sknn_bio.ondisk": ["RowsOnDisk", "is_on_disk", "open_rows"],
    "sknn_bio.persistence": [
        "SKOPS_TRUSTED",
        "FileContents",
        "ModelFileError",
        "inspect",
        "load",
        "save",
        "to_onnx",
        "to_torch",
    ],
    "sknn_bio.preprocessing": [
        "ExpressionScaleWarning",
        "GeneAligner",
        "GeneCoverage",
        "HighlyVariableGenes",
        "LogNormalizer",
    ],
    "sknn_bio.reporting": [
        "AttributionsDisplay",
        "ConfusionDisplay",
        "DifferencesDisplay",
        "GeneHeatmapDisplay",
        "HistoryDisplay",
        "ImportancesDisplay",
        "LearningCurvesDisplay",
        "NetBenefitDisplay",
        "NetworkDisplay",
        "PrecisionRecallBandDisplay",
        "PrecisionRecallComparisonDisplay",
        "ReliabilityDisplay",
        "RiskCoverageDisplay",
        "RocBandDisplay",
        "RocComparisonDisplay",
        "RocCurvesDisplay",
        "ScoresDisplay",
        "SubgroupsDisplay",
        "TimeDisplay",
        "plot_history",
        "plot_roc_curves",
        "write_report",
    ],
    "sknn_bio.training": ["CSVLogger", "EpochPrinter", "ProgressBar"],
}
ROOT = Path(__file__).parents[1]
PACKAGES = [
    info.name
    for info in pkgutil.iter_modules(sknn_bio.__path__, "sknn_bio.")
    if info.ispkg
]


@pytest.mark.parametrize("module", SURFACE)
def test_surface_is_as_written_here(module):
    assert importlib.import_module(module).__all__ == SURFACE[module]


def sort_key(name):
    """Order as ruff does: constants, then classes, then the rest."""
    return (not name.isupper(), not name[0].isupper(), name)


@pytest.mark.parametrize("module", ["sknn_bio", *PACKAGES])
def test_all_is_sorted_and_every_name_exists(module):
    room = importlib.import_module(module)
    assert list(room.__all__) == sorted(room.__all__, key=sort_key)
    assert len(set(room.__all__)) == len(room.__all__)
    for name in room.__all__:
        assert hasattr(room, name), name
        assert (
            name == "__version__"
            or getattr(room, name).__doc__
            or not callable(getattr(room, name))
        ), f"{module}.{name} has no docstring"


def test_every_public_name_is_on_the_api_page():
    page = ROOT / "docs" / "api.rst"
    if not page.exists():
        pytest.skip("the documentation is not beside the tests")
    text = page.read_text("utf-8")
    for module, names in SURFACE.items():
        if module == "sknn_bio.cli":
            continue
        for name in names:
            if name != "__version__":
                assert re.search(rf"^ +{name}$", text, re.MULTILINE), name


def test_version_has_one_source():
    from sknn_bio import _version

    assert sknn_bio.__version__ == _version.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|rc\d+)?", sknn_bio.__version__)
    citation = ROOT / "CITATION.cff"
    if citation.exists():
        assert f"version: {sknn_bio.__version__}\n" in citation.read_text("utf-8")
