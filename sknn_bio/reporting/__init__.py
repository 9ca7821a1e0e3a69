"""Figures and a page, drawn from results that were computed elsewhere."""

from sknn_bio.reporting._curves import (
    NetBenefitDisplay,
    PrecisionRecallComparisonDisplay,
    RocComparisonDisplay,
)
from sknn_bio.reporting._history import HistoryDisplay, plot_history
from sknn_bio.reporting._intervals import (
    DifferencesDisplay,
    ScoresDisplay,
    SubgroupsDisplay,
)
from sknn_bio.reporting._learning import LearningCurvesDisplay
from sknn_bio.reporting._page import write_report
from sknn_bio.reporting._reliability import ReliabilityDisplay
from sknn_bio.reporting._risk_coverage import RiskCoverageDisplay
from sknn_bio.reporting._roc import RocCurvesDisplay, plot_roc_curves
from sknn_bio.reporting._time import TimeDisplay

__all__ = [
    "DifferencesDisplay",
    "HistoryDisplay",
    "LearningCurvesDisplay",
    "NetBenefitDisplay",
    "PrecisionRecallComparisonDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "RocComparisonDisplay",
    "RocCurvesDisplay",
    "ScoresDisplay",
    "SubgroupsDisplay",
    "TimeDisplay",
    "plot_history",
    "plot_roc_curves",
    "write_report",
]
