"""Tables: those that ship with scikit-learn, and those of the folder SKNN_BIO_DATA."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes

from sknn_bio._optional import require

Task = Literal["binary", "multiclass", "regression"]
VARIABLE = "SKNN_BIO_DATA"


@dataclass(frozen=True)
class Table:
    """A table ready for ``fit(table.data, table.target, groups=table.groups)``.

    Attributes
    ----------
    name : str
        The name of the table.
    data : DataFrame of shape (n_samples, n_features)
        The features; categorical columns have pandas' category dtype.
    target : Series of shape (n_samples,)
        What to predict: strings for a classification, floats for a regression.
    groups : Series of shape (n_samples,) or None
        The patient, donor or site of each row, where rows share one.
    task : {"binary", "multiclass", "regression"}
        What kind of target it is.
    """

    name: str
    data: pd.DataFrame
    target: pd.Series
    groups: pd.Series | None
    task: Task

    def __repr__(self) -> str:
        """Name, shape and task; a frame would fill the screen."""
        rows, columns = self.data.shape
        groups = "" if self.groups is None else f", {self.groups.nunique()} groups"
        return f"Table({self.name!r}, {rows} x {columns}, {self.task}{groups})"


def load_breast_cancer_table() -> Table:
    """Return the Wisconsin diagnostic breast cancer table with readable labels.

    569 fine-needle aspirates, 30 measurements of their cell nuclei [1]_; it ships with
    scikit-learn, so nothing is downloaded.

    Returns
    -------
    Table
        A binary table; "malignant" comes last in sorted order and so is positive.

    References
    ----------
    .. [1] Street, W. N., Wolberg, W. H. & Mangasarian, O. L. (1993). Nuclear feature
       extraction for breast tumor diagnosis. Proc. SPIE 1905, 861-870.

    Examples
    --------
    >>> from sknn_bio.datasets import load_breast_cancer_table
    >>> load_breast_cancer_table()
    Table('breast_cancer', 569 x 30, binary)
    """
    bunch = load_breast_cancer(as_frame=True)
    names = dict(enumerate(bunch.target_names))
    target = bunch.target.map(names).rename("diagnosis")
    return Table("breast_cancer", bunch.data, target, None, "binary")


def load_diabetes_table() -> Table:
    """Return the diabetes progression table in its clinical units.

    442 patients, ten baseline variables, progression after one year [1]_; it ships
    with scikit-learn, so nothing is downloaded.

    Returns
    -------
    Table
        A regression table, not scaled.

    References
    ----------
    .. [1] Efron, B., Hastie, T., Johnstone, I. & Tibshirani, R. (2004). Least angle
       regression. Annals of Statistics 32, 407-499.

    Examples
    --------
    >>> from sknn_bio.datasets import load_diabetes_table
    >>> load_diabetes_table()
    Table('diabetes', 442 x 10, regression)
    """
    bunch = load_diabetes(as_frame=True, scaled=False)
    target = bunch.target.astype("float64").rename("progression")
    return Table("diabetes", bunch.data, target, None, "regression")


def list_tables() -> pd.DataFrame:
    """Return the index of the tables in the folder that SKNN_BIO_DATA names.

    Returns
    -------
    DataFrame
        One row a table, indexed by its name, with at least ``file`` and ``task``.

    Raises
    ------
    FileNotFoundError
        If SKNN_BIO_DATA is not set, or its folder has no ``datasets.csv``.

    See Also
    --------
    load_table : Read one of them.
    """
    path = _folder() / "datasets.csv"
    if not path.is_file():
        raise FileNotFoundError(
            f"{VARIABLE} must hold a datasets.csv, got none: {path}"
        )
    index = pd.read_csv(path).set_index("name")
    return index[index["file"].str.endswith(".parquet")].sort_index()


def load_table(name: str) -> Table:
    """Read a table from the folder that the variable SKNN_BIO_DATA names.

    The folder holds ``datasets.csv`` (columns ``name``, ``file`` and ``task``) and one
    parquet file a table, whose column ``target`` is what to predict and whose column
    ``group``, where there is one, says which rows belong together. Both are taken out
    of the features.

    Parameters
    ----------
    name : str
        A name in the index of `list_tables`.

    Returns
    -------
    Table
        Features, target, groups and task.

    Raises
    ------
    FileNotFoundError
        If SKNN_BIO_DATA is not set, or its folder has no ``datasets.csv``.
    ValueError
        If the index has no such table.
    ImportError
        If pyarrow, which reads parquet, is not installed.
    """
    folder = _folder()
    require("pyarrow", extra="benchmarks")
    index = list_tables()
    if name not in index.index:
        close = difflib.get_close_matches(name, index.index, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"name must be one of list_tables(), got {name!r}{hint}")
    frame = pd.read_parquet(folder / index.loc[name, "file"])
    target = frame.pop("target")
    if isinstance(target.dtype, pd.CategoricalDtype):
        target = target.astype(target.cat.categories.dtype)
    groups = frame.pop("group") if "group" in frame else None
    return Table(name, frame, target, groups, index.loc[name, "task"])


def _folder() -> Path:
    value = os.environ.get(VARIABLE)
    if not value:
        raise FileNotFoundError(
            f"{VARIABLE} must name a folder of tables, and is not set; "
            "load_breast_cancer_table() needs no folder"
        )
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"{VARIABLE} must name a folder, got {value!r}")
    return folder
