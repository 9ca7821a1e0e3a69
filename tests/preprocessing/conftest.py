"""What scanpy said, and the counts that it was asked about."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse


@pytest.fixture(scope="package")
def answers():
    """scanpy's answers, written by ``benchmarks/scanpy_parity.py answers --freeze``."""
    return json.loads(
        (Path(__file__).parent / "scanpy_answers.json").read_text("utf-8")
    )


@pytest.fixture(scope="package")
def cells(answers):
    """The counts behind the answers, 300 cells x 400 genes, and their batches."""
    rng = np.random.RandomState(0)
    mean = rng.gamma(0.7, 3.0, 400) * rng.lognormal(0, 0.4, (300, 1))
    shape = rng.gamma(2.0, 1.0, 400) + 0.1
    counts = rng.poisson(rng.gamma(shape, mean / shape))
    batch = np.where(rng.rand(300) < 0.4, "b", "a")
    assert counts.sum() == answers["sum"]
    return sparse.csr_matrix(counts.astype(np.float32)), batch
