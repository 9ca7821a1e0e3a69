"""Which columns a fitted model listens to, how surely, and for whom."""

from sknn_bio.inspection._attributions import Attributions
from sknn_bio.inspection._counterfactuals import counterfactuals
from sknn_bio.inspection._counterfactuals_result import Counterfactuals
from sknn_bio.inspection._enrichment import gene_set_enrichment
from sknn_bio.inspection._integrated_gradients import integrated_gradients
from sknn_bio.inspection._permutation import (
    PermutationImportances,
    permutation_importances,
)
from sknn_bio.inspection._shap import shap_values
from sknn_bio.inspection._stability import StabilitySelection, stability_selection
from sknn_bio.inspection._stability_members import member_rank_intervals

__all__ = [
    "Attributions",
    "Counterfactuals",
    "PermutationImportances",
    "StabilitySelection",
    "counterfactuals",
    "gene_set_enrichment",
    "integrated_gradients",
    "member_rank_intervals",
    "permutation_importances",
    "shap_values",
    "stability_selection",
]
