"""
From an atlas to the cells of another cohort: which labels can be trusted?
==========================================================================

An ``.h5ad`` file with labelled cells of three donors, another one without labels that
was measured elsewhere: with other genes, in another order, captured differently. A
Pipeline that finds the genes by their names and ends in a network is fitted on the
first, and its answers come back as columns of the second one's ``obs``.

The cells are simulated, so the truth is known: two cell lines, sensitive to a drug or
resistant to it, and in the second cohort a third line that the atlas has never seen.
"""

import tempfile
import warnings
from pathlib import Path

import anndata
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from sknn_bio import NeuralNetClassifier
from sknn_bio.datasets import simulate_cohorts
from sknn_bio.omics import RejectOption, fit_anndata, predict_anndata
from sknn_bio.preprocessing import GeneAligner, HighlyVariableGenes, LogNormalizer

rng = np.random.default_rng(0)
folder = tempfile.TemporaryDirectory()
atlas_path = Path(folder.name) / "atlas.h5ad"
query_path = Path(folder.name) / "query.h5ad"

# %%
# Two files
# ---------
#
# Your own files would come from scanpy. Strings are given as objects here, because not
# every AnnData can write those of pandas 3.

lines = {
    name: simulate_cohorts(
        n_cells=(400, 150), n_genes=1_000, effect=2.0, shift=0.5, random_state=seed
    )
    for seed, name in enumerate("ABC")
}


def as_anndata(cohorts, **obs):
    """Put cohorts of several lines together; obs are their columns."""
    labels = [
        f"{name} {label}" for name, one in cohorts.items() for label in one.labels
    ]
    counts = sparse.vstack([one.counts for one in cohorts.values()], format="csr")
    names = pd.Index([f"cell{i}" for i in range(len(labels))], dtype=object)
    frame = pd.DataFrame(obs, index=names)
    kinds = pd.Index(sorted(set(labels)), dtype=object)
    frame["cell_type"] = pd.Categorical(labels, categories=kinds)
    var = pd.DataFrame(index=pd.Index(lines["A"].genes, dtype=object))
    return anndata.AnnData(counts, obs=frame, var=var)


atlas = as_anndata(
    {name: lines[name].train for name in "AB"},
    donor=rng.integers(1, 4, 800),
)
query = as_anndata({name: one.test for name, one in lines.items()})
truth = query.obs.pop("cell_type").astype(str).to_numpy()
query = query[:, rng.permutation(1_000)[:900]].copy()
atlas.write_h5ad(atlas_path)
query.write_h5ad(query_path)
print(atlas, query, sep="\n")

# %%
# Fit
# ---
#
# ``GeneAligner`` gets the names of the genes, the network the donors, so that no donor
# is on both sides of its inner split. ``RejectOption`` adds the right to say "unknown":
# it is fitted a few times more, on folds that leave donors out, to find out where the
# network errs and what its own cells look like. Cells become resistant little by
# little, so one in ten may err among those that get a label.

network = NeuralNetClassifier(n_members=4, max_epochs=30, random_state=0)
model = make_pipeline(
    GeneAligner(), HighlyVariableGenes(n_top_genes=500), LogNormalizer(), network
)
atlas = anndata.read_h5ad(atlas_path)
model = fit_anndata(
    RejectOption(model, target_error=0.1), atlas, target="cell_type", groups="donor"
)
print(f"accepted of the atlas, when held out: {model.coverage_:.0%}")
print(f"errors among those:                   {model.error_:.1%}")

# %%
# Predict
# -------
#
# Given a path, the answers are written into the file, which is replaced in one step; an
# AnnData, backed or not, gets them in memory. The genes that the second cohort lacks
# are filled with zeros, and a warning says so.

columns = predict_anndata(model, query_path)
query = anndata.read_h5ad(query_path)
query.obs.head()

# %%
# ``uns`` tells where the columns come from.

for name in ("model", "version", "matrix", "n_cells_of_training"):
    print(f"{name}: {query.uns['sknn'][name]}")
genes = query.uns["sknn"]["genes"]
print(f"genes: {genes['found']} of {genes['of_training']} found")

# %%
# The picture
# -----------
#
# One map for both cohorts, drawn by UMAP (by t-SNE, where umap-learn is not installed)
# from fifty components of what the network itself gets.


def before_network(cells):
    """Return what reaches the network."""
    aligner, *others, _ = model.estimator_
    X = aligner.transform(cells.X, genes=cells.var_names)
    for step in others:
        X = step.transform(X)
    return X


with warnings.catch_warnings(action="ignore"):  # it was said what is missing
    before_query = before_network(query)
    both = sparse.vstack([before_network(atlas), before_query])
components = TruncatedSVD(50, random_state=0).fit_transform(both)
try:
    from umap import UMAP
except ImportError:
    from sklearn.manifold import TSNE

    chart = TSNE(random_state=0)
else:
    chart = UMAP(random_state=0, n_jobs=1)
places = chart.fit_transform(components)
here, there = places[: len(atlas)], places[len(atlas) :]

COLORS = {
    "A parental": "#56B4E9",
    "A resistant": "#0072B2",
    "B parental": "#E69F00",
    "B resistant": "#D55E00",
    "C parental": "#B7A6D8",
    "C resistant": "#6A51A3",
    "unknown": "#222222",
}


def draw(axes, places, labels, title):
    """Scatter cells by label; cells without one are the ground."""
    axes.scatter(*places[labels == ""].T, s=4, color="#DDDDDD", lw=0)
    for label in sorted(set(labels) - {""}):
        axes.scatter(*places[labels == label].T, s=9, color=COLORS[label], lw=0)
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


nothing = np.full(len(atlas), "")
answers = query.obs["sknn_label"].astype(str).to_numpy()
fig, panels = plt.subplots(2, 2, figsize=(9, 8), layout="constrained")
known = np.r_[atlas.obs["cell_type"].astype(str), np.full(len(query), "")]
draw(panels[0, 0], places, known, "The atlas, with its labels")
draw(panels[0, 1], places, np.r_[nothing, answers], "The query, as predicted")
draw(panels[1, 0], places, np.r_[nothing, truth], "The query, in truth")
unsure = panels[1, 1]
unsure.scatter(*here.T, s=4, color="#DDDDDD", lw=0)
shades = unsure.scatter(*there.T, s=9, c=query.obs["sknn_probability"], lw=0, vmin=0.5)
unsure.set(title="Probability of the label", xticks=[], yticks=[])
unsure.spines[:].set_visible(False)
fig.colorbar(shades, ax=unsure, shrink=0.6)
marks = [
    plt.Line2D([], [], marker="o", ls="", color=color, label=label)
    for label, color in COLORS.items()
]
fig.legend(handles=marks, loc="outside lower center", ncols=4)
plt.show()

# %%
# What the labels are worth
# -------------------------

unknown = query.obs["sknn_unknown"].to_numpy()
unseen = np.char.startswith(truth.astype(str), "C ")
labelled = ~unknown & ~unseen
score = f1_score(truth[labelled], answers[labelled], average="macro")
print(
    f"The two known lines: {np.mean(~unknown[~unseen]):.0%} of their cells get a label,"
)
print(f"  with a macro F1 of {score:.2f}")
forced = model.classes_[model.estimator_[-1].predict_proba(before_query).argmax(axis=1)]
score = f1_score(truth[~unseen], forced[~unseen], average="macro")
print(f"  (of all of them, had each to get one: {score:.2f}).")
print(
    f"The line that the atlas never saw: {unknown[unseen].mean():.0%} called unknown."
)

# %%
# Between the two ends of a line, cells have no clear label, and few of them get one.
# The third line gets none at all. Here its probabilities are low as well; that cannot
# be relied on, as a network shares out all its probability among the labels it knows.
