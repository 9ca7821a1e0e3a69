"""Figures, drawn from results that were computed elsewhere."""

from sknn_bio.reporting._history import HistoryDisplay, plot_history
from sknn_bio.reporting._roc import RocCurvesDisplay, plot_roc_curves

__all__ = ["HistoryDisplay", "RocCurvesDisplay", "plot_history", "plot_roc_curves"]
