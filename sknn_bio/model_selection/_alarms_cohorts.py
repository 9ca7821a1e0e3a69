"""How two cohorts differ: what tells them apart, and what predicts in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import norm, rankdata
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    cross_val_predict,
)

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_rows import Rows
from sknn_bio.model_selection.statistics.delong import delong

MOST_ROWS = 1_000  # of a cohort; an AUC is then known to about 0.02
MOST_COHORTS = 12  # more groups than that are patients
FEWEST_ROWS = 20  # of a cohort
APART = 0.7  # the AUC that the interval's lower end must pass
STRONG = 3.0  # standard errors of an association
_SHIFT = (
    "Dockes, J., Varoquaux, G. & Poline, J.-B. (2021). Preventing dataset shift from "
    "breaking machine-learning biomarkers. GigaScience 10, giab055."
)


@dataclass(frozen=True)
class Pair:
    """A cohort to train on, a cohort to ask, and the second one's name."""

    train: np.ndarray
    test: np.ndarray
    name: str


def cohorts(rows: Rows) -> list[Pair]:
    """Return the test cohorts: the one given, or groups that are left out whole."""
    if rows.has_test:
        split = rows.splits[0]
        return [Pair(split.train, split.test, "the test cohort")]
    if rows.groups is None or len(rows.group_names) > MOST_COHORTS:
        return []
    pairs = {}
    for split in rows.splits:
        inside = np.unique(rows.groups[split.test])
        if len(inside) == 1 and inside[0] not in pairs:
            name = f"the cohort {str(rows.group_names[inside[0]])!r}"
            pairs[inside[0]] = Pair(split.train, split.test, name)
    return [
        pair
        for pair in pairs.values()
        if min(len(pair.train), len(pair.test)) >= FEWEST_ROWS
    ]


def cohort_shift(told_apart: list[tuple[Pair, dict]]) -> list[Alarm]:
    """A classifier that tells a test cohort from the training cohort."""
    found = [(pair, told) for pair, told in told_apart if told["low"] > APART]
    if not found:
        return []
    pair, told = max(found, key=lambda item: item[1]["auc"])
    features = ", ".join(f"{name!r} ({auc:.2f})" for name, auc in told["features"])
    others = "" if len(found) == 1 else f" {len(found)} cohorts are like this."
    message = (
        f"A classifier tells {pair.name} from its training rows with ROC AUC "
        f"{told['auc']:.2f} (95 % interval {told['low']:.2f} to {told['high']:.2f}; "
        f"0.5 would be alike).{others} The features that differ most, with the AUC of "
        f"each alone: {features}. Thresholds and probabilities learnt in one cohort "
        "may be wrong in the other; compare calibration, and look for a difference in "
        "how these features were measured."
    )
    evidence = {"cohorts": [{"cohort": p.name, **t} for p, t in found]}
    return [Alarm("cohort_shift", "warning", message, evidence, _SHIFT)]


def tell_apart(rows: Rows, pair: Pair) -> dict:
    """Return how well a random forest tells the cohorts apart, and by what."""
    drawn = [rows.draw(part, MOST_ROWS) for part in (pair.train, pair.test)]
    if min(map(len, drawn)) < FEWEST_ROWS:
        return {"auc": np.nan, "low": np.nan, "high": np.nan, "features": []}
    both = np.concatenate(drawn)
    origin = np.repeat([0, 1], [len(part) for part in drawn])
    columns = range(len(rows.names))
    if sparse.issparse(rows.values):
        values = rows.values.tocsr()[both]
    else:  # in ranks: a forest asks for order only, and knows no numbers beyond float32
        values = np.column_stack([_ordered(rows.column(j, both)) for j in columns])
    forest = RandomForestClassifier(
        n_estimators=100, min_samples_leaf=3, random_state=rows.random_state
    )
    groups = rows.groups[both] if rows.has_test and rows.groups is not None else None
    told = cross_val_predict(
        forest,
        values,
        origin,
        cv=_folds(values, origin, groups),
        method="predict_proba",
    )[:, 1]
    auc = float(roc_auc_score(origin, told))
    margin = norm.ppf(0.975) * np.sqrt(delong(origin == 1, told)[1].item())
    alone = np.array([_auc(rows.column(j, both), origin) for j in columns])
    alone = np.maximum(alone, 1 - alone)
    order = np.argsort(-alone, kind="stable")[:5]
    return {
        "auc": auc,
        "low": max(auc - margin, 0.0),
        "high": min(auc + margin, 1.0),
        "features": [(rows.names[j], float(alone[j])) for j in order],
    }


def _folds(values: Any, origin: np.ndarray, groups: np.ndarray | None) -> list:
    """Return folds that keep groups together where there are enough of them."""
    if groups is not None:
        count = min(len(np.unique(groups[origin == side])) for side in (0, 1))
        if count >= 5:
            grouped = StratifiedGroupKFold(5, shuffle=True, random_state=0)
            return list(grouped.split(values, origin, groups))
    return list(StratifiedKFold(5, shuffle=True, random_state=0).split(values, origin))


def _ordered(values: np.ndarray) -> np.ndarray:
    """Return ranks; a missing value ranks below all others."""
    return rankdata(np.nan_to_num(values, nan=-np.inf))


def _auc(values: np.ndarray, positive: np.ndarray) -> float:
    """Return the AUC of one column; a missing value ranks below all others."""
    n = int(positive.sum())
    u = _ordered(values)[positive == 1].sum() - n * (n + 1) / 2
    return float(u / (n * (len(positive) - n)))


def associations(rows: Rows, pair: Pair) -> dict:
    """Compare, cohort by cohort, how features go with the positive class.

    Each cohort is standardised on itself, so that what remains of a shift in location
    or scale is nothing. A score that adds up the test cohort's features, each weighted
    by its association in the training cohort, then has an AUC far above 0.5 where the
    associations agree, and far below where they are reversed.
    """
    train, test = rows.draw(pair.train, 5_000), rows.draw(pair.test, 5_000)
    here = _correlations(rows, train)
    there = _correlations(rows, test)
    strong = np.flatnonzero(np.abs(here) > STRONG / np.sqrt(len(train)))
    strong = strong[np.argsort(-np.abs(here[strong]), kind="stable")][:200]
    score = np.zeros(len(test))
    for number in strong:
        score += here[number] * _ranks(rows.column(number, test))
    positive = rows.y[test]
    n, m = rows.independent(test, positive == 1)
    auc = _auc(score, positive) if len(strong) and n and m else 0.5
    error = np.sqrt((n + m + 1) / (12 * max(n * m, 1)))
    return {
        "n_strong": len(strong),
        "n_reversed": int((here[strong] * there[strong] < 0).sum()),
        "auc_of_training_associations": auc,
        "p_value": float(2 * norm.sf(abs(auc - 0.5) / error)),
        "strongest": [
            (rows.names[j], float(here[j]), float(there[j])) for j in strong[:5]
        ],
    }


def _correlations(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Return the rank correlation of each feature with the positive class."""
    target = rows.y[chosen] - rows.y[chosen].mean()
    target = target / max(float(np.linalg.norm(target)), 1e-12)
    found = np.zeros(len(rows.names))
    for number in range(len(rows.names)):
        if rows.is_numeric[number] or len(np.unique(rows.column(number, chosen))) == 2:
            ranks = _ranks(rows.column(number, chosen))
            found[number] = ranks @ target / np.sqrt(len(chosen))
    return found


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks with mean 0 and standard deviation 1; missing is the middle."""
    known = np.isfinite(values)
    ranks = np.zeros(len(values))
    ranks[known] = rankdata(values[known])
    if known.any():
        ranks[known] -= ranks[known].mean()
    spread = ranks.std()
    return ranks / spread if spread > 0 else ranks
