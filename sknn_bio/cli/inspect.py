"""``sknn-bio inspect``: what a model file holds."""

# No "from __future__ import annotations": typer reads the types of the options.
from pathlib import Path
from typing import Annotated, Any

from sknn_bio.persistence import FileContents
from sknn_bio.persistence import inspect as read_contents

EXAMPLES = r"""
Examples:

  sknn-bio inspect relapse.sknn

  sknn-bio inspect relapse.sknn --arrays
"""


def inspect(path: Path, *, arrays: bool = False) -> FileContents:
    """Print what a model file holds, without building the model.

    Parameters
    ----------
    path : Path
        A file of ``sknn-bio train`` or :func:`sknn_bio.persistence.save`.
    arrays : bool, default=False
        List every array with its type and shape.

    Returns
    -------
    FileContents
        What was printed.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such file, or something else in it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no such model file: {path}")
    contents = read_contents(path)
    print(contents)
    if arrays:
        for name, (dtype, shape) in contents.tensors.items():
            shown = "".join(c if c.isprintable() else "?" for c in name)
            print(f"  {shown}: {dtype} {' × '.join(map(str, shape)) or 'one number'}")
    return contents


def register(app: Any, typer: Any) -> None:
    """Add the command to the parser.

    Parameters
    ----------
    app : typer.Typer
        The parser.
    typer : module
        The package, imported by the caller.
    """

    @app.command("inspect", epilog=EXAMPLES)
    def command(
        model: Annotated[
            Path, typer.Argument(help="A model file.", show_default=False)
        ],
        arrays: Annotated[
            bool, typer.Option("--arrays", help="List every array.")
        ] = False,
    ) -> None:
        """Tell what a model file holds: steps, features, classes, scores, versions.

        The model is not built, and nothing in the file is run. All checksums are
        compared.
        """
        inspect(model, arrays=arrays)
