"""What is said when a file cannot be opened, or a model cannot be saved."""

from __future__ import annotations


class ModelFileError(ValueError):
    """A file that is no whole and sound model file, or needs what was not given.

    :func:`~sknn_bio.persistence.load` raises no other error for what a file holds.
    """
