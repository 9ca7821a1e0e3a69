"""Imports point one way; this file is the map of the rooms."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import sknn_bio

PACKAGE = Path(sknn_bio.__file__).parent

# What each room may import besides itself. `reporting` reads its siblings' results.
BASE = {"_optional", "_version"}
DISK = BASE | {"ondisk"}
LEAVES = DISK | {"_compat", "datasets", "preprocessing"}
ESTIMATORS = LEAVES | {"data", "estimators", "nn", "training"}
ROOMS = {
    "_compat": set(),
    "_optional": set(),
    "_version": set(),
    "__main__": {"cli"},
    "ondisk": BASE,
    "nn": BASE,
    "data": DISK | {"_compat"},
    "datasets": BASE | {"_compat"},
    "preprocessing": DISK | {"_compat"},
    "training": DISK | {"_compat", "data", "nn"},
    "estimators": DISK | {"_compat", "data", "nn", "training"},
    "inspection": ESTIMATORS,
    "model_selection": ESTIMATORS,
    "omics": ESTIMATORS,
    "persistence": ESTIMATORS,
    "reporting": ESTIMATORS | {"inspection", "model_selection", "omics"},
    "cli": ESTIMATORS
    | {"inspection", "model_selection", "omics", "persistence", "reporting"},
}

# Conveniences that point back: (file, room). Each must stand inside a function.
BACKWARDS: set[tuple[str, str]] = {
    ("estimators/_html.py", "reporting"),
    ("model_selection/_importances.py", "inspection"),
    ("model_selection/_outputs.py", "reporting"),
}

# Packages that only some rooms may say, and those that a room may not say.
ONLY_IN = {"skorch": {"training"}}
FORBIDDEN = {"nn": {"sklearn", "skorch"}, "preprocessing": {"skorch", "torch"}}
# Extras: through `require`, inside a function, so that the room opens without them.
OPTIONAL = {
    "anndata", "captum", "catboost", "dask", "distributed", "gseapy", "h5py",
    "jinja2", "lightgbm", "matplotlib", "onnx", "onnxruntime", "onnxscript", "polars",
    "pyarrow", "rich", "shap", "skl2onnx", "skops", "tensorboard", "typer", "umap",
    "xgboost", "zarr",
}  # fmt: skip


class Import(NamedTuple):
    file: str
    line: int
    module: str
    name: str | None  # what `from module import name` names
    inside_function: bool

    def __str__(self):
        name = "" if self.name is None else f":{self.name}"
        return f"sknn_bio/{self.file}:{self.line} imports {self.module}{name}"


def imports_of(file: str, tree: ast.AST, inside: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name, None, inside)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in {file}:{node.lineno}"
            for alias in node.names:
                yield Import(file, node.lineno, node.module or "", alias.name, inside)
        else:
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from imports_of(file, node, inside or is_function)


def room_of(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


def target_room(found: Import) -> str | None:
    """Return the room of this package that an import enters."""
    package, _, rest = found.module.partition(".")
    if package != "sknn_bio":
        return None
    return rest.partition(".")[0] or found.name or "__init__"


IMPORTS = [
    found
    for path in sorted(PACKAGE.rglob("*.py"))
    for found in imports_of(
        path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text("utf-8"))
    )
]


def violations(imports: list[Import]) -> list[str]:
    """Return the edges that point upward."""
    wrong = []
    for found in imports:
        room, target = room_of(found.file), target_room(found)
        if target is None or room in ("__init__", target) or target in ROOMS[room]:
            continue
        allowed = (found.file, target) in BACKWARDS and found.inside_function
        if not allowed:
            wrong.append(str(found))
    return wrong


def test_every_room_is_on_the_map():
    rooms = {
        room_of(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py")
    }
    assert rooms - {"__init__"} <= set(ROOMS)


def test_imports_point_one_way():
    assert violations(IMPORTS) == []


def test_backwards_edges_named_here_exist():
    edges = {(found.file, target_room(found)) for found in IMPORTS}
    assert edges >= BACKWARDS


def test_package_room_by_room():
    wrong = []
    for found in IMPORTS:
        room, package = room_of(found.file), found.module.partition(".")[0]
        if room not in ONLY_IN.get(package, {room}):
            wrong.append(str(found))
        if package in FORBIDDEN.get(room, ()):
            wrong.append(str(found))
    assert wrong == []


def test_optional_packages_are_imported_where_they_are_used():
    wrong = [
        str(found)
        for found in IMPORTS
        if found.module.partition(".")[0] in OPTIONAL and not found.inside_function
    ]
    assert wrong == []


def is_private_sklearn(found: Import) -> bool:
    package, *parts = found.module.split(".")
    names = [*parts, found.name or ""]
    return package == "sklearn" and any(
        name.startswith("_") and not name.startswith("__") for name in names
    )


def test_private_sklearn_is_only_in_compat():
    wrong = [
        str(f) for f in IMPORTS if is_private_sklearn(f) and f.file != "_compat.py"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "source", "bad"),
    [
        ("nn/mlp.py", "from sknn_bio.training import net", True),
        ("training/net.py", "from sknn_bio.nn.mlp import MLP", False),
        ("omics/fit.py", "from sknn_bio.inspection import x", True),
        ("estimators/_base.py", "def f():\n    import sknn_bio.reporting", True),
        ("nn/mlp.py", "import sknn_bio", True),
        ("nn/mlp.py", "from sknn_bio import cli", True),
        ("reporting/page.py", "from sknn_bio.model_selection import x", False),
        ("cli/demo.py", "from sknn_bio.reporting import x", False),
    ],
)
def test_the_rule_finds_what_it_should(file, source, bad):
    assert bool(violations(list(imports_of(file, ast.parse(source))))) is bad


@pytest.mark.parametrize(
    ("source", "private"),
    [
        ("from sklearn.utils._tags import Tags", True),
        ("from sklearn.base import _fit_context", True),
        ("import sklearn._config", True),
        ("from sklearn.utils import check_array", False),
        ("from sklearn import __version__", False),
    ],
)
def test_private_names_are_recognised(source, private):
    (found,) = imports_of("x.py", ast.parse(source))
    assert is_private_sklearn(found) is private
