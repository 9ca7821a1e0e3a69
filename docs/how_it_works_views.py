"""Draw how the views of a table map a skewed marker."""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm, rankdata

COLORS = {"standard": "#0072B2", "robust": "#D55E00", "quantile": "#009E73"}

marker = np.sort(np.random.default_rng(0).lognormal(1, 1, 300))
z = (marker - np.median(marker)) / np.subtract(*np.percentile(marker, [75, 25]))
scores = norm.ppf(rankdata(marker) / (len(marker) + 1))
views = {
    "standard": (marker - marker.mean()) / marker.std(),
    "robust": z / np.sqrt(1 + (z / 3) ** 2),
    "quantile": scores / scores.std(),
}

fig, axes = plt.subplots(2, 2, figsize=(6, 5), layout="constrained")
curve, *panels = axes.flat
for (name, seen), style in zip(views.items(), ("-", "--", "-."), strict=True):
    curve.plot(marker, seen, style, color=COLORS[name], label=name)
curve.set(xlabel="Marker, as it comes", ylabel="What a network sees", title="The maps")
curve.legend(frameon=False)
for ax, (name, seen) in zip(panels, views.items(), strict=True):
    ax.hist(seen, 25, color=COLORS[name])
    ax.set(title=f'"{name}"', xlabel="What it sees", yticks=[], xlim=(-4, 8))
for ax in axes.flat:
    ax.spines[["top", "right"]].set_visible(False)
plt.show()
