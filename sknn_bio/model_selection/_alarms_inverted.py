"""The alarm about scores that rank the wrong way round."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.model_selection._alarms_cohorts import (
    APART,
    Pair,
    associations,
    tell_apart,
)
from sknn_bio.model_selection._alarms_rows import Rows

LEVEL = 0.01  # after Holm's adjustment over models and test sets
FEWEST_STRONG = 3  # associations, before their reversal says anything of the labels
_INVERSION = (
    "Varoquaux, G. & Cheplygina, V. (2022). Machine learning for medical imaging: "
    "methodological failures and recommendations for the future. npj Digital "
    "Medicine 5, 48; Northcutt, C., Jiang, L. & Chuang, I. (2021). Confident "
    "learning: estimating uncertainty in dataset labels. JAIR 70, 1373-1411."
)


def inverted(
    rows: Rows, predictions: pd.DataFrame, told_apart: list[tuple[Pair, dict]]
) -> list[Alarm]:
    """AUC significantly below 0.5 on a test set, and why that may be."""
    if rows.task != "binary" or predictions.empty or rows.classes is None:
        return []
    scores = _scores(rows, predictions)
    if scores.empty:
        return []
    ordered = np.sort(scores["p_value"].to_numpy())
    limits = LEVEL / np.arange(len(ordered), 0, -1)
    passed = np.minimum.accumulate(ordered <= limits).sum()
    if not passed:
        return []
    below = scores.nsmallest(int(passed), "p_value")
    worst = below.iloc[0]
    (split,) = (
        s for s in rows.splits if (s.repeat, s.fold) == (worst["repeat"], worst["fold"])
    )
    pair, told = next(
        (found for found in told_apart if np.array_equal(found[0].test, split.test)),
        (Pair(split.train, split.test, "a test fold"), None),
    )
    cause, why, evidence = _cause(rows, pair, told or tell_apart(rows, pair))
    models = ", ".join(
        f"{row.model} {row.auc:.2f}"
        for row in below[
            (below["repeat"] == worst["repeat"]) & (below["fold"] == worst["fold"])
        ].itertuples()
    )
    others = below.groupby(["repeat", "fold"]).ngroups - 1
    message = (
        f"On {pair.name} the ROC AUC is below 0.5 by more than chance ({models}; the "
        f"largest adjusted p is {_adjusted(scores, below):.1g}): "
        f"rows that are {str(rows.classes[-1])!r} get lower scores than the others. "
    )
    if others:
        message += f"{others} more test set{'s are' if others > 1 else ' is'} like it. "
    message += f"{why} Nothing was turned round: 1 - p would hide the cause."
    evidence = {
        "cause": cause,
        **evidence,
        "scores": below.to_dict("records"),
    }
    return [Alarm("inverted", "error", message, evidence, _INVERSION)]


def _scores(rows: Rows, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return AUC and one-sided p-value a model and test set."""
    assert rows.classes is not None
    positive = rows.classes[-1]
    score = pd.Series(np.nan, index=predictions.index)
    for column in (f"proba_{positive}", "score"):  # decision values, without the first
        if column in predictions:
            score = score.fillna(predictions[column])
    predictions = predictions.assign(score=score).dropna(subset="score")
    found = []
    keys = ["model", "repeat", "fold"]
    offset = rows.n_train if rows.has_test else 0
    for (model, repeat, fold), part in predictions.groupby(keys, sort=False):
        truth = (part["y_true"] == positive).to_numpy()
        if truth.all() or not truth.any():
            continue
        auc = float(roc_auc_score(truth, part["score"]))
        n, m = rows.independent(part["row"].to_numpy(int) + offset, truth)
        error = np.sqrt((n + m + 1) / (12 * n * m))
        p_value = float(norm.cdf((auc - 0.5) / error))
        found.append((model, repeat, fold, auc, p_value))
    return pd.DataFrame(found, columns=[*keys, "auc", "p_value"])


def _adjusted(scores: pd.DataFrame, below: pd.DataFrame) -> float:
    steps = np.arange(len(scores), len(scores) - len(below), -1)
    return float(np.max(below["p_value"].to_numpy() * steps))


def _cause(rows: Rows, pair: Pair, told: dict) -> tuple[str, str, dict]:
    """Weigh swapped labels against a shift between the cohorts."""
    agreement = associations(rows, pair)
    evidence = {"cohorts_apart": told, "associations": agreement}
    strong, turned = agreement["n_strong"], agreement["n_reversed"]
    auc = agreement["auc_of_training_associations"]
    sure = agreement["p_value"] < LEVEL
    apart = told["low"] > APART
    counted = f"of the {strong} features that go with the target in training, {turned}"
    measured = (
        "a score made of the training associations alone, each cohort standardised on "
        f"itself, has AUC {auc:.2f} here"
    )
    told_by = f"a classifier tells the cohorts apart with AUC {told['auc']:.2f}"
    if not np.isfinite(told["auc"]):
        told_by = "there are too few rows to tell the cohorts apart"
    if sure and auc < 0.5 and strong >= (FEWEST_STRONG if apart else 1):
        why = (
            f"The likely cause is swapped labels: {counted} point the other way, and "
            f"{measured}. "
        )
        if apart:
            why += (
                f"The cohorts differ as well ({told_by}), but a shift does not turn "
                "nearly all associations round. "
            )
        else:
            why += f"The features are otherwise distributed alike ({told_by}). "
        why += "Check how the two classes are coded in each cohort."
        return "labels_swapped", why, evidence
    if apart and not (sure and auc < 0.5):
        features = ", ".join(repr(name) for name, _ in told["features"][:3])
        agree = "agree" if sure else "do not say"
        why = (
            f"The likely cause is a shift between the cohorts, not swapped labels: "
            f"{told_by} (most by {features}), while the associations {agree}: "
            f"{counted} point the other way, and {measured}. Look at how these "
            "features were measured, and normalise within each cohort."
        )
        return "cohort_shift", why, evidence
    why = (
        "It means that the labels were swapped, or that a shift between the rows to "
        f"train on and these made the model wrong; which one cannot be told: {counted} "
        f"point the other way, {measured}, and {told_by}."
    )
    return "unknown", why, evidence
