"""What ours must show in ``accuracy.py``, beside what was measured."""

from __future__ import annotations

import numpy as np
import pandas as pd
from _peers import CONTENDERS
from _summary import OURS, REFERENCE, Summary, error_ratio, win_rate

WIN_RATES = {
    "XGBoost": 0.70,
    "sklearn MLP": 0.70,
    "RealMLP-TD": 0.70,
    "TabM-D": 0.70,
    "LightGBM": 0.60,
    "linear": 0.60,
    "random forest": 0.55,
    "CatBoost": 0.55,
    "RealMLP-TD cv8": 0.50,
}
MAX_ERROR_RATIO = 0.85
MAX_TIME_RATIO = 0.2
MAX_SECONDS, FEW_ROWS, FEW_COLUMNS = 3.0, 1_000, 50


def targets(summary: Summary) -> pd.DataFrame:
    """Return one row a target; those whose peers were not measured are left out."""
    lines = [*_places(summary)]
    for peer, least in WIN_RATES.items():
        pairs = summary.pairs(OURS, peer)
        if len(pairs):
            name = f"win rate against {peer} ({len(pairs)} tables)"
            lines.append((name, win_rate(pairs), "≥", least))
    pairs = summary.pairs(OURS, REFERENCE)
    if len(pairs):
        name = f"error relative to {REFERENCE}"
        lines.append((name, error_ratio(pairs), "≤", MAX_ERROR_RATIO))
    for peer in ("RealMLP-TD", "TabM-D"):
        if len(summary.pairs(OURS, peer)):
            ratio = summary.time_ratio(OURS, peer)
            lines.append((f"time relative to {peer}", ratio, "≤", MAX_TIME_RATIO))
    lines += _small_tables(summary)
    frame = pd.DataFrame(lines, columns=["what", "measured", "", "target"])
    above = frame["measured"] >= frame["target"]
    below = frame["measured"] <= frame["target"]
    frame["met"] = np.where(frame[""] == "≥", above, below)
    return frame


def _places(summary: Summary):
    """Places in mean rank: over all, in the worst kind, and in log loss of networks."""
    field = summary.field
    ranks = summary.ranks(summary.errors, field)
    name = f"place in mean rank of {len(field)} ({len(ranks)} tables)"
    yield name, _place(ranks.mean()), "≤", 1
    by_kind = summary.by_kind().set_index("kind")[field]
    places = {kind: _place(row) for kind, row in by_kind.iterrows()}
    worst = max(places, key=places.__getitem__)
    yield f"place in the worst kind ({worst})", places[worst], "≤", 3
    networks = [m for m in field if CONTENDERS[m].network]
    labelled = summary.index["task"].reindex(summary.errors.index) != "regression"
    losses = summary.ranks(summary.mean("loss")[labelled], networks)
    if len(losses):
        place = _place(losses.mean())
        yield f"place in log loss of {len(networks)} networks", place, "≤", 1
    if "linear" in field:
        ece = summary.ece[[OURS, "linear"]].dropna().median()
        limit = float(ece["linear"])
        yield "median calibration error, linear's beside", ece[OURS], "≤", limit


def _small_tables(summary: Summary):
    """The slowest fit on tables of few rows and columns."""
    index = summary.index
    few = (index["n_samples"] < FEW_ROWS) & (index["n_features"] < FEW_COLUMNS)
    seconds = summary.mean("fit_cpu")[OURS]
    seconds = seconds[few.reindex(seconds.index)].dropna()
    if len(seconds):
        name = f"slowest fit under {FEW_ROWS:,} × {FEW_COLUMNS} ({seconds.idxmax()})"
        yield name, seconds.max(), "≤", MAX_SECONDS


def _place(mean_ranks: pd.Series) -> int:
    """Ours among the models, 1 the best; who shares a rank does not count."""
    return int((mean_ranks < mean_ranks[OURS]).sum()) + 1
