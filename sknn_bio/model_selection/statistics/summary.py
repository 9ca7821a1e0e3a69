"""Each model's mean scores with their intervals, and its times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sknn_bio.model_selection.statistics.evidence import Evidence


def summary_table(
    evidence: Evidence, results: pd.DataFrame, models: list[str], metrics: list[str]
) -> pd.DataFrame:
    """Return one row a model, best first by the first metric."""
    means = results.pivot_table(
        index="model", columns="metric", values="value", dropna=False
    ).reindex(index=models, columns=metrics)
    out = pd.DataFrame(index=pd.Index(models, name="model"))
    for metric in metrics:
        out[metric] = means[metric]
        ends = np.full((len(models), 2), np.nan)
        for name, bounds in evidence.interval(metric).items():
            if np.isfinite(means.loc[name, metric]):
                ends[models.index(name)] = bounds
        out[f"{metric}_low"], out[f"{metric}_high"] = ends.T
    by_model = results[results["metric"] == metrics[0]].groupby("model")
    for seconds in ("fit_seconds", "predict_seconds"):
        out[seconds] = by_model[seconds].mean()
    out["failed"] = by_model["fit_seconds"].apply(lambda fits: int(fits.isna().sum()))
    return out.sort_values(metrics[0], ascending=False, kind="stable")
