"""Hostile files: made by hand, mutated at random, or forged with right checksums."""

import hashlib
import io
import json
import struct
import warnings
import zipfile

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

MANIFEST, MODEL = "manifest.json", "model.json"
TENSORS, NOTES = "tensors.safetensors", "notes.json"


def unpack(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pack(pairs, method=zipfile.ZIP_STORED, flags=0, comment=b""):
    """Zip pairs of names and bytes, as they come."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, data in pairs:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.flag_bits = method, flags
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)
        archive.comment = comment
    return file.getvalue()


def forge(members):
    """Zip members with the manifest that an attacker would write for them."""
    members = dict(members)
    manifest = json.loads(members.pop(MANIFEST))
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    manifest["members"] = sums
    whole = {MANIFEST: json.dumps(manifest).encode(), **members}
    return pack(whole.items())


def with_member(data, name, content):
    return forge({**unpack(data), name: content})


def with_tree(data, change):
    """Forge a file whose JSON was changed in place."""
    tree = json.loads(unpack(data)[MODEL])
    return with_member(data, MODEL, json.dumps(change(tree) or tree).encode())


def with_tensors(data, change):
    """Forge a file whose arrays were changed in place."""
    tensors = {k: np.array(v) for k, v in load_tensors(unpack(data)[TENSORS]).items()}
    change(tensors)
    return with_member(data, TENSORS, save_tensors(tensors))


def renamed(data, old, new):
    return pack((new if n == old else n, d) for n, d in unpack(data).items())


def patched(data, signature, offset, fmt, value, place=0):
    """Overwrite a field of one of the zip's headers."""
    starts = [i for i in range(len(data)) if data.startswith(signature, i)]
    out = bytearray(data)
    struct.pack_into(fmt, out, starts[place] + offset, value)
    return bytes(out)


def hidden(data):
    """Put a member between others that no directory names."""
    first, *others = unpack(data).items()
    out = pack([first, ("evil.pkl", b"\x80\x02."), *others])
    start = out.index(CENTRAL, out.index(CENTRAL) + 1)
    out = out[:start] + out[out.index(CENTRAL, start + 1) :]
    length = len(out) - 22 - out.index(CENTRAL)
    for offset, value in ((8, len(others) + 1), (10, len(others) + 1), (12, length)):
        out = patched(out, END, offset, "<L" if offset == 12 else "<H", value)
    return out


def header_of(tensors, length=None):
    """Return the header of a tensor file, and nothing behind it."""
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text


def top(tree, **changes):
    tree["model"].update(changes)


def inner(tree, part, **changes):
    tree["model"][part].update(changes)


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_HUGE = {"x": {"dtype": "F64", "shape": [1 << 40], "data_offsets": [0, 1 << 43]}}
_EMPTY = {"x": {"dtype": "F64", "shape": [1 << 62, 0], "data_offsets": [0, 0]}}
CRAFTED = {
    "empty": lambda d: b"",
    "two bytes": lambda d: b"PK",
    "pickle": lambda d: b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x02os.",
    "torch's archive": lambda d: pack([("archive/data.pkl", b"\x80\x02.")]),
    "packed": lambda d: pack(unpack(d).items(), zipfile.ZIP_DEFLATED),
    "bomb": lambda d: pack(
        {**unpack(d), MODEL: b" " * (1 << 27)}.items(), zipfile.ZIP_DEFLATED
    ),
    "encrypted": lambda d: patched(d, CENTRAL, 8, "<H", 1),
    "up the tree": lambda d: renamed(d, NOTES, "../../evil.json"),
    "absolute": lambda d: renamed(d, NOTES, "/tmp/evil.json"),
    "of Windows": lambda d: renamed(d, NOTES, "..\\evil.json"),
    "cut by a null": lambda d: d.replace(b"notes.json", b"notes\0json"),
    "other names": lambda d: renamed(d, MODEL, "model.pkl"),
    "twice": lambda d: pack([*unpack(d).items(), (MODEL, b"{}")]),
    "no manifest": lambda d: pack([*unpack(d).items()][1:]),
    "no model": lambda d: forge({k: v for k, v in unpack(d).items() if k != MODEL}),
    "many members": lambda d: pack([(f"{i}", b"") for i in range(60_000)]),
    "comment": lambda d: pack(unpack(d).items(), comment=b"x" * 60_000),
    "before": lambda d: b"PK" + b"\0" * 100 + d,
    "behind": lambda d: d + b"\0" * 100,
    "hidden": hidden,
    "one in another": lambda d: patched(d, CENTRAL, 42, "<L", 0, place=2),
    "claims 4 GB": lambda d: patched(
        patched(d, CENTRAL, 24, "<L", 0xFFFFFFF0, 1), CENTRAL, 20, "<L", 0xFFFFFFF0, 1
    ),
    "claims zip64": lambda d: patched(d, END, 16, "<L", 0xFFFFFFFF),
    "directory of 4 GB": lambda d: patched(d, END, 12, "<L", 0xFFFFFFF0),
    "local name": lambda d: patched(d, LOCAL, 30, "<4s", b"evil", 1),
    "wrong checksum": lambda d: pack({**unpack(d), NOTES: b"{}"}.items()),
    "deep": lambda d: with_member(d, MODEL, b"[" * 400_000 + b"]" * 400_000),
    "deep objects": lambda d: with_member(
        d, MODEL, b'{"model":' * 60_000 + b"1" + b"}" * 60_000
    ),
    "many values": lambda d: with_member(d, MODEL, b"[" + b"{}," * 9_000_000 + b"1]"),
    "long number": lambda d: with_member(d, MODEL, b"1" * 20_000_000),
    "no number": lambda d: with_member(d, MODEL, b'{"model":NaN,"about":{}}'),
    "key twice": lambda d: with_member(
        d, MODEL, unpack(d)[MODEL][:-1] + b',"about":{}}'
    ),
    "no JSON": lambda d: with_member(d, MODEL, b"\xff\xfe"),
    "other JSON": lambda d: with_member(d, MODEL, b"[]"),
    "another class": lambda d: with_tree(d, lambda t: top(t, **{"class": "os.system"})),
    "class of no kind": lambda d: with_tree(d, lambda t: top(t, **{"class": ["x"]})),
    "another function": lambda d: with_tree(
        d, lambda t: top(t, params={"module": {"$": "known", "name": "os:system"}})
    ),
    "hidden attribute": lambda d: with_tree(d, lambda t: inner(t, "state", predict=1)),
    "dunder": lambda d: with_tree(d, lambda t: inner(t, "state", __class__="x")),
    "hidden parameter": lambda d: with_tree(d, lambda t: inner(t, "params", evil=1)),
    "folder": lambda d: with_tree(d, lambda t: inner(t, "params", memory="/tmp")),
    "checkpoints": lambda d: with_tree(
        d, lambda t: inner(t, "params", checkpoint_dir="/tmp")
    ),
    "a part alone": lambda d: with_tree(
        d, lambda t: top(t, **{"class": "sknn_bio.data.scaling.ColumnScaler"})
    ),
    "method": lambda d: with_tree(d, lambda t: top(t, **{"$": "__init__"})),
    "requests": lambda d: with_tree(
        d, lambda t: top(t, requests={"params": {"n_neurons": True}})
    ),
    "claims of other types": lambda d: with_tree(
        d, lambda t: t["about"].update(supplied=[1, {}], fingerprint=[])
    ),
    "output": lambda d: with_tree(d, lambda t: top(t, output={"transform": "os"})),
    "no header": lambda d: with_member(d, TENSORS, b"\0" * 7),
    "long header": lambda d: with_member(d, TENSORS, struct.pack("<Q", 1 << 63)),
    "header of zeros": lambda d: with_member(d, TENSORS, header_of({}, 90) + b" " * 90),
    "huge array": lambda d: with_member(d, TENSORS, header_of(_HUGE)),
    "huge and empty": lambda d: with_member(d, TENSORS, header_of(_EMPTY)),
    "array of nobody": lambda d: with_tensors(d, lambda t: t.update(more=np.ones(3))),
    "arrays gone": lambda d: with_tensors(d, lambda t: t.clear()),
}
JUNK = [
    None, True, -1, 0, 1 << 70, 1e308, "", "x" * 99, [], {}, [[]], {"$": "NA"},
    {"$": "float", "value": "nan"}, {"$": "supplied", "name": "os:system"},
    {"$": "known", "name": "builtins:object"}, {"$": "tuple", "items": []},
    {"$": "number", "dtype": "int64", "value": -5}, {"$": "dtype", "value": "V9"},
    {"$": "array", "tensor": "nothing"}, {"$": "slice", "items": [0, 1, None]},
]  # fmt: skip


def mutated(data, rng):
    """Change some bytes; the checksums are no longer right."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        place = rng.randrange(len(out) + 1)
        if rng.random() < 0.3:  # the headers of the zip are but a part of it
            signs = [m for s in (LOCAL, CENTRAL, END) if (m := data.rfind(s)) >= 0]
            place = min(len(out), rng.choice(signs) + rng.randrange(46))
        length = rng.choice([1, 1, 4, 8, 100])
        kind = rng.randrange(6)
        if kind == 0 and place < len(out):
            out[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[place : place + length] = rng.randbytes(min(length, len(out) - place))
        elif kind == 2:
            del out[place : place + length]
        elif kind == 3:
            out[place:place] = rng.randbytes(length)
        elif kind == 4:
            del out[place:]
        else:
            out[place : place + length] = rng.choice([b"\0", b"\xff"]) * length
        out = out or bytearray(b"P")
    return bytes(out)


def forged(data, rng):
    """Change the meaning, with right checksums: JSON, arrays, or the arrays' header."""
    if rng.random() < 0.6:
        return with_tree(data, lambda tree: _spoil_tree(tree, rng))
    if rng.random() < 0.2:
        packed = bytearray(unpack(data)[TENSORS])
        packed[rng.randrange(min(2000, len(packed)))] = rng.randrange(256)
        return with_member(data, TENSORS, bytes(packed))
    return with_tensors(data, lambda tensors: _spoil_array(tensors, rng))


def _spoil_tree(tree, rng):
    places = [*_places(tree)]
    holder, key = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0 and isinstance(holder, dict):
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice(["x", "$", "class", key + "_"])] = holder.pop(key)
    elif kind == 2:
        other, name = rng.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = rng.choice(JUNK)


def _places(node):
    for key, item in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(item, dict | list):
            yield from _places(item)


def _spoil_array(tensors, rng):
    name = rng.choice(sorted(tensors))
    array = tensors[name]
    kind = rng.randrange(6)
    if kind == 0:
        tensors[name] = array.astype(
            rng.choice(["f2", "f4", "f8", "i1", "i8", "u1", "?"])
        )
    elif kind == 1:
        tensors[name] = array.reshape(rng.choice([(-1,), (1, *array.shape), (-1, 1)]))
    elif kind == 2:
        tensors[name] = np.concatenate([array, array]) if array.ndim else array
    elif kind == 3:
        tensors[name] = array[: len(array) // 2].copy() if array.ndim else array
    elif kind == 4:
        tensors[name] = (array * rng.choice([0, -1, 1000])).astype(array.dtype)
    else:
        tensors[name + rng.choice(["_", ""])] = tensors.pop(name)[..., None]
