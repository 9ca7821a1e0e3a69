"""What all statistics of a comparison start from: answers, units, resamples."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics.answers import (
    Answers,
    Folds,
    join,
    pooled,
    read_answers,
)
from sknn_bio.model_selection.statistics.bootstrap import (
    Sampled,
    Units,
    interval,
    mean_over_folds,
    tails,
)
from sknn_bio.model_selection.statistics.metrics import BIASED_IN_SMALL_FOLDS, METRICS
from sknn_bio.model_selection.statistics.scoring import Scorers, score_or_nan

N_RESAMPLES = 2000
N_SLOW = 200  # resamples of a metric that can only be called, not vectorized
N_CURVES = 400  # resamples of whole curves
# Fewer on very large tables, where resamples hardly differ: cells of all weights.
_CELLS, _CURVE_CELLS = 400_000_000, 40_000_000


class Evidence:
    """Predictions as arrays, and their resamples, computed once.

    Parameters
    ----------
    predictions : DataFrame
        As in ``Comparison.predictions``.
    classes : list or None
    scorers : dict
        Metric name → scorer.
    seed : int
    folds : DataFrame, default=None
        n_train and n_test of each fold; None where a cohort of its own is tested.
    """

    def __init__(
        self,
        predictions: pd.DataFrame,
        classes: list | None,
        scorers: Scorers,
        seed: int,
        folds: pd.DataFrame | None = None,
    ):
        self.classes = None if classes is None else np.asarray(classes)
        self.scorers, self.seed = scorers, seed
        first = predictions.drop_duplicates("row").sort_values("row")
        self.rows = first["row"].to_numpy()
        groups = first["group"].to_numpy() if "group" in first else None
        if classes is None:
            y = first["y_true"].to_numpy(dtype=float)
        else:
            y = pd.Index(classes).get_indexer(first["y_true"])
        self.grouped = groups is not None
        self.y = y
        self.units = Units.of(y, groups, classes is not None)
        self.answers = {
            str(name): read_answers(part, classes, self.rows)
            for name, part in predictions.groupby("model", sort=False)
        }
        ratio = 0.0 if folds is None else float(np.mean(folds.n_test / folds.n_train))
        self.widening = float(np.sqrt(1 + 2 * ratio))
        self._samples: dict[str, dict[str, Sampled]] = {}
        self._intervals: dict[str, dict[str, tuple[float, float]]] = {}

    @cached_property
    def curve_weights(self) -> np.ndarray:
        """Resamples for bands around curves, of shape (B, n_rows)."""
        n = min(N_CURVES, max(50, _CURVE_CELLS // len(self.rows)))
        return np.concatenate(list(self.units.resamples(n, self.seed)))

    def tails(self) -> tuple[float, float]:
        """Return the quantiles of a band."""
        return tails(self.units.n_effective, self.widening)

    def samples(self, metric: str) -> dict[str, Sampled]:
        """Return model → the metric's mean over folds, with its resamples."""
        if metric not in self._samples:
            self._samples[metric] = self._sample(self.answers, metric, self.units)
        return self._samples[metric]

    def interval(self, metric: str) -> dict[str, tuple[float, float]]:
        """Return model → the 95 % interval of a metric.

        Some metrics are biased where folds are small. For these the interval spans
        that of the mean over folds and that of all folds of a repeat pooled.
        """
        if metric not in self._intervals:
            self._intervals[metric] = self._interval(metric)
        return self._intervals[metric]

    def _interval(self, metric: str) -> dict[str, tuple[float, float]]:
        out = self.intervals(self.samples(metric), self.units)
        if self.scorers[metric] not in BIASED_IN_SMALL_FOLDS or self.widening == 1:
            return out
        whole = {name: pooled(folds) for name, folds in self.answers.items()}
        other = self.intervals(self._sample(whole, metric, self.units), self.units)
        return {
            name: (float(np.fmin(a, other[name][0])), float(np.fmax(b, other[name][1])))
            for name, (a, b) in out.items()
        }

    def within(
        self, answers: dict[str, Folds], metric: str, units: Units
    ) -> dict[str, tuple[float, float, float]]:
        """Return model → value, low and high of a metric among some of the rows."""
        answers = {name: folds for name, folds in answers.items() if folds}
        samples = self._sample(answers, metric, units)
        ends = self.intervals(samples, units)
        return {name: (samples[name].value, *ends[name]) for name in answers}

    def intervals(
        self, samples: dict[str, Sampled], units: Units
    ) -> dict[str, tuple[float, float]]:
        """Return model → the interval of what was sampled."""
        return {
            name: interval(sampled, units.n_effective, self.widening)
            for name, sampled in samples.items()
        }

    def _sample(
        self, answers: dict[str, Folds], metric: str, units: Units
    ) -> dict[str, Sampled]:
        scorer = self.scorers[metric]
        fast = isinstance(scorer, str) and scorer in METRICS
        function = METRICS[scorer] if fast else _slow(scorer, self.classes)
        parts: dict[str, list[np.ndarray]] = {name: [] for name in answers}
        n = min(N_RESAMPLES, max(200, _CELLS // len(self.rows))) if fast else N_SLOW
        for weights in units.resamples(n, self.seed):
            for name, folds in answers.items():
                parts[name].append(mean_over_folds(folds, function, weights))
        lacking = units.all_but_one() if fast else None
        return {
            name: Sampled(
                float(mean_over_folds(folds, function)[0]),
                np.concatenate(parts[name]),
                None if lacking is None else mean_over_folds(folds, function, lacking),
            )
            for name, folds in answers.items()
        }


def _slow(
    scorer: Any, classes: np.ndarray | None
) -> Callable[[Answers, np.ndarray], np.ndarray]:
    """Return a scorer as a function of weights: rows are drawn as often as they say."""

    def function(answers: Answers, weights: np.ndarray) -> np.ndarray:
        values = []
        for counts in weights.astype(int):
            drawn = answers.take(np.repeat(np.arange(len(counts)), counts))
            values.append(score_or_nan(scorer, drawn, classes))
        return np.array(values)

    return function


def all_answers(folds: Folds) -> Answers:
    """Return the answers of all folds and repeats together."""
    return join(list(folds.values()))
