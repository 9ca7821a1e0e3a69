"""Functions and classes: those that everyone has, and those that the user supplies.

A file names them and holds nothing of them. A name is looked up here or in what was
given to :func:`~sknn_bio.persistence.load`; it is never imported.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from sknn_bio.persistence._errors import ModelFileError

_KNOWN = {
    "builtins": "bool complex float int object str",
    "numpy": """abs arcsinh bool_ cbrt exp exp2 expm1 float32 float64 floating int32
        int64 integer log log10 log1p log2 nan_to_num number object_ power reciprocal
        sign sqrt square str_ tanh uint8""",
    "sklearn.feature_selection": """chi2 f_classif f_regression mutual_info_classif
        mutual_info_regression r_regression""",
    "torch": "erf relu sigmoid sin softmax tanh",
    "torch.nn": """BCEWithLogitsLoss CELU CrossEntropyLoss ELU GELU GaussianNLLLoss
        HardtanH Hardswish HingeEmbeddingLoss HuberLoss Identity L1Loss LeakyReLU
        LogSigmoid MSELoss Mish MultiMarginLoss NLLLoss PoissonNLLLoss ReLU ReLU6 SELU
        SiLU Sigmoid SmoothL1Loss SoftMarginLoss Softplus Softsign Tanh""",
    "torch.nn.functional": """celu elu gelu hardswish leaky_relu mish relu selu silu
        softplus""",
    "torch.optim": """ASGD Adadelta Adagrad Adam AdamW Adamax NAdam RAdam RMSprop
        Rprop SGD""",
}


@cache
def _known() -> dict[str, Any]:
    """Return what everyone has, by name; every one of them is harmless to call."""
    found = {}
    for module, names in _KNOWN.items():
        home = importlib.import_module(module)
        for name in names.split():
            if hasattr(home, name):  # versions differ
                found[f"{module}:{name}"] = getattr(home, name)
    return found


def known_name(value: Any) -> str | None:
    """Return the name of something that everyone has; None for anything else."""
    for name, own in _known().items():
        if own is value:
            return name
    return None


def known(name: Any) -> Any:
    """Return what everyone has under a name.

    Raises
    ------
    ModelFileError
        If the name is not on the list.
    """
    try:
        return _known()[name]
    except (KeyError, TypeError):
        raise ModelFileError(
            f"a known function must be on the list, got {str(name)[:80]!r}"
        ) from None


def name_of(value: Any) -> str:
    """Return ``module:qualified.name`` of a function or class, or an object's class."""
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{named.__module__}:{named.__qualname__}"


def supplied(name: str, trusted: Mapping[str, Any]) -> Any:
    """Return what the user supplies under a full name, or under its last part.

    Raises
    ------
    KeyError
        If nothing is.
    """
    for key in (name, name.partition(":")[2], name.rpartition(".")[2]):
        if key in trusted:
            return trusted[key]
    raise KeyError(name)
