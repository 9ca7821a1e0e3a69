"""Hostile cases, drawn by hypothesis, and the promise that each must keep.

Either the fit's answers are finite and of the right shape, or a `ValueError` or
`TypeError` says which column or rule it is. Structure is drawn, so that a failure
shrinks to the few oddities that it needs.
"""

import importlib.util
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor


def _neighbour(name: str):
    """Import a file of this folder, which is no package."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tables, targets = _neighbour("hostile_tables"), _neighbour("hostile_targets")

QUERIES = (
    "same", "same", "row", "gaps", "huge", "none", "fewer", "infinite", "text",
    "unicode",
)  # fmt: skip
# Warnings that a user should see: a rule that was bent, or a loss that diverged.
WARNED = re.compile(
    "groups has one group|loss of .* became infinite|column-vector y was passed|"
    "X does not have valid feature names|DataFrame with sparse columns"
)
# What a library says to itself, not to someone with a table.
ACCIDENTS = re.compile(
    "truth value|ufunc|unhashable|not supported between|no attribute|unsupported "
    "operand|broadcast|out of bounds|Cannot cast|setting an array|endian"
)


@dataclass
class Case:
    """A table, what goes with it, and an estimator for it; `told` says what is odd."""

    estimator: Any
    X: Any
    y: Any
    weight: Any
    groups: Any
    query: Any
    told: dict[str, Any]

    def __repr__(self):
        return f"Case({self.told})"


class Draw:
    """Choices: mostly plain ones, now and then an odd one."""

    def __init__(self, choose: Callable[[Sequence], Any]):
        self._choose = choose

    def one(self, *options):
        return self._choose(options)

    def rarely(self) -> bool:
        return self._choose(range(16)) == 15

    def either(self, usual, odd):
        return self.one(*odd) if self.rarely() else self.one(*usual)

    def column(self, dense: bool):
        kind = "float64" if dense else self.either(tables.COLUMNS, tables.ODD_COLUMNS)
        values = self.one(*tables.NUMBERS)
        missing = self.one(0.0, 0.0, 0.0, 0.2, 0.9, 1.0)
        return kind, values, missing, self.rarely() and self.rarely()

    def scaling(self, kind: str):
        if kind == "sparse" and not self.rarely():
            return self.one("auto", "standard", None)
        return self.one("auto", "standard", "robust", "quantile", None)

    def table(self) -> dict[str, Any]:
        kind = self.one("frame", "array", "sparse")
        n_columns = 0 if self.rarely() and self.rarely() else self.one(3, 1, 2, 6)
        told: dict[str, Any] = {
            "table": kind,
            "columns": [self.column(kind != "frame") for _ in range(n_columns)],
            "query": self.one(*QUERIES),
        }
        if kind == "frame":
            return {
                **told,
                "names": self.either(tables.NAMES, tables.ODD_NAMES),
                "odd_index": self.rarely(),
            }
        told["dtype"] = self.either(tables.NUMERIC, tables.ODD_DTYPES)
        if kind == "array":
            told["object"] = self.one(None, True, "7", "text", 10**30)
            told["layout"] = self.one(*tables.LAYOUTS)
            told["as"] = self.either(("two",), ("one", "three", "list", "masked"))
            return told
        if told["dtype"] not in tables.SPARSE:
            told["dtype"] = self.one("complex128", "longdouble")
        told["format"] = self.one(*tables.FORMATS)
        told["columns"] = [
            (kind, values, missing if self.rarely() else 0.0, infinite)
            for kind, values, missing, infinite in told["columns"]
        ]
        for name in ("zeros", "duplicates", "unsorted", "long_indices", "is_array",
                     "read_only"):  # fmt: skip
            told[name] = self.one(False, True)
        return told

    def case(self) -> dict[str, Any]:
        table = self.table()
        task = self.one("binary", "several", "regression")
        usual, odd = (
            (targets.TARGETS, targets.ODD_TARGETS)
            if task == "regression"
            else (targets.CLASSES, targets.ODD_CLASSES)
        )
        return {
            "task": task,
            "rows": 0 if self.rarely() and self.rarely() else
                    self.either((40, 24, 12), (1, 2, 3, 5)),  # fmt: skip
            **table,
            "y": self.either(usual, odd),
            "weight": self.either((None, *targets.WEIGHTS), targets.ODD_WEIGHTS)
            if self.one(False, False, True) else None,
            "groups": self.either((None, *targets.GROUPS), targets.ODD_GROUPS)
            if self.one(False, False, True) else None,
            "categorical_features": self.either(("from_dtype",), (None, [0])),
            "n_members": self.one(1, 2, 3, 4),
            "input_scaling": self.scaling(table["table"]),
            "loss": self.one("auto", "auto", "auto",
                             *(("huber", "poisson") if task == "regression"
                               else ("focal", "hinge"))),
            "precision": self.one("auto", "auto", "float64"),
            "normalization": self.one(None, None, "batch", "layer"),
            "seed": self._choose(range(2**32)),
        }  # fmt: skip


@st.composite
def cases(draw) -> Case:
    """Draw a case that hypothesis can shrink."""
    return make(Draw(lambda options: draw(st.sampled_from(options))).case())


def random_case(number: int) -> Case:
    """Return a case by its number; all options are as likely as one another."""
    rng = np.random.default_rng(number)
    return make(Draw(lambda options: options[int(rng.integers(len(options)))]).case())


def make(told: dict[str, Any]) -> Case:
    """Make what is told."""
    rng = np.random.default_rng(told["seed"])
    n, task = told["rows"], told["task"]
    kinds = {
        "binary": NeuralNetBinaryClassifier,
        "several": NeuralNetClassifier,
        "regression": NeuralNetRegressor,
    }
    params = (
        "categorical_features",
        "n_members",
        "input_scaling",
        "loss",
        "precision",
        "normalization",
    )
    estimator = kinds[task](
        n_neurons=4,
        max_epochs=2,
        random_state=0,
        **{name: told[name] for name in params},
    )
    if task != "regression":
        y = targets.classes(rng, n, told["y"], 2 if task == "binary" else 3)
    elif told["y"] in tables.NUMBERS:
        y = tables.numbers(rng, n, told["y"])
    else:
        y = targets.numbers(rng, n, told["y"])
    return Case(
        estimator,
        tables.table(rng, n, told),
        y,
        targets.weights(rng, n, told["weight"]),
        targets.groups(rng, n, told["groups"]),
        tables.queried(rng, max(n, 1), told),
        told,
    )


# The promise ------------------------------------------------------------------------


def judge(case: Case) -> list[str]:
    """Fit and predict; return the refusals, none where all went well.

    Raises
    ------
    AssertionError
        If an answer is not finite, has a wrong shape or contradicts another one, or if
        there was a warning that tells a user nothing.
    Exception
        Any that is no refusal: it is the library's fault.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refusals = _fit_and_ask(case)
    told = {
        f"{w.category.__name__}: {w.message} ({Path(w.filename).name}:{w.lineno})"
        for w in caught
        if not WARNED.search(str(w.message))
    }
    assert not told, f"warnings: {sorted(told)}"
    return refusals


def _fit_and_ask(case: Case) -> list[str]:
    model = case.estimator
    try:
        model.fit(case.X, case.y, sample_weight=case.weight, groups=case.groups)
    except (ValueError, TypeError) as error:
        return [_useful(error)]
    _check_answers(model, case.X)  # what was fitted is answered
    try:
        _check_answers(model, case.query)
    except (ValueError, TypeError) as error:
        return [_useful(error)]
    return []


def _useful(error: Exception) -> str:
    """Return the message, which must speak of the user's table."""
    message = f"{type(error).__name__}: {error}"
    inner = ACCIDENTS.search(str(error)) and "must hold" not in message
    if len(str(error)) < 15 or inner:
        raise AssertionError(f"a refusal must say why, got {message}") from error
    return message


def _check_answers(model, X) -> None:
    n = X.shape[0] if hasattr(X, "shape") else len(X)
    answer = model.predict(X)
    assert len(answer) == n, "a row must have one answer"
    members = model.predict_members(X)
    assert members.shape[:2] == (model.n_members_, n)
    assert np.isfinite(members).all(), "the members' answers must be finite"
    if isinstance(model, NeuralNetRegressor):
        assert answer.shape == members.shape[1:]
        assert np.isfinite(answer).all(), "predictions must be finite"
        return
    assert np.isin(answer, model.classes_).all()
    score = model.decision_function(X)
    assert np.isfinite(score).all(), "scores must be finite"
    if model.loss == "hinge":
        return
    prob = model.predict_proba(X)
    assert prob.shape == (n, len(model.classes_))
    assert np.isfinite(prob).all(), "probabilities must be finite"
    np.testing.assert_allclose(prob.sum(1), 1, atol=1e-5)
