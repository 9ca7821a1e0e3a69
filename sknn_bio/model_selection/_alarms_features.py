"""The alarm about a feature that is the target in disguise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_rows import Rows

PERFECT, PERFECT_RANK = 0.995, 0.99  # AUC; absolute rank correlation
GAP = 1.0  # to the best of the other features, in standard deviations (d', Fisher's z)
FEWEST_ROWS, FEWEST_OF_CLASS = 50, 10
MOST_ROWS = 5_000
CROSS_VALIDATED = 20  # features
MOST_TREES = 300  # features; of more, those that rank best
_LEAK = (
    "Kaufman, S., Rosset, S., Perlich, C. & Stitelman, O. (2012). Leakage in data "
    "mining: formulation, detection, and avoidance. ACM TKDD 6, 15; Kapoor, S. & "
    "Narayanan, A. (2023). Leakage and the reproducibility crisis in "
    "machine-learning-based science. Patterns 4, 100804."
)


def single_feature(rows: Rows) -> list[Alarm]:
    """A feature that alone predicts the target almost perfectly.

    It must also stand apart from all others: where many genes tell two tissues apart,
    one of them is no leak.
    """
    chosen = rows.draw(np.arange(rows.n_train), MOST_ROWS)
    if len(chosen) < FEWEST_ROWS:
        return []
    if rows.classes is None:
        score, limit = _rank_correlations(rows, chosen), PERFECT_RANK
        spread: Callable[[float], float] = np.arctanh
        measure = "absolute rank correlation"
    else:
        sizes = np.bincount(rows.y[chosen], minlength=len(rows.classes))
        if sizes.min() < FEWEST_OF_CLASS:
            return []
        score, limit, spread = _aucs(rows, chosen), PERFECT, _distance
        measure = "cross-validated ROC AUC"
    # A perfect score is as far from 0.5 as so many rows can show.
    score = np.minimum(score, 1 - 0.5 / len(chosen) ** 1.5)
    order = np.argsort(-score, kind="stable")
    perfect = order[score[order] >= limit]
    if not len(perfect) or len(perfect) > max(3, 0.01 * len(score)):
        return []
    rest = score[order[len(perfect)]] if len(perfect) < len(score) else 0.0
    if spread(score[perfect[-1]]) - spread(max(rest, 0.5)) < GAP:
        return []
    best = perfect[0]
    names = ", ".join(repr(rows.names[number]) for number in perfect)
    message = (
        f"{names} alone predict{'s' * (len(perfect) == 1)} the target almost perfectly "
        f"({measure} {score[best]:.3f}; the best of the other features: {rest:.2f}). "
        "Ask whether it was recorded after the outcome, or derived from it"
    )
    id_like = [rows.names[number] for number in perfect if _is_number(rows, number)]
    if id_like:
        message += (
            f"; {', '.join(map(repr, id_like))} has a different whole number in each "
            "row, as row numbers and identifiers have"
        )
    evidence = {
        "features": [(rows.names[j], float(score[j])) for j in perfect],
        "best_of_the_others": float(rest),
        "like_row_numbers": id_like,
    }
    return [Alarm("single_feature", "error", message + ".", evidence, _LEAK)]


def _aucs(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Return what a small tree on one feature reaches: its AUC, feature by feature.

    Cross-validated for the best, else in the rows it was grown on, which is more.
    """
    y = rows.y[chosen]
    score = np.full(len(rows.names), 0.5)
    numbers = np.arange(len(rows.names))
    if len(numbers) > MOST_TREES:
        strength = _separation(rows, chosen)
        numbers = np.argsort(-strength, kind="stable")[:MOST_TREES]
    tree = DecisionTreeClassifier(
        max_leaf_nodes=32, min_samples_leaf=5, random_state=rows.random_state
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=rows.random_state)
    scoring = "roc_auc" if rows.task == "binary" else "roc_auc_ovr"
    for number in numbers:
        column = rows.column(number, chosen)[:, None]
        if np.isnan(column).all():
            continue
        told = tree.fit(column, y).predict_proba(column)
        told = told[:, 1] if rows.task == "binary" else told
        score[number] = roc_auc_score(y, told, multi_class="ovr")
    if score.max() >= PERFECT:
        for number in np.argsort(-score, kind="stable")[:CROSS_VALIDATED]:
            column = rows.column(number, chosen)[:, None]
            score[number] = cross_val_score(
                tree, column, y, cv=folds, scoring=scoring
            ).mean()
    return score


def _separation(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    """Return a quick rank measure of how far the classes lie apart."""
    y = rows.y[chosen]
    sizes = np.maximum(np.bincount(y), 1)
    found = np.zeros(len(rows.names))
    for number in range(len(rows.names)):
        ranks = rankdata(np.nan_to_num(rows.column(number, chosen), nan=-np.inf))
        means = np.bincount(y, weights=ranks) / sizes
        spread = ranks.var()
        if spread > 0:  # the share of the variance between classes (Kruskal-Wallis)
            found[number] = np.sum(sizes * (means - ranks.mean()) ** 2) / spread
    return found


def _rank_correlations(rows: Rows, chosen: np.ndarray) -> np.ndarray:
    target = rankdata(rows.y[chosen])
    found = np.zeros(len(rows.names))
    for number in np.flatnonzero(rows.is_numeric):
        column = rows.column(number, chosen)
        known = np.isfinite(column)
        if known.sum() >= FEWEST_ROWS and np.ptp(column[known]) > 0:
            ranks = rankdata(column[known])
            found[number] = abs(np.corrcoef(ranks, target[known])[0, 1])
    return found


def _distance(auc: float) -> float:
    """Return d', the distance between two normal classes with this AUC."""
    return float(np.sqrt(2) * norm.ppf(auc))


def _is_number(rows: Rows, number: int | np.integer) -> bool:
    column = rows.column(number)[: rows.n_train]
    whole = rows.is_numeric[number] and np.all(column == np.round(column))
    return bool(whole and len(np.unique(column)) == len(column))
