"""Hostile tables: any types, values, names and layouts, made from what is `told`.

The structure is told, by hypothesis; the bulk of the values comes from a seed.
"""

import decimal
import warnings

import numpy as np
import pandas as pd
from scipy import sparse

EXTREMES = [
    1e300, -1e300, 1.7e308, 1e39, 1e20, 2.0**53 + 2, 1.0, 0.0, -0.0, 1e-20, 1e-300,
    5e-324,
]  # fmt: skip
NUMBERS = (
    "normal", "counts", "constant", "zeros", "extreme", "outlier", "huge", "tiny",
    "offset", "one",
)  # fmt: skip
NUMERIC = (
    "float64", "float32", "float16", "int8", "int16", "int32", "int64", "uint8",
    "uint16", "uint32", "uint64", "bool",
)  # fmt: skip
SPARSE = tuple(name for name in NUMERIC if name != "float16")
ODD_DTYPES = (
    "longdouble", "object", "complex128", "U", "S", "datetime64[s]", "timedelta64[s]",
)  # fmt: skip
COLUMNS = (
    *NUMERIC, "Int64", "UInt8", "Float64", "boolean", "category", "ordered", "levels",
    "number_levels", "string", "text", "mixed", "object_numbers", "sparse", "many",
    "unicode", "all_missing",
)  # fmt: skip
ODD_COLUMNS = (
    "lists", "decimals", "datetime", "zoned", "timedelta", "period", "complex128",
    "longdouble", "bytes", "intervals", "dates", "arrays",
)  # fmt: skip
LAYOUTS = (
    "plain", "fortran", "reversed", "strided", "swapped", "misaligned", "read_only",
)  # fmt: skip
FORMATS = ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")
NAMES = ("plain", "unicode", "numbers", "empty")
ODD_NAMES = ("duplicates", "mixed", "tuples")

# Values -----------------------------------------------------------------------------


def numbers(rng, n: int, kind: str) -> np.ndarray:
    normal = rng.normal(size=n)
    with np.errstate(over="ignore"):
        return {
            "normal": normal,
            "counts": rng.poisson(1.0, n).astype(float),
            "constant": np.full(n, float(rng.choice([0.1, 1e15, -1e-300, 7]))),
            "zeros": np.zeros(n),
            "extreme": rng.choice(EXTREMES, n),
            "outlier": np.where(np.arange(n) == 0, rng.choice(EXTREMES), normal),
            "huge": np.clip(normal * 1e308, -1.7e308, 1.7e308),
            "tiny": normal * 1e-310,
            "offset": normal + 1e12,
            "one": (np.arange(n) == n // 2) * 1.0,
        }[kind]


def with_gaps(rng, values: np.ndarray, missing: float, infinite: bool) -> np.ndarray:
    values = np.where(rng.random(len(values)) < missing, np.nan, values)
    if infinite and len(values):
        values[rng.integers(len(values))] = rng.choice([np.inf, -np.inf])
    return values


def as_dtype(values: np.ndarray, dtype: str) -> np.ndarray:
    """Cast with whole numbers clipped to the type's ends, as data would be."""
    kind = np.dtype(dtype).kind
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind in "iu":
            ends = np.iinfo(dtype)
            clipped = np.clip(np.nan_to_num(values), ends.min / 2, ends.max / 2)
            return clipped.astype(dtype)
        if kind in "mM":
            return (
                np.clip(np.nan_to_num(values), -1e9, 1e9).astype(np.int64).view(dtype)
            )
        if kind == "c":
            return values + 1j * values
        return values.astype(dtype)


def column(rng, n: int, kind: str, values: str, missing: float, infinite: bool):
    x = with_gaps(rng, numbers(rng, n, values), missing, infinite)
    gap = np.isnan(x)
    few = rng.integers(0, 3, n)
    if kind in NUMERIC or kind in ("complex128", "longdouble"):
        return pd.Series(as_dtype(x, kind))
    if kind in ("Int64", "UInt8"):
        small = pd.Series(np.abs(as_dtype(x, "int8")), dtype=kind)
        return small.mask(gap, pd.NA)
    texts = {
        "category": ["low", "mid", "high"],
        "string": ["a", "b", ""],
        "text": ["yes", "no", "maybe"],
        "unicode": ["naïve", "日本", "\u202e🧬\x00"],
        "bytes": [b"a", b"b", b"c"],
        "mixed": [1, "1", True],
        "number_levels": [1.5, 2.5, 1e300],
        "lists": [[1], [2, 3], []],
        "arrays": [np.zeros(2), np.ones(1), np.zeros(0)],
        "decimals": [decimal.Decimal(1), decimal.Decimal("2.5"), decimal.Decimal(3)],
        "dates": [pd.Timestamp("2020-01-01").date()] * 3,
        "boolean": [True, False, True],
        "levels": ["a", "b", "c"],
        "ordered": ["c", "b", "a"],
    }
    if kind in texts:
        items = pd.Series(
            [None if g else texts[kind][i] for i, g in zip(few, gap, strict=True)]
        )
        items = items.astype(object)
        types = {
            "category": "category",
            "number_levels": "category",
            "string": "string",
            "boolean": "boolean",
            "levels": pd.CategoricalDtype(["unused", "c", "b", "a"]),
            "ordered": pd.CategoricalDtype(["a", "b", "c"], ordered=True),
        }
        return items.astype(types.get(kind, object))
    if kind == "all_missing":
        return pd.Series([rng.choice([None, np.nan]) for _ in range(n)], dtype=object)
    if kind == "many":
        return pd.Series([f"patient {i // 2}" for i in range(n)], dtype=object)
    if kind == "object_numbers":
        return pd.Series([None if np.isnan(v) else v for v in x], dtype=object)
    if kind == "Float64":
        return pd.Series(x).astype("Float64")
    if kind == "sparse":
        return pd.Series(pd.arrays.SparseArray(np.nan_to_num(x), fill_value=0.0))
    days = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(few, unit="D"))
    days = days.mask(gap)
    if kind == "timedelta":
        return days - pd.Timestamp("2020-01-01")
    if kind == "zoned":
        return days.dt.tz_localize("UTC")
    if kind == "period":
        return days.dt.to_period("D")
    if kind == "intervals":
        return pd.Series(pd.cut(few, [-1, 0, 1, 2]))
    return days


# Tables -----------------------------------------------------------------------------


def frame(rng, n: int, told: dict) -> pd.DataFrame:
    parts = [column(rng, n, *about) for about in told["columns"]]
    table = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=range(n))
    width = range(table.shape[1])
    table.columns = {
        "plain": [f"x{j}" for j in width],
        "unicode": [f"größe 日本 {j}\n" for j in width],
        "duplicates": ["same" for _ in width],
        "numbers": list(width),
        "mixed": [j if j % 2 else f"x{j}" for j in width],
        "empty": ["" if j == 0 else f"x{j}" for j in width],
        "tuples": pd.MultiIndex.from_tuples([("a", str(j)) for j in width])
        if len(width)
        else [],
    }[told["names"]]
    if told["odd_index"]:
        table.index = np.zeros(n, int)
    return table


def array(rng, n: int, told: dict):
    dtype = told["dtype"]
    parts = [with_gaps(rng, numbers(rng, n, about[1]), *about[2:]) for about in
             told["columns"]]  # fmt: skip
    X = np.array(parts, float).reshape(len(parts), n).T
    if dtype in ("U", "S"):
        X = np.nan_to_num(X).astype(dtype)
    elif dtype == "object":
        X = X.astype(object)
        X[rng.random(X.shape) < 0.05] = told["object"]
    else:
        X = as_dtype(X, dtype)
    X = laid_out(X, told["layout"])
    return {
        "one": lambda: X.ravel(),
        "two": lambda: X,
        "three": lambda: X[None],
        "list": lambda: X.tolist(),
        "masked": lambda: np.ma.masked_array(X, rng.random(X.shape) < 0.1),
    }[told["as"]]()


def laid_out(X: np.ndarray, layout: str) -> np.ndarray:
    """Return equal values in another place and order of memory."""
    if layout == "fortran":
        return np.asfortranarray(X)
    if layout == "reversed":
        return X[::-1, ::-1].copy()[::-1, ::-1]
    if layout == "strided":
        return np.repeat(np.repeat(X, 2, 0), 3, 1)[::2, ::3]
    if layout == "swapped":
        return X.astype(X.dtype.newbyteorder())
    if layout == "misaligned" and X.dtype != object:
        memory = np.zeros(X.nbytes + 1, np.uint8)
        out = memory[1:].view(X.dtype).reshape(X.shape)
        out[...] = X
        return out
    X = np.ascontiguousarray(X)
    X.flags.writeable = layout != "read_only"
    return X


def sparse_table(rng, n: int, told: dict):
    told = {**told, "layout": "plain", "as": "two"}
    dense = array(rng, n, told)
    keep = (rng.random(dense.shape) < 0.4).astype(np.int8)
    X = sparse.coo_matrix(np.where(keep, dense, dense.dtype.type(0)))
    if told["duplicates"]:
        X = sparse.coo_matrix(
            (np.r_[X.data, X.data], (np.r_[X.row, X.row], np.r_[X.col, X.col])), X.shape
        )
    if told["zeros"] and X.nnz:
        X.data[::2] = 0
    kind = told["format"]
    if kind in ("coo", "csr", "csc"):
        X = X if kind == "coo" else compressed(rng, X, kind, told["unsorted"])
    else:
        X = X.asformat(kind)
    if told["is_array"]:
        X = getattr(sparse, f"{kind}_array")(X)
    if told["long_indices"]:
        for name in ("indices", "indptr", "row", "col"):
            if hasattr(X, name) and not (kind == "coo" and told["is_array"]):
                setattr(X, name, getattr(X, name).astype(np.int64))
    if told["read_only"] and kind in ("csr", "csc", "coo", "bsr"):
        X.data.flags.writeable = False
    return X


def compressed(rng, X: sparse.coo_matrix, kind: str, unsorted: bool):
    """Return CSR or CSC that keeps duplicates, in a random order if `unsorted`."""
    major, minor = (X.row, X.col) if kind == "csr" else (X.col, X.row)
    places = rng.permutation(X.nnz) if unsorted else np.arange(X.nnz)
    places = places[np.argsort(major[places], kind="stable")]
    length = X.shape[0] if kind == "csr" else X.shape[1]
    starts = np.r_[0, np.cumsum(np.bincount(major, minlength=length))]
    parts = (X.data[places], minor[places].astype(np.int32), starts.astype(np.int32))
    return getattr(sparse, f"{kind}_matrix")(parts, shape=X.shape)


def table(rng, n: int, told: dict):
    return {"frame": frame, "array": array, "sparse": sparse_table}[told["table"]](
        rng, n, told
    )


def queried(rng, n: int, told: dict):
    """Other rows for the fitted estimator, with a twist."""
    twist = told["query"]
    if twist == "none":
        return table(rng, 0, told)
    if twist == "fewer":
        told = {**told, "columns": told["columns"][:-1]}
    changes = {"gaps": (2, 1.0), "huge": (1, "extreme"), "infinite": (3, True),
               "text": (0, "text"), "unicode": (0, "unicode")}  # fmt: skip
    if twist in changes:
        place, value = changes[twist]
        new = [tuple(value if i == place else v for i, v in enumerate(about))
               for about in told["columns"]]  # fmt: skip
        told = {**told, "columns": new}
    return table(rng, 1 if twist == "row" else n, told)
