"""From AnnData to a fitted model, and from a model back into ``obs``.

Plain functions over the estimators and Pipelines of this library, and of scikit-learn;
nothing in those knows of AnnData.
"""

from sknn_bio.omics._fit import fit_anndata
from sknn_bio.omics._predict import predict_anndata
from sknn_bio.omics._reject import RejectOption

__all__ = ["RejectOption", "fit_anndata", "predict_anndata"]
