"""From a validated table to batches: encoding, scaling, stores, and one loader.

A store holds the rows once, whatever the number of members; the loader picks each
member's rows out of it.
"""

from sknn_bio.data.categories import Categories, as_frame, categorical_columns
from sknn_bio.data.encoding import TableEncoder
from sknn_bio.data.input_map import SCALINGS, InputMap, MappedInputs
from sknn_bio.data.loader import Batch, MemberLoader, MemberRows
from sknn_bio.data.scaling import ColumnScaler, relative_scaling
from sknn_bio.data.stores import DenseStore, SparseStore, Store, Table, make_store

__all__ = [
    "SCALINGS",
    "Batch",
    "Categories",
    "ColumnScaler",
    "DenseStore",
    "InputMap",
    "MappedInputs",
    "MemberLoader",
    "MemberRows",
    "SparseStore",
    "Store",
    "Table",
    "TableEncoder",
    "as_frame",
    "categorical_columns",
    "make_store",
    "relative_scaling",
]
