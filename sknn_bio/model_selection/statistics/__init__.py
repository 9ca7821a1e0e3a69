"""The statistics of a comparison: intervals, tests, calibration, curves.

Functions of plain arrays; :class:`~sknn_bio.model_selection.Comparison` gathers them.
"""

__all__: list[str] = []
