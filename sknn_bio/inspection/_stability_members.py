"""How far the members of one fitted ensemble agree on the order of columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from sknn_bio.inspection._attributions import Attributions


def member_rank_intervals(attributions: Attributions) -> pd.DataFrame:
    """Return the ranks of columns, and where they lie over an ensemble's members.

    It costs nothing, and says less than :func:`stability_selection`: members differ by
    their seeds and by the fold that they leave out, but share most of their rows. They
    agree too readily, and on noise as well; a narrow interval does not show that other
    patients would give the same order.

    Parameters
    ----------
    attributions : Attributions
        Of an ensemble, from :func:`integrated_gradients`.

    Returns
    -------
    table : DataFrame of n_features rows
        feature; importance (mean absolute attribution of the ensemble); rank (1 is the
        most important); rank_low and rank_high (where 95 % of the members' ranks lie).

    Raises
    ------
    ValueError
        If there is one member only.

    Examples
    --------
    >>> from sknn_bio import NeuralNetBinaryClassifier
    >>> from sknn_bio.datasets import load_breast_cancer_table
    >>> from sknn_bio.inspection import integrated_gradients, member_rank_intervals
    >>> table = load_breast_cancer_table()
    >>> net = NeuralNetBinaryClassifier(n_members=4, max_epochs=10, random_state=0)
    >>> net = net.fit(table.data, table.target)
    >>> ranks = member_rank_intervals(integrated_gradients(net, table.data))
    >>> ranks.columns.tolist()
    ['feature', 'importance', 'rank', 'rank_low', 'rank_high']
    """
    members = attributions.member_importances
    if len(members) < 2:
        raise ValueError(
            f"rank intervals need at least 2 members, got {len(members)}; "
            "stability_selection refits the model"
        )
    ranks = np.array([rankdata(-row) for row in members])
    low, high = np.quantile(ranks, [0.025, 0.975], axis=0)
    table = attributions.importances()[["feature", "importance", "rank"]]
    places = pd.DataFrame(
        {"feature": attributions.feature_names, "rank_low": low, "rank_high": high}
    )
    return table.merge(places, on="feature", validate="one_to_one")
