"""Tables whose rows stay on disk: ``.h5ad``, zarr, memory maps.

A :class:`RowsOnDisk` is what the estimators and the transformers take in the place of
an array that would not fit into memory. It is read block by block, never whole, and
knows nothing of PyTorch, AnnData or scikit-learn.
"""

from sknn_bio.ondisk._open import is_on_disk, open_rows
from sknn_bio.ondisk._rows import RowsOnDisk

__all__ = ["RowsOnDisk", "is_on_disk", "open_rows"]
