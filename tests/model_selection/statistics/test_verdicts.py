"""Numbers to words."""

import pandas as pd
import pytest

from sknn_bio.model_selection.statistics.resampled import Difference, unknown
from sknn_bio.model_selection.statistics.verdicts import in_words, outcome, overall


def difference(value, better, rope, worse, p_value=0.5):
    return Difference(
        value, value - 0.1, value + 0.1, p_value, better, rope, worse, "t"
    )


@pytest.mark.parametrize(
    ("test", "p_holm", "kind", "words"),
    [
        (
            difference(0.05, 0.99, 0.01, 0.0),
            0.01,
            "better",
            "a is better than b by 0.05",
        ),
        (
            difference(-0.05, 0.0, 0.01, 0.99),
            0.01,
            "worse",
            "a is worse than b by 0.05",
        ),
        (
            difference(0.004, 0.02, 0.98, 0.0),
            0.01,
            "better",
            "a is better than b by 0.004, though by less than 0.01",
        ),
        (
            difference(0.0, 0.01, 0.98, 0.01),
            0.5,
            "equal",
            "a and b are equal within 0.01",
        ),
        (
            difference(0.01, 0.5, 0.47, 0.03),
            0.2,
            "no worse",
            "a is no worse than b within 0.01",
        ),
        (
            difference(0.2, 0.99, 0.01, 0.0, p_value=0.004),
            0.12,
            "no worse",
            "a is no worse than b within 0.01; better taken alone (p = 0.004), but not "
            "among all pairs (p = 0.12)",
        ),
        (
            difference(-0.01, 0.03, 0.47, 0.5),
            0.2,
            "no better",
            "a is no better than b within 0.01",
        ),
        (
            difference(0.01, 0.4, 0.2, 0.4),
            0.5,
            "cannot tell",
            "cannot tell a from b: 34 patients are too few",
        ),
        (
            Difference(0, 0, 0, 1, 0, 1, 0, "t"),
            1.0,
            "equal",
            "a and b score the same in every fold",
        ),
        (
            unknown(),
            float("nan"),
            "unknown",
            "cannot tell a from b: there are too few scores to compare",
        ),
    ],
)
def test_each_outcome(test, p_holm, kind, words):
    assert outcome(test, p_holm, 0.01) == kind
    assert in_words(kind, "a", "b", test, p_holm, 0.01, "34 patients") == words


def test_not_adjusted_is_not_better():
    assert outcome(difference(0.05, 0.8, 0.1, 0.1, 0.04), 0.12, 0.01) == "cannot tell"


def test_the_whole_in_a_sentence():
    summary = pd.DataFrame(
        {"auc": [0.9, 0.89, 0.88, 0.5], "auc_low": 0.4, "auc_high": 0.95},
        index=["b", "a", "c", "dummy"],
    )
    differences = pd.DataFrame(
        [
            ("a", "b", "no better"),
            ("a", "c", "equal"),
            ("a", "dummy", "better"),
            ("b", "c", "cannot tell"),
            ("b", "dummy", "better"),
            ("c", "dummy", "better"),
        ],
        columns=["a", "b", "outcome"],
    )
    assert overall(summary, differences, "auc") == (
        "b has the highest mean auc: 0.900 (95 % interval 0.400 to 0.950). It is "
        "better than dummy; it is no worse than a; it cannot be told from c."
    )
    alone = overall(summary.iloc[:1], differences.iloc[:0], "auc")
    assert alone.endswith("0.950).")
    nothing = overall(summary.assign(auc=float("nan")), differences, "auc")
    assert nothing == "No fold has a defined auc."
