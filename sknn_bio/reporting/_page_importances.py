"""What the networks of a comparison looked at, fold by fold."""

from __future__ import annotations

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import ranked
from sknn_bio.reporting._importances import ImportancesDisplay
from sknn_bio.reporting._page_figures import figure
from sknn_bio.reporting._parts import NBSP, Section, Table, plural

_DRAWN = 15
_LISTED = 25
_TOP = 10


def importances(comparison: Comparison) -> Section:
    """Return the section; an empty one where no network says what it looked at."""
    slug, title = "importances", "What the networks look at"
    networks = {
        name: _ranks(comparison.importances.query("model == @name"))
        for name in ranked(comparison)
        if name in set(comparison.importances.get("model", ()))
    }
    if not networks:
        return Section(slug, title)
    name, table = next(iter(networks.items()))
    n_fits = int(table["n_fits"].iloc[0])
    caption = (
        f"Columns by their share of the attributions of {name}: dots are ranks of the "
        f"mean over {plural(n_fits, 'fit')}, lines go from the best rank of a fit to "
        "the worst."
    )
    display = ImportancesDisplay.from_importances(table, kind="rank", n_features=_DRAWN)
    return Section(
        slug,
        title,
        [
            "Integrated gradients split the answers to rows that a network was not "
            "trained on among the columns. Fits of one comparison share most of their "
            "training rows and agree too readily: wide lines are a warning, narrow "
            "ones no proof. A column that a network looks at need not cause anything."
        ],
        [figure(display, "importances-figure", f"What {name} looks at", caption)],
        [_listed(name, table)],
        [_listed(other, own) for other, own in networks.items() if other != name],
        "Other networks",
    )


def _ranks(importances: pd.DataFrame) -> pd.DataFrame:
    """Return each column's mean share, its rank, and its ranks over the fits."""
    fits = importances.pivot(
        index=["repeat", "fold"], columns="feature", values="importance"
    )
    shares = fits.div(fits.sum(axis=1).where(lambda total: total > 0, 1.0), axis=0)
    places = shares.rank(axis=1, ascending=False, method="first")
    table = pd.DataFrame(
        {
            "share": shares.mean(),
            "rank_low": places.min(),
            "rank_high": places.max(),
            "n_top": (places <= _TOP).sum(),
            "n_fits": len(fits),
        }
    ).sort_values("share", ascending=False, kind="stable")
    table.insert(0, "rank", range(1, len(table) + 1))
    return table.reset_index()


def _listed(name: str, table: pd.DataFrame) -> Table:
    rows = [
        [
            str(row.feature),
            f"{row.rank}{NBSP}({row.rank_low:.0f}–{row.rank_high:.0f})",
            f"{row.share:.1%}",
            f"{row.n_top} of {row.n_fits}",
        ]
        for row in table.head(_LISTED).itertuples()
    ]
    columns = ["Column", "Rank (of fits)", "Share", f"Among the first {_TOP}"]
    return Table(f"{name}: the columns it looks at most", columns, rows)
