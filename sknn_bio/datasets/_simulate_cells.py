"""Two cohorts of single cells, measured apart: counts with a batch shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import check_random_state

CHUNK = 1024  # rows simulated at once, so that a large cohort is never dense
LIBRARY_SD = 0.3  # natural log of the counts a cell
COUNTS_PER_GENE = 1.6  # before dropout; about four in five entries are then zero
N_NUISANCE = 3  # programmes that vary among cells and say nothing of the label


@dataclass(frozen=True)
class Cohort:
    """One cohort of cells.

    Attributes
    ----------
    counts : csr_matrix of shape (n_cells, n_genes)
        Whole counts, stored as float32.
    labels : ndarray of shape (n_cells,)
        ``"parental"`` or ``"resistant"``.
    """

    counts: sparse.csr_matrix
    labels: np.ndarray

    def __repr__(self) -> str:
        """Shape and share of the positive class."""
        cells, genes = self.counts.shape
        share = np.mean(self.labels == "resistant")
        return f"Cohort({cells} cells x {genes} genes, {share:.0%} resistant)"


@dataclass(frozen=True)
class SimulatedCohorts:
    """A training cohort, a test cohort, and the truth behind both.

    Attributes
    ----------
    train, test : Cohort
        Two cohorts with the same genes; ``test`` carries the batch shift.
    genes : ndarray of shape (n_genes,)
        Names of the genes.
    programme : ndarray of shape (n_programme,)
        Names of the genes whose expression depends on the label.
    """

    train: Cohort
    test: Cohort
    genes: np.ndarray
    programme: np.ndarray


def simulate_cohorts(
    *,
    n_cells: tuple[int, int] = (1_720, 164),
    n_genes: int = 1_253,
    n_programme: int = 60,
    effect: float = 0.5,
    shift: float = 1.0,
    dropout: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> SimulatedCohorts:
    """Simulate two single-cell cohorts of drug-resistant and parental cells.

    Counts are negative binomial with Splatter's mean, library-size, dispersion and
    dropout models [1]_. A resistant cell runs a programme of `n_programme` genes, each
    up or down; three programmes that have nothing to do with the label vary too. The
    second cohort is measured elsewhere: each gene is captured differently, cells hold
    fewer counts, and weak genes drop out more often.

    Parameters
    ----------
    n_cells : tuple of int, default=(1720, 164)
        Cells of the training and of the test cohort, half of each resistant.
    n_genes : int, default=1253
        Genes measured in both.
    n_programme : int, default=60
        Genes that depend on the label.
    effect : float, default=0.5
        Typical absolute natural-log fold change of those genes in a resistant cell;
        0 makes the labels pure chance.
    shift : float, default=1.0
        Strength of the batch shift of the test cohort; 0 is no shift.
    dropout : float, default=0.0
        Midpoint, in natural-log mean counts, at which half of the entries are lost to
        dropout in the training cohort; larger loses more.
    random_state : int, RandomState instance or None, default=None
        The same integer gives the same cohorts.

    Returns
    -------
    SimulatedCohorts
        Both cohorts, the genes, and which of them carry the label.

    Notes
    -----
    Differs from Splatter: fold changes are signed log-normal in a programme whose
    activity varies from cell to cell, because cells answer a drug unevenly; the batch
    shift includes the dropout midpoint.

    References
    ----------
    .. [1] Zappia, L., Phipson, B. & Oshlack, A. (2017). Splatter: simulation of
       single-cell RNA sequencing data. Genome Biology 18, 174.

    Examples
    --------
    >>> from sknn_bio.datasets import simulate_cohorts
    >>> cohorts = simulate_cohorts(n_cells=(200, 50), n_genes=300, random_state=0)
    >>> cohorts.train
    Cohort(200 cells x 300 genes, 50% resistant)
    >>> cohorts.programme.shape
    (60,)
    """
    if not 0 <= n_programme <= n_genes:
        raise ValueError(
            f"n_programme must be in [0, n_genes={n_genes}], got {n_programme!r}"
        )
    if len(n_cells) != 2 or min(n_cells) < 2:
        raise ValueError(f"n_cells must be two numbers of at least 2, got {n_cells!r}")
    if shift < 0:
        raise ValueError(f"shift must be at least 0, got {shift!r}")

    rng = check_random_state(random_state)
    genes = np.array([f"GENE{number:05d}" for number in range(1, n_genes + 1)])
    base = rng.gamma(0.6, 1 / 0.3, n_genes) + 1e-3
    # A programme of genes that are never seen could not be learned by anyone.
    seen = np.argsort(base)[-max(n_programme, n_genes // 2) :]
    chosen = np.sort(rng.choice(seen, n_programme, replace=False))
    programme = np.zeros(n_genes)
    programme[chosen] = rng.choice([-1, 1], n_programme) * rng.lognormal(
        np.log(max(effect, 1e-12)), 0.3, n_programme
    )
    loadings = rng.normal(0, 0.4, (N_NUISANCE, n_genes))
    loadings *= rng.random(loadings.shape) < 0.15

    model = _Model(np.log(base / base.mean()), programme, loadings)
    here = _Site(dropout, np.zeros(n_genes), 0.0)
    train = model.draw(n_cells[0], here, rng)
    capture = rng.normal(0, 0.5 * shift, n_genes)
    elsewhere = _Site(dropout + 0.5 * shift, capture, -0.3 * shift)
    test = model.draw(n_cells[1], elsewhere, rng)
    return SimulatedCohorts(train, test, genes, genes[chosen])


@dataclass(frozen=True)
class _Site:
    """What differs between cohorts: how the cells were measured."""

    dropout: float
    capture: np.ndarray  # (n_genes,), natural log
    log_depth: float


@dataclass(frozen=True)
class _Model:
    """What both cohorts share."""

    log_base: np.ndarray  # (n_genes,)
    programme: np.ndarray  # (n_genes,), zero outside the programme
    loadings: np.ndarray  # (N_NUISANCE, n_genes)

    def draw(self, n_cells: int, site: _Site, rng: np.random.RandomState) -> Cohort:
        resistant = rng.permutation(np.arange(n_cells) < n_cells // 2)
        chunks = [
            self._counts(resistant[start : start + CHUNK], site, rng)
            for start in range(0, n_cells, CHUNK)
        ]
        labels = np.where(resistant, "resistant", "parental")
        return Cohort(sparse.vstack(chunks, format="csr"), labels)

    def _counts(
        self, resistant: np.ndarray, site: _Site, rng: np.random.RandomState
    ) -> sparse.csr_matrix:
        cells, genes = len(resistant), len(self.log_base)
        activity = resistant + rng.normal(0, 0.35, cells)
        nuisance = rng.normal(0, 1, (cells, N_NUISANCE))
        log_mean = (
            self.log_base
            + site.capture
            + activity[:, None] * self.programme
            + nuisance @ self.loadings
        )  # (cells, genes)
        share = np.exp(log_mean)
        share /= share.sum(axis=1, keepdims=True)
        depth = rng.normal(
            np.log(COUNTS_PER_GENE * genes) + site.log_depth, LIBRARY_SD, cells
        )
        mean = share * np.exp(depth)[:, None]

        # Biological variation falls with the mean, as in Splatter.
        bcv = (0.1 + 1 / np.sqrt(mean + 1)) * np.sqrt(60 / rng.chisquare(60, genes))
        mean = rng.gamma(1 / bcv**2, mean * bcv**2)
        counts = rng.poisson(mean)
        lost = rng.random(counts.shape) > 1 / (
            1 + (np.exp(site.dropout) / np.maximum(mean, 1e-12))
        )
        counts[lost] = 0
        return sparse.csr_matrix(counts.astype(np.float32))
