"""The command line: one small module a command."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

from sknn_bio._optional import require
from sknn_bio._version import __version__
from sknn_bio.cli._messages import note

__all__ = ["main"]

OK, FAILED, USAGE = 0, 1, 2


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
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            return _run(words)
        except (ImportError, MemoryError, OSError, RuntimeError, ValueError) as error:
            return _failed(error)


def _run(words: list[str]) -> int:
    typer = require("typer", extra="cli")
    from sknn_bio.cli import compare, demo, explain, inspect, predict, train

    app = typer.Typer(
        help="Neural networks for biomedical tables, beside the models they must beat.",
        epilog="Example:  sknn-bio compare patients.csv --target outcome",
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def top(
        version: bool = typer.Option(False, "--version", help="Print the version."),
    ) -> None:
        pass

    for command in (compare, train, predict, explain, inspect, demo):
        command.register(app, typer)
    try:
        status = app(
            args=words or ["--help"], prog_name="sknn-bio", standalone_mode=False
        )
    except typer.Abort:
        return _failed("stopped")
    except Exception as error:
        if not hasattr(error, "format_message"):  # not the parser's own
            raise
        context = getattr(error, "ctx", None)
        command_path = "sknn-bio" if context is None else context.command_path
        return _failed(f"{error.format_message()} (see {command_path} --help)", USAGE)
    return int(status or OK) if words else USAGE


def _failed(error: object, status: int = FAILED) -> int:
    """Say what went wrong in one line."""
    words = " ".join(str(error).split()) or type(error).__name__
    print(f"sknn-bio: error: {words}", file=sys.stderr)
    return status


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning in one line, without the line of code that led to it."""
    note(" ".join(str(message).split()))
