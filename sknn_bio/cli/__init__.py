"""The command line: one small module a command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sknn_bio._optional import require
from sknn_bio._version import __version__

__all__ = ["main"]

OK, FAILED = 0, 1  # a wrong option is 2, as everywhere


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        The words of the command; None takes those of the process.

    Returns
    -------
    int
        The exit status: 0 if all went well, 1 if the command failed, 2 if it was not
        understood.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:  # also without the extra
        print(f"sknn-bio {__version__}")
        return OK
    try:
        return _run(words)
    except (ImportError, OSError, ValueError) as error:
        print(f"sknn-bio: error: {error}", file=sys.stderr)
        return FAILED


def _run(words: list[str]) -> int:
    from sknn_bio.cli import demo

    typer = require("typer", extra="cli")
    app = typer.Typer(
        help="Neural networks for biomedical tables, beside the models they must beat.",
        epilog="Example:  sknn-bio demo --output results",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def top(
        version: bool = typer.Option(False, "--version", help="Print the version."),
    ) -> None:
        pass

    demo.register(app, typer)
    try:
        app(args=words, prog_name="sknn-bio")
    except SystemExit as leave:
        return int(leave.code or OK)
    return OK
