"""An optional import, or an error that names the extra to install."""

from __future__ import annotations

import importlib
from types import ModuleType


def require(name: str, *, extra: str) -> ModuleType:
    """Import an optional package where it is used.

    Parameters
    ----------
    name : str
        The module to import, such as ``"matplotlib.pyplot"``.
    extra : str
        The extra of sknn-bio that installs it.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the package is not installed. A package that is there but fails to import
        raises its own error: installing the extra would not mend it.

    Examples
    --------
    >>> from sknn_bio._optional import require
    >>> require("json", extra="report").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise ImportError(
            f"{package} is needed here and is not installed; "
            f'install it with: pip install "sknn-bio[{extra}]"',
            name=package,
        ) from error
