"""The room that trains: skorch's net, optimisers, schedules, splits, bookkeeping.

The only one that says "skorch". ``fit.train`` takes a module, a plan of members and
tables, and returns a :class:`TrainedPopulation` of plain arrays.
"""

from sknn_bio.training.callbacks import CSVLogger, EpochPrinter, ProgressBar

__all__ = ["CSVLogger", "EpochPrinter", "ProgressBar"]
