"""Out-of-fold predictions at an epoch that the fold had no say in.

A member keeps the weights of its own best epoch, but the prediction that is *reported*
for its fold is of the epoch at which the mean curve of the members with other fold rows
is best: choosing the epoch on the rows that are then scored gives AUC 0.58–0.60 on pure
noise.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sknn_bio.training.metrics import LOWER_IS_BETTER


def curves(history: pd.DataFrame, name: str, n_members: int) -> np.ndarray:
    """Return a curve as (epochs, M); the last value of a stopped member stays."""
    n_epochs = int(history["epoch"].max())
    out = np.full((n_epochs, n_members), np.nan)
    out[history["epoch"] - 1, history["member"]] = history[name]
    return pd.DataFrame(out).ffill().to_numpy()


def honest_epochs(
    history: pd.DataFrame, monitor: str, valid_rows: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return for each member the best epoch (0-based) of the other members' mean curve.

    The others are those that share no validation row with it (all others, where there
    are none such): folds that were drawn twice overlap.

    Parameters
    ----------
    history : DataFrame
        Tidy.
    monitor : str
        Name of the curve; where it is not defined for some fold, the loss decides.
    valid_rows : tuple of M int arrays
        Of at least two members.
    """
    n_members = len(valid_rows)
    curve = curves(history, monitor, n_members)
    if not np.isfinite(curve).all():
        monitor = "valid_loss"
        curve = curves(history, monitor, n_members)
    if monitor in LOWER_IS_BETTER:
        curve = -curve
    curve = np.where(np.isfinite(curve), curve, -np.finfo(float).max)
    others = _strangers(valid_rows)
    best = (curve @ others).argmax(0)
    # A member that is left alone has nobody to choose for it: its last epoch counts.
    return np.where(others.any(0), best, len(curve) - 1)


def _strangers(valid_rows: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return (M, M): in column m, equal weights of the members that m may listen to."""
    n_rows = 1 + max(int(rows.max(initial=0)) for rows in valid_rows)
    holds = np.zeros((len(valid_rows), n_rows))
    for member, rows in enumerate(valid_rows):
        holds[member, rows] = 1
    apart = holds @ holds.T == 0
    alone = ~apart.any(0)
    apart[:, alone] = ~np.eye(len(valid_rows), dtype=bool)[:, alone]
    return apart / np.maximum(apart.sum(0), 1)


def out_of_fold(
    predictions: list[np.ndarray],
    epochs: np.ndarray,
    valid_rows: tuple[np.ndarray, ...],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return a pair a member: its validation rows, and its raw outputs there (n, C)."""
    pairs = []
    for member, rows in enumerate(valid_rows):
        epoch = int(epochs[member])
        raw = predictions[epoch][member, : len(rows)]
        while epoch > 0 and not np.isfinite(raw).all():  # it diverged before
            epoch -= 1
            raw = predictions[epoch][member, : len(rows)]
        pairs.append((rows, raw))
    return pairs
