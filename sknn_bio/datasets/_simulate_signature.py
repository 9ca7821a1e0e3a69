"""Expression of two classes that differ in a signature of a few genes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from sknn_bio.datasets._simulate_bulk import SimulatedExpression


def simulate_signature(
    *,
    n_samples: int = 400,
    n_genes: int = 2_000,
    n_causal: int = 20,
    block_size: int = 20,
    correlation: float = 0.3,
    effect: float = 0.8,
    spread: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> SimulatedExpression:
    """Simulate bulk expression of two classes, such as tumour and normal tissue.

    The classes have different means and the same covariance, and the difference of
    the means is such that the odds of the classes, given all genes, depend on the
    causal genes alone (linear discriminant analysis [1]_). A gene in the block of a
    causal one differs between the classes as well, by `correlation` times as much: it
    is a bystander, which a test of one gene at a time cannot tell from a weaker cause.

    Parameters
    ----------
    n_samples : int, default=400
        Rows, half of each class.
    n_genes, n_causal : int, default=2000, 20
        Columns, and those that carry the classes, each in a block of its own.
    block_size : int, default=20
        Genes in a block.
    correlation : float, default=0.3
        Of two genes of a block within a class, in [0, 1).
    effect : float, default=0.8
        Difference of the classes in a causal gene, in standard deviations within a
        class; up or down by lot.
    spread : float, default=0.0
        Standard deviation of the natural logarithm of the causal genes' effects.
    random_state : int, RandomState instance or None, default=None
        The same integer gives the same table.

    Returns
    -------
    SimulatedExpression
        With the target ``"control"`` or ``"disease"``.

    Raises
    ------
    ValueError
        If a number is out of its range, or there are more causal genes than blocks.

    See Also
    --------
    simulate_expression : Classes that the genes cause, with a given share of chance.

    References
    ----------
    .. [1] Fisher, R. A. (1936). The use of multiple measurements in taxonomic problems.
       Annals of Eugenics 7, 179-188.

    Examples
    --------
    >>> from sknn_bio.datasets import simulate_signature
    >>> simulated = simulate_signature(n_samples=40, n_genes=500, random_state=0)
    >>> simulated.data.shape, len(simulated.causal)
    ((40, 500), 20)
    """
    if not 0 <= correlation < 1:
        raise ValueError(f"correlation must be in [0, 1), got {correlation!r}")
    if block_size < 1:
        raise ValueError(f"block_size must be at least 1, got {block_size!r}")
    n_blocks = -(-n_genes // block_size)
    if not 1 <= n_causal <= n_blocks:
        raise ValueError(
            f"n_causal must be in [1, {n_blocks}], the number of blocks, got "
            f"{n_causal!r}"
        )
    if effect < 0 or spread < 0:
        raise ValueError(
            f"effect and spread must be at least 0, got {effect!r} and {spread!r}"
        )
    rng = check_random_state(random_state)
    block = np.arange(n_genes) // block_size
    ill = rng.permutation(np.arange(n_samples) % 2 == 1)
    shared = rng.normal(size=(n_samples, n_blocks))
    own = rng.normal(size=(n_samples, n_genes))
    scaled = np.sqrt(correlation) * shared[:, block] + np.sqrt(1 - correlation) * own

    blocks = rng.choice(n_blocks, n_causal, replace=False)
    chosen = np.array([rng.choice(np.flatnonzero(block == b)) for b in blocks])
    sign = rng.choice([-1.0, 1.0], n_causal)
    of_block = np.zeros(n_blocks)
    of_block[blocks] = sign * effect * rng.lognormal(0, spread, n_causal)
    shift = correlation * of_block[block]
    shift[chosen] = of_block[blocks]
    scaled[ill] += shift

    genes = np.array([f"GENE{number:05d}" for number in range(1, n_genes + 1)])
    level, width = rng.normal(7, 2, n_genes), rng.lognormal(-0.5, 0.3, n_genes)
    data = pd.DataFrame((level + width * scaled).astype(np.float32), columns=genes)
    target = pd.Series(np.where(ill, "disease", "control"), name="status")
    return SimulatedExpression(data, target, np.sort(genes[chosen]))
