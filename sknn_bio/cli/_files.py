"""Files written whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def check_new(path: Path, *, force: bool) -> None:
    """Refuse a file that is there, or a folder that is not, before any work is done.

    Parameters
    ----------
    path : Path
        The file to be written.
    force : bool
        Whether a file that is there may be replaced.

    Raises
    ------
    FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError
        If it cannot be written.
    """
    if path.is_dir():
        raise IsADirectoryError(f"the file to write must not be a folder, got {path}")
    if path.exists() and not force:
        raise FileExistsError(f"{path} is there already; --force replaces it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no such folder: {path.parent} (to write {path.name})")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"the folder {path.parent} cannot be written to")


@contextmanager
def written_whole(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a path to write to, which becomes the file when all went well.

    The temporary file stands in the same folder, so that the last step is one rename:
    a reader sees the old file or the new one, and a killed command leaves neither half.

    Parameters
    ----------
    path : Path
        The file.
    force : bool, default=False
        Replace one that is there.

    Yields
    ------
    Path
        A new, empty file with the same suffix.

    Raises
    ------
    FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError
        If it cannot be written.
    """
    check_new(path, force=force)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner can read.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        check_new(path, force=force)  # nobody came in between
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
