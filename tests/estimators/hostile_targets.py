"""Hostile targets, weights and groups, made from what is `told`."""

import numpy as np
import pandas as pd

CLASSES = (
    "int", "text", "unicode", "bool", "floats", "huge", "rare", "category", "string",
    "object", "column", "index",
)  # fmt: skip
ODD_CLASSES = (
    "nan", "none", "na", "inf", "one", "short", "wide", "continuous", "mixed",
    "dates", "complex", "bytes", "cube", "scalar",
)  # fmt: skip
TARGETS = (
    "normal", "int", "constant", "huge", "tiny", "offset", "outlier", "wide", "column",
    "bool", "float16", "longdouble", "Int64", "digits",
)  # fmt: skip
ODD_TARGETS = (
    "nan", "inf", "extreme", "text", "short", "cube", "complex", "dates", "na",
    "scalar", "no_columns",
)  # fmt: skip
WEIGHTS = ("ones", "some_zero", "random", "int", "bool", "huge", "tiny", "wild", "list")
ODD_WEIGHTS = ("zero", "nan", "inf", "negative", "short", "wide", "text")
GROUPS = ("few", "text", "own", "one", "category", "unequal", "floats")
ODD_GROUPS = ("nan", "none", "short", "wide", "mixed")


def classes(rng, n: int, kind: str, n_classes: int):
    y = rng.permutation(np.arange(n) % n_classes)
    words = np.array(["control", "case", "unknown"])[y]
    if kind == "rare":
        return np.where(np.arange(n) == 0, 1, 0)
    made = {
        "int": lambda: y,
        "text": lambda: words,
        "unicode": lambda: np.array(["größe", "日本", "🧬"])[y],
        "bool": lambda: y > 0,
        "floats": lambda: y * 1.0,
        "huge": lambda: y + 2**62,
        "category": lambda: pd.Categorical(words),
        "string": lambda: pd.Series(words, dtype="string"),
        "object": lambda: words.astype(object),
        "column": lambda: y[:, None],
        "index": lambda: pd.Series(words, index=np.zeros(n, int)),
        "nan": lambda: np.where(np.arange(n) == n // 2, np.nan, y),
        "none": lambda: [None if i == 0 else w for i, w in enumerate(words.tolist())],
        "na": lambda: pd.Series(y, dtype="Int64").mask(y == 0),
        "inf": lambda: np.where(y == 0, np.inf, y),
        "one": lambda: np.zeros(n),
        "short": lambda: y[1:],
        "wide": lambda: np.c_[y, y],
        "continuous": lambda: rng.normal(size=n),
        "mixed": lambda: np.array([1, "1", 2.5], object)[y],
        "dates": lambda: y.astype("datetime64[D]"),
        "complex": lambda: y + 1j,
        "bytes": lambda: words.astype("S"),
        "cube": lambda: y[:, None, None],
        "scalar": lambda: 1,
    }
    return made[kind]()


def numbers(rng, n: int, kind: str):
    y = rng.normal(size=n)
    made = {
        "int": lambda: rng.integers(0, 9, n),
        "wide": lambda: np.c_[y, -y * 1e6],
        "column": lambda: y[:, None],
        "bool": lambda: y > 0,
        "float16": lambda: y.astype(np.float16),
        "longdouble": lambda: y.astype(np.longdouble),
        "Int64": lambda: pd.Series(rng.integers(0, 9, n), dtype="Int64"),
        "digits": lambda: np.array([f"{v:.3f}" for v in y], object),
        "nan": lambda: np.where(np.arange(n) == 0, np.nan, y),
        "inf": lambda: np.where(np.arange(n) == 0, np.inf, y),
        "text": lambda: np.array(["many"] * n),
        "short": lambda: y[1:],
        "cube": lambda: y[:, None, None],
        "complex": lambda: y + 1j,
        "dates": lambda: np.arange(n).astype("datetime64[D]"),
        "na": lambda: pd.Series(y, dtype="Float64").mask(y > 0),
        "scalar": lambda: 1.0,
        "no_columns": lambda: np.zeros((n, 0)),
    }
    return made[kind]()


def weights(rng, n: int, kind: str | None):
    w = rng.random(n)
    made = {
        "ones": lambda: np.ones(n),
        "some_zero": lambda: np.where(w < 0.3, 0, w),
        "random": lambda: w,
        "int": lambda: rng.integers(0, 3, n),
        "bool": lambda: w > 0.3,
        "huge": lambda: w * 1e300,
        "tiny": lambda: np.full(n, 5e-324),
        "wild": lambda: 10.0 ** rng.integers(-323, 300, n),
        "list": lambda: w.tolist(),
        "zero": lambda: np.zeros(n),
        "nan": lambda: np.where(np.arange(n) == 0, np.nan, w),
        "inf": lambda: np.where(np.arange(n) == 0, np.inf, w),
        "negative": lambda: w - 0.5,
        "short": lambda: w[1:],
        "wide": lambda: np.c_[w, w],
        "text": lambda: np.array(["heavy"] * n),
    }
    return None if kind is None else made[kind]()


def groups(rng, n: int, kind: str | None):
    g = rng.integers(0, 5, n)
    made = {
        "few": lambda: g,
        "text": lambda: np.array(["größe", "b", "c", "d", "e"])[g],
        "own": lambda: np.arange(n),
        "one": lambda: np.zeros(n),
        "category": lambda: pd.Categorical(g),
        "unequal": lambda: np.where(np.arange(n) < 2, 0, 1),
        "floats": lambda: g + 0.5,
        "nan": lambda: np.where(g == 0, np.nan, g),
        "none": lambda: [None if v == 0 else f"p{v}" for v in g],
        "short": lambda: g[1:],
        "wide": lambda: np.c_[g, g],
        "mixed": lambda: np.array([1, "1", 1.0, None, True], object)[g],
    }
    return None if kind is None else made[kind]()
