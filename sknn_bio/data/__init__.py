"""From a validated table to batches: encoding, scaling, stores, and one loader.

A store holds the rows once, whatever the number of members; the loader picks each
member's rows out of it.
"""

from sknn_bio.data.categories import (
    Categories,
    as_frame,
    categorical_columns,
    check_columns,
)
from sknn_bio.data.encoding import TableEncoder
from sknn_bio.data.input_map import SCALINGS, InputMap, MappedInputs
from sknn_bio.data.loader import Batch, MemberLoader, MemberRows
from sknn_bio.data.moments import row_moments
from sknn_bio.data.scaling import (
    ColumnScaler,
    distinct_rows,
    relative_scaling,
    scale_of,
    set_weights,
)
from sknn_bio.data.stores import (
    DenseStore,
    DiskStore,
    SparseStore,
    Store,
    Table,
    make_store,
)
from sknn_bio.data.streaming import StreamLoader, StreamRows

__all__ = [
    "SCALINGS",
    "Batch",
    "Categories",
    "ColumnScaler",
    "DenseStore",
    "DiskStore",
    "InputMap",
    "MappedInputs",
    "MemberLoader",
    "MemberRows",
    "SparseStore",
    "Store",
    "StreamLoader",
    "StreamRows",
    "Table",
    "TableEncoder",
    "as_frame",
    "categorical_columns",
    "check_columns",
    "distinct_rows",
    "make_store",
    "relative_scaling",
    "row_moments",
    "scale_of",
    "set_weights",
]
