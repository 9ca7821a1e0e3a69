"""The archive: four named members, stored as they are, with a checksum each.

Nothing is compressed, so that no member is larger in memory than the file is, and
nothing is ever unpacked to a path. The layout is told in ``docs/file_format.rst``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sknn_bio.persistence._errors import ModelFileError

FORMAT = "sknn-bio model"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MODEL = "model.json"
NOTES = "notes.json"
TENSORS = "tensors.safetensors"

# The most bytes of a member; tensors may take what is left of a zip without zip64.
_MOST_BYTES = {
    MANIFEST: 1 << 16,
    MODEL: 1 << 25,
    NOTES: 1 << 24,
    TENSORS: (1 << 32) - (1 << 27),
}
# A value of JSON takes up to a hundred bytes in memory, and two in the file.
_MOST_VALUES = 500_000
_DIRECTORY = struct.Struct("<4s4H2LH")  # the last 22 bytes of a zip
_LOCATOR = b"PK\x06\x07"  # of zip64
_LOCAL_HEADER = 30
_PICKLED = (b"\x80", b"\x1f", b"x")  # how pickles and joblib's packed ones begin


def write_archive(path: Path, members: dict[str, bytes], versions: dict) -> None:
    """Write an archive, whole or not at all; the same members give the same bytes.

    Parameters
    ----------
    path : Path
        Replaced if it is there.
    members : dict of str to bytes
        All but the manifest.
    versions : dict of str to str
        Of the packages that write it.

    Raises
    ------
    ModelFileError
        If a member is larger than the format allows.
    OSError
        If it cannot be written; a file that was there before is as it was.
    """
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "members": {name: _checksum(data) for name, data in members.items()},
        "versions": versions,
    }
    whole = {MANIFEST: dump_json(manifest), **members}
    for name, data in whole.items():
        if len(data) > _MOST_BYTES[name]:
            raise ModelFileError(
                f"{name} must be of {_MOST_BYTES[name]:,} bytes at most, got "
                f"{len(data):,}: the model is too large for this format"
            )
    _replace(path, lambda file: _write_zip(file, whole))


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read an archive and check all that can be checked without its meaning.

    Parameters
    ----------
    path : Path

    Returns
    -------
    manifest : dict
    members : dict of str to bytes
        All but the manifest.

    Raises
    ------
    ModelFileError
        If it is no archive of this format, or is damaged.
    OSError
        If there is no such file.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        places = _directory(file, size)
        try:
            with zipfile.ZipFile(file) as archive:
                _check_layout(archive.infolist(), *places)
                names = archive.namelist()
                manifest = _read_manifest(archive.read(MANIFEST))
                members = {n: archive.read(n) for n in names if n != MANIFEST}
        except ModelFileError:
            raise
        except Exception as error:  # whatever damage may lead to within zipfile
            raise ModelFileError(f"the archive is damaged: {_first(error)}") from error
    told = manifest["members"]
    if list(told) != list(members):
        raise ModelFileError(
            f"the manifest must name the members, got {list(told)} for {list(members)}"
        )
    for name, data in members.items():
        if told[name] != _checksum(data):
            raise ModelFileError(f"the checksum of {name} is not that of the manifest")
    return manifest, members


def dump_json(value: Any) -> bytes:
    """Return a value as JSON, by which the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii")


def load_json(data: bytes, name: str) -> Any:
    """Return the value that some JSON holds, within bounds of memory and depth.

    Raises
    ------
    ModelFileError
        If it is none, too large or too deep, or has a key twice.
    """
    if sum(map(data.count, (b",", b"[", b"{", b":"))) > _MOST_VALUES:
        raise ModelFileError(f"{name} must have at most {_MOST_VALUES:,} values")
    try:
        return json.loads(
            data.decode("ascii"),
            object_pairs_hook=_once_each,
            parse_constant=_no_constant,
        )
    except ModelFileError:
        raise
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} holds no JSON: {_first(error)}") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ModelFileError("a key of JSON must stand once, got one twice")
    return found


def _no_constant(word: str) -> None:
    raise ModelFileError(f"JSON must hold finite numbers, got {word}")


def _checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _first(error: BaseException) -> str:
    """Return an error's name and the beginning of its message, in one line."""
    words = " ".join(str(error).split())[:120]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _write_zip(file: io.BufferedWriter, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w", allowZip64=False) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)


def _replace(path: Path, write: Callable[[io.BufferedWriter], None]) -> None:
    """Write beside a file, bring it to the disk, then put it in the file's place."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)  # mkstemp's are for their owner alone
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _directory(file: io.BufferedReader, size: int) -> tuple[int, int]:
    """Return where the zip's directory begins, and how many entries it has.

    ``zipfile`` reads a directory of any length into memory, so it is looked at first.
    """
    start = file.read(4)
    if start[:2] != b"PK" or size < _DIRECTORY.size:
        kind = "a pickle or joblib file" if start[:1] in _PICKLED else "another file"
        raise ModelFileError(f"a model file is a zip archive, got {kind}")
    tail = min(size, _DIRECTORY.size + 20)
    file.seek(size - tail)
    end = file.read(tail)
    sign, disk, first, here, entries, length, offset, comment = _DIRECTORY.unpack(
        end[-_DIRECTORY.size :]
    )
    whole = offset + length + _DIRECTORY.size == size
    single = disk == first == comment == 0 and here == entries
    if sign != b"PK\x05\x06" or end[:4] == _LOCATOR or not (whole and single):
        raise ModelFileError("the archive is cut short, or something was put to it")
    if not 1 <= entries <= len(_MOST_BYTES) or length > 1 << 12:
        raise ModelFileError(
            f"the archive must have up to {len(_MOST_BYTES)} members, got {entries}"
        )
    file.seek(0)
    return offset, entries


def _check_layout(infos: list[zipfile.ZipInfo], end: int, entries: int) -> None:
    """Refuse members that are not ours, packed, twice, hidden, or one in another."""
    if len(infos) != entries or infos[0].filename != MANIFEST:
        raise ModelFileError(f"the archive must begin with {MANIFEST}")
    place, seen = 0, set()
    for info in infos:
        name = info.filename
        if name not in _MOST_BYTES or name in seen or info.orig_filename != name:
            known = ", ".join(_MOST_BYTES)
            raise ModelFileError(
                f"the archive must hold {known}, each once, got {name[:80]!r}"
            )
        seen.add(name)
        if info.file_size > _MOST_BYTES[name]:
            raise ModelFileError(
                f"{name} must be of {_MOST_BYTES[name]:,} bytes at most, got "
                f"{info.file_size:,}"
            )
        stored = info.compress_type == zipfile.ZIP_STORED and not info.extra
        if not stored or info.flag_bits or info.file_size != info.compress_size:
            raise ModelFileError(f"{name} must be stored as it is, got it packed")
        if info.header_offset != place:
            raise ModelFileError(f"{name} must follow what is before it in the archive")
        place += _LOCAL_HEADER + len(name) + info.file_size
    if place != end or not {MODEL, TENSORS} <= seen:
        raise ModelFileError("the archive is not whole")


def _read_manifest(data: bytes) -> dict[str, Any]:
    manifest = load_json(data, MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(f"{MANIFEST} must say that it is a {FORMAT}")
    version, written = manifest.get("format_version"), manifest.get("versions")
    written = written if isinstance(written, dict) else {"": None}
    texts = all(isinstance(text, str) for text in written.values())
    if type(version) is not int or version < 1 or not texts:
        raise ModelFileError(f"{MANIFEST} must tell the versions it was written with")
    if version > FORMAT_VERSION:
        by = written.get("sknn-bio", "a later version")
        raise ModelFileError(
            f"format_version must be {FORMAT_VERSION} at most, got {version}: it was "
            f"written by sknn-bio {by[:40]}, and a newer sknn-bio opens it"
        )
    if not isinstance(manifest.get("members"), dict):
        raise ModelFileError(f"{MANIFEST} must have a checksum for each member")
    return manifest
