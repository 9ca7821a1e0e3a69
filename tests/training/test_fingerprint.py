"""Equal fits have equal fingerprints, in any process; others have others."""

import functools
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy import sparse
from skorch.callbacks import EarlyStopping
from torch import nn

from sknn_bio.ondisk import open_rows
from sknn_bio.training import fingerprint
from sknn_bio.training.fingerprint import describe, differing, digest

X = np.random.default_rng(0).normal(size=(40, 3))


def test_digest_says_shape_and_type_and_sees_content():
    assert digest(X).startswith("40 x 3 float64 ")
    assert digest(X) == digest(np.asfortranarray(X)) == digest(X[::1].copy())
    changed = X.copy()
    changed[7, 1] += 1e-12
    others = [changed, X.astype(np.float32), X.T, X[:, ::-1], X[:39]]
    assert len({digest(x) for x in [X, *others]}) == 6
    labels = np.array(["a", "b"], object)
    assert digest(labels) == digest(labels.astype(str)) != digest(labels[::-1])


def test_digest_of_sparse_tables():
    table = sparse.csr_matrix(X * (X > 0))
    wide = table.copy()
    wide.indices = wide.indices.astype(np.int64)
    wide.indptr = wide.indptr.astype(np.int64)
    assert digest(table) == digest(wide)
    moved = table.copy()
    moved.indices = (moved.indices + 1) % 3
    assert digest(table) != digest(moved)
    assert digest(table) != digest(table * 2)


def on_disk(table):
    return open_rows(np.array(table))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, on_disk])
def test_large_tables_are_judged_by_a_sample_of_rows(kind, monkeypatch):
    def digests():
        yield digest(kind(X))
        for row in range(40):
            changed = X.copy()
            changed[row] += 1
            yield digest(kind(changed))

    assert len(set(digests())) == 41
    monkeypatch.setattr(fingerprint, "_WHOLE_BYTES", 100)
    monkeypatch.setattr(fingerprint, "_SAMPLE_BYTES", 250)
    monkeypatch.setattr(fingerprint, "_BLOCKS", 4)
    plain, first, *others, last = digests()
    assert len({plain, first, last}) == 3
    assert 2 < len({plain, *others}) < 20


def scaled(factor):
    def activation(x):
        return x * factor

    return activation


def test_functions_are_told_apart_by_their_code_and_what_they_hold():
    same = [describe(scaled(2)), describe(scaled(2))]
    assert same[0] == same[1] != describe(scaled(3))
    assert describe(lambda x: x + 1) != describe(lambda x: x + 2)
    assert describe(lambda x: x.sin()) != describe(lambda x: x.cos())
    assert describe(functools.partial(scaled, 1)) != describe(
        functools.partial(scaled, 2)
    )
    assert describe(torch.relu) != describe(torch.tanh)


def test_classes_are_told_apart_by_their_code():
    def make(power):
        source = f"class Net:\n    def forward(self, x):\n        return x ** {power}"
        names = {"__name__": "user"}
        exec(source, names)
        return names["Net"]

    assert describe(make(2)) == describe(make(2)) != describe(make(3))


def test_losses_and_callbacks_by_what_they_were_told():
    weight = torch.tensor([1.0, 2.0])
    weighted = describe(nn.CrossEntropyLoss(weight))
    assert weighted == describe(nn.CrossEntropyLoss(weight.clone()))
    assert weighted != describe(nn.CrossEntropyLoss(weight * 2))
    used = nn.HuberLoss(delta=2.0)
    used.eval()
    assert describe(nn.HuberLoss(delta=2.0)) == describe(used)
    assert describe(nn.HuberLoss(delta=3.0)) != describe(used)
    assert describe(EarlyStopping(patience=3)) == describe(EarlyStopping(patience=3))
    assert describe(EarlyStopping(patience=3)) != describe(EarlyStopping(patience=4))


def test_another_process_says_the_same():
    code = (
        "import json, torch\n"
        "from sknn_bio.training.fingerprint import describe\n"
        "f = lambda x: x in {'a', 'b', 'c'} and torch.relu(x)\n"
        "print(json.dumps(describe([{1, 'x', 2.5}, torch.nn.GELU, f, {'b': float}])))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**__import__("os").environ, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert json.loads(runs[0])


def test_differing_names_what_differs():
    old = {"parameters": {"lr": 0.1, "l1": 0}, "torch": "2.6"}
    new = {"parameters": {"lr": 0.2, "l1": 0}, "torch": "2.7", "more": 1}
    assert differing(old, new) == [
        "more (absent before, 1 now)",
        "lr (0.1 before, 0.2 now)",
        "torch (2.6 before, 2.7 now)",
    ]
    assert differing(old, old) == []
    (long,) = differing({"a": "x" * 500}, {"a": "y"})
    assert len(long) < 120
