"""Bulk expression: few samples, many genes in correlated blocks, a few causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state


@dataclass(frozen=True)
class SimulatedExpression:
    """A bulk expression table and the truth behind it.

    Attributes
    ----------
    data : DataFrame of shape (n_samples, n_genes)
        Log-scale expression, float32.
    target : Series of shape (n_samples,)
        ``"control"`` or ``"disease"``, or a continuous trait.
    causal : ndarray of shape (n_causal,)
        Names of the genes that the target depends on.
    """

    data: pd.DataFrame
    target: pd.Series
    causal: np.ndarray


def simulate_expression(
    *,
    n_samples: int = 100,
    n_genes: int = 2_000,
    n_causal: int = 10,
    block_size: int = 20,
    correlation: float = 0.5,
    signal: float = 0.6,
    task: Literal["binary", "regression"] = "binary",
    random_state: int | np.random.RandomState | None = None,
) -> SimulatedExpression:
    """Simulate bulk expression in which a few genes cause the target.

    Genes come in blocks with one correlation inside and none between them, as
    co-regulated genes do. The target is a weighted sum of the causal genes, each in a
    block of its own as far as there are blocks, plus noise [1]_; a binary target is
    that sum cut at its median.

    Parameters
    ----------
    n_samples, n_genes : int, default=100, 2000
        Rows and columns.
    n_causal : int, default=10
        Genes that the target depends on.
    block_size : int, default=20
        Genes in a block.
    correlation : float, default=0.5
        Correlation of two genes of one block, in [0, 1).
    signal : float, default=0.6
        Share of the variance of the target that the causal genes explain, in [0, 1];
        0 makes the target pure chance.
    task : {"binary", "regression"}, default="binary"
        What kind of target to return.
    random_state : int, RandomState instance or None, default=None
        The same integer gives the same table.

    Returns
    -------
    SimulatedExpression
        The table, the target and the causal genes.

    References
    ----------
    .. [1] Falconer, D. S. (1965). The inheritance of liability to certain diseases,
       estimated from the incidence among relatives. Annals of Human Genetics 29, 51-76.

    Examples
    --------
    >>> from sknn_bio.datasets import simulate_expression
    >>> simulated = simulate_expression(n_samples=40, n_genes=500, random_state=0)
    >>> simulated.data.shape
    (40, 500)
    >>> sorted(simulated.target.unique())
    ['control', 'disease']
    """
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation must be in [0, 1), got {correlation!r}")
    if not 0 <= signal <= 1:
        raise ValueError(f"signal must be in [0, 1], got {signal!r}")
    if not 1 <= n_causal <= n_genes:
        raise ValueError(
            f"n_causal must be in [1, n_genes={n_genes}], got {n_causal!r}"
        )
    if block_size < 1:
        raise ValueError(f"block_size must be at least 1, got {block_size!r}")
    if task not in ("binary", "regression"):
        raise ValueError(f"task must be 'binary' or 'regression', got {task!r}")

    rng = check_random_state(random_state)
    block = np.arange(n_genes) // block_size
    shared = rng.normal(size=(n_samples, block[-1] + 1))
    own = rng.normal(size=(n_samples, n_genes))
    scaled = np.sqrt(correlation) * shared[:, block] + np.sqrt(1 - correlation) * own

    chosen = _spread_over_blocks(block, n_causal, rng)
    liability = scaled[:, chosen] @ rng.choice([-1.0, 1.0], n_causal)
    liability = (liability - liability.mean()) / liability.std()
    noise = rng.normal(size=n_samples)
    liability = np.sqrt(signal) * liability + np.sqrt(1 - signal) * noise

    genes = np.array([f"GENE{number:05d}" for number in range(1, n_genes + 1)])
    level, spread = rng.normal(7, 2, n_genes), rng.lognormal(-0.5, 0.3, n_genes)
    data = pd.DataFrame((level + spread * scaled).astype(np.float32), columns=genes)
    if task == "binary":
        ill = liability > np.median(liability)
        target = pd.Series(np.where(ill, "disease", "control"), name="status")
    else:
        target = pd.Series(liability, name="trait")
    return SimulatedExpression(data, target, genes[chosen])


def _spread_over_blocks(
    block: np.ndarray, n_causal: int, rng: np.random.RandomState
) -> np.ndarray:
    """Choose genes so that no block gets a second one before each has a first."""
    order = rng.permutation(len(block))
    rank = pd.Series(block[order]).groupby(block[order]).cumcount().to_numpy()
    return np.sort(order[np.argsort(rank, kind="stable")[:n_causal]])
