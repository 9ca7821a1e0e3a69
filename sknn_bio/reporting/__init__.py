"""Figures and a page, drawn from results that were computed elsewhere."""

from sknn_bio.reporting._attributions import AttributionsDisplay
from sknn_bio.reporting._bands import PrecisionRecallBandDisplay, RocBandDisplay
from sknn_bio.reporting._confusion import ConfusionDisplay
from sknn_bio.reporting._curves import (
    NetBenefitDisplay,
    PrecisionRecallComparisonDisplay,
    RocComparisonDisplay,
)
from sknn_bio.reporting._heatmap import GeneHeatmapDisplay
from sknn_bio.reporting._history import HistoryDisplay, plot_history
from sknn_bio.reporting._importances import ImportancesDisplay
from sknn_bio.reporting._intervals import (
    DifferencesDisplay,
    ScoresDisplay,
    SubgroupsDisplay,
)
from sknn_bio.reporting._learning import LearningCurvesDisplay
from sknn_bio.reporting._network import NetworkDisplay
from sknn_bio.reporting._page import write_report
from sknn_bio.reporting._reliability import ReliabilityDisplay
from sknn_bio.reporting._risk_coverage import RiskCoverageDisplay
from sknn_bio.reporting._roc import RocCurvesDisplay, plot_roc_curves
from sknn_bio.reporting._time import TimeDisplay

__all__ = [
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
]
