"""From a validated table to batches: scaling, stores, and one loader.

A store holds the rows once, whatever the number of members; the loader picks each
member's rows out of it.
"""

from sknn_bio.data.loader import Batch, MemberLoader, MemberRows
from sknn_bio.data.scaling import ColumnScaler, relative_scaling
from sknn_bio.data.stores import DenseStore, SparseStore, Store, Table, make_store

__all__ = [
    "Batch",
    "ColumnScaler",
    "DenseStore",
    "MemberLoader",
    "MemberRows",
    "SparseStore",
    "Store",
    "Table",
    "make_store",
    "relative_scaling",
]
