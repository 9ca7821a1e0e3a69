"""The tables of ``accuracy.py``, and the folds that every model gets alike."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from sknn_bio._optional import require
from sknn_bio.datasets import load_table

FOLDER = "SKNN_BIO_DATA"
OWN = {
    "iris": (load_iris, "multiclass", "other"),
    "wine": (load_wine, "multiclass", "assay"),
    "diabetes": (load_diabetes, "regression", "clinical"),
    "breast_cancer": (load_breast_cancer, "binary", "clinical"),
}


@dataclass(frozen=True)
class Contest:
    """A table, with labels 0 to k - 1 and the folds on which all models meet."""

    name: str
    task: str
    frame: pd.DataFrame
    target: np.ndarray
    groups: np.ndarray | None
    n_folds: int = 5

    @property
    def n_classes(self) -> int:
        """How many classes the whole table has; 1 for a regression."""
        return 1 if self.task == "regression" else int(self.target.max()) + 1

    def folds(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Training and test rows: grouped where there are groups, cohorts where two."""
        labelled = self.task != "regression"
        rows = np.zeros(len(self.frame))
        if self.groups is None:
            kind = StratifiedKFold if labelled else KFold
            splitter = kind(self.n_folds, shuffle=True, random_state=0)
        elif (n_groups := len(np.unique(self.groups))) == 2:
            splitter = LeaveOneGroupOut()
        else:
            kind = StratifiedGroupKFold if labelled else GroupKFold
            n_folds = min(self.n_folds, n_groups)
            splitter = kind(n_folds, shuffle=True, random_state=0)
        return list(splitter.split(rows, self.target, self.groups))


def index() -> pd.DataFrame:
    """Name, task, kind, rows and columns of each table, the smallest first."""
    if FOLDER in os.environ:
        frame = pd.read_csv(Path(os.environ[FOLDER]) / "datasets.csv")
        columns = ["name", "task", "kind", "n_samples", "n_features", "file"]
        frame = frame[columns].set_index("name")
    else:
        sizes = {name: load()["data"].shape for name, (load, *_) in OWN.items()}
        frame = pd.DataFrame(
            [(n, t, k, *sizes[n]) for n, (_, t, k) in OWN.items()],
            columns=["name", "task", "kind", "n_samples", "n_features"],
        ).set_index("name")
    size = frame["n_samples"] * frame["n_features"]
    return frame.loc[size.sort_values(kind="stable").index]


def read(name: str) -> Contest:
    """Return a table as everybody gets it."""
    if FOLDER not in os.environ:
        load, task, _ = OWN[name]
        bunch = load(as_frame=True)
        return _contest(name, task, bunch.data, bunch.target, None)
    row = index().loc[name]
    if row["file"].endswith(".h5ad"):
        return _cells(name, row["task"], Path(os.environ[FOLDER]) / row["file"])
    table = load_table(name)
    return _contest(name, table.task, table.data, table.target, table.groups)


def _cells(name: str, task: str, path: Path) -> Contest:
    """Cells × genes as dense float32; counts become log1p of counts per 10,000."""
    anndata = require("anndata", extra="omics")
    data = anndata.read_h5ad(path)
    data.var_names_make_unique()
    values = data.X.toarray().astype(np.float32)
    if data.uns["X_kind"] == "counts":
        depth = values.sum(axis=1, keepdims=True)
        values = np.log1p(values * (1e4 / np.maximum(depth, 1)))
    frame = pd.DataFrame(values, columns=data.var_names.astype(str))
    groups = data.obs["group"] if "group" in data.obs else None
    return _contest(name, task, frame, data.obs["target"], groups)


def _contest(name, task, frame, target, groups) -> Contest:
    if task == "regression":
        target = np.asarray(target, dtype=np.float64)
    else:
        target = np.unique(np.asarray(target), return_inverse=True)[1]
    groups = None if groups is None else np.asarray(groups)
    return Contest(name, task, frame.reset_index(drop=True), target, groups)
