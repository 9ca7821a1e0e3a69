"""A folder in which a training is kept as it goes, so that a killed one goes on.

``checkpoint_dir`` holds one subfolder a fit, named by what decides the fit's numbers
(:mod:`sknn_bio.training.fingerprint`): the folds of a cross-validation, the candidates
of a search and the workers that fit them may share a ``checkpoint_dir``. In it are
``fit.json`` (what the fit is, in words), the last two checkpoints, and, where members
train apart, a folder a part.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sknn_bio.training.fingerprint import differing
from sknn_bio.training.packing import pack, unpack

# A checkpoint at most this often, and for at most this share of the time.
_LEAST_SECONDS = 1.0
_SHARE = 0.05
# How long an unfinished fit of the folder may take to be resumed by a neighbour (the
# candidates of a search start together) before it counts as left behind.
_GRACE_SECONDS = 3.0
_LATEST, _EARLIER = "latest.safetensors", "earlier.safetensors"
_ABOUT, _LOCK, _FINISHED, _DRAFT = "fit.json", "lock", "finished", "draft"


class Checkpoint:
    """The last two checkpoints of one training.

    Parameters
    ----------
    folder : Path
        Made where it is not there.
    writes : bool, default=True
        False where another process trains the same fit and keeps it here.
    """

    def __init__(self, folder: Path, writes: bool = True):
        self.folder, self.writes = folder, writes
        self._warned = False
        self._next = time.monotonic() + _LEAST_SECONDS
        folder.mkdir(parents=True, exist_ok=True)

    def part(self, name: str) -> Checkpoint:
        """Return the checkpoint of members that train apart from the others."""
        return Checkpoint(self.folder / name, self.writes)

    def has_part(self, name: str) -> bool:
        """Whether some members of this fit trained apart already."""
        return (self.folder / name).is_dir()

    def load(self) -> dict[str, Any] | None:
        """Return the latest readable state; None where there is none."""
        for name in (_LATEST, _EARLIER):
            path = self.folder / name
            try:
                return unpack(path.read_bytes())
            except FileNotFoundError:
                continue
            except ValueError as error:
                warnings.warn(
                    f"{path} is damaged and is not used: {error}",
                    RuntimeWarning,
                    stacklevel=2,
                )
        return None

    @property
    def is_due(self) -> bool:
        """Whether the last checkpoint is long enough ago."""
        return self.writes and time.monotonic() >= self._next

    def save(self, state: Mapping[str, Any]) -> None:
        """Keep a state; on a full disk the last one stays, with one warning."""
        if not self.writes:
            return
        start = time.monotonic()
        latest = self.folder / _LATEST
        try:
            draft = _written(self.folder / _DRAFT, pack(state))
            if latest.exists():
                os.replace(latest, self.folder / _EARLIER)
            os.replace(draft, latest)
            _settle(self.folder)
        except OSError as error:
            if not self._warned:
                warnings.warn(
                    f"no checkpoint could be written to {self.folder}: {error}. "
                    "Training goes on; the last checkpoint stays",
                    RuntimeWarning,
                    stacklevel=2,
                )
            self._warned = True
        finally:
            took = time.monotonic() - start
            wait = max(_LEAST_SECONDS, took / _SHARE)
            self._next = time.monotonic() + wait

    def finish(self) -> None:
        """Say that the fit is whole: nothing of it is left to be resumed."""
        if not self.writes:
            return
        with suppress(OSError):  # a full disk was warned of already
            (self.folder / _EARLIER).unlink(missing_ok=True)
            (self.folder / _FINISHED).touch()


@contextmanager
def open_checkpoint(
    root: str | os.PathLike | None, fingerprint: Mapping[str, Any]
) -> Iterator[Checkpoint | None]:
    """Give the checkpoint of a fit within a ``checkpoint_dir``; None without one.

    Parameters
    ----------
    root : path or None
    fingerprint : mapping
        Plain values: what decides the fit's numbers.

    Raises
    ------
    ValueError
        If the folder has an unfinished fit that is another one, and none of this.
    """
    if root is None:
        yield None
        return
    text = json.dumps(fingerprint, indent=1, sort_keys=True)
    folder = Path(root) / f"fit-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if not folder.exists():
        _refuse_others(Path(root), json.loads(text))
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=1.0, poll_interval=0.02)
        writes = True
    except Timeout:
        writes = False
    except NotImplementedError:  # a file system without locks
        writes = True
    try:
        if writes and not (folder / _ABOUT).exists():
            os.replace(_written(folder / _DRAFT, text.encode()), folder / _ABOUT)
        yield Checkpoint(folder, writes)
    finally:
        lock.release()


def _refuse_others(root: Path, fingerprint: Mapping[str, Any]) -> None:
    """Raise where another fit of the folder was left unfinished."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while left := [folder for folder in root.glob("fit-*") if _is_left(folder)]:
        if time.monotonic() < deadline:
            time.sleep(0.1)
            continue
        found = [
            (_words(json.loads((one / _ABOUT).read_text("utf-8")), fingerprint), one)
            for one in left
        ]
        words, folder = min(found, key=lambda pair: len(pair[0]))
        raise ValueError(
            f"checkpoint_dir must have no unfinished fit but this one, got {folder}, "
            f"which differs in {'; '.join(words)}. Set that back to resume it, give "
            "another checkpoint_dir, or remove the folder"
        )


def _words(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what differs: parameters and data, or else what follows from them."""
    words = [word for k in ("parameters", "data") for word in differing(old[k], new[k])]
    return words or differing(old, new)


def _is_left(folder: Path) -> bool:
    """Whether a fit has checkpoints, is not finished, and nobody is at it."""
    if (folder / _FINISHED).exists() or not (folder / _ABOUT).exists():
        return False
    if next(folder.rglob("*.safetensors"), None) is None:
        return False
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    except NotImplementedError:
        return True
    lock.release()
    return True


def _written(path: Path, content: bytes) -> Path:
    """Write a file that is whole on the disk when this returns; else remove it."""
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _settle(folder: Path) -> None:
    """Make renamed files outlast a power cut, where folders can be synchronised."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
