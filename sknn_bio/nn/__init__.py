"""Torch modules with a leading member axis; they know neither scikit-learn nor skorch.

Axis letters, used alike in every room: ``M`` members, ``B`` rows of a batch, ``D``
features in, ``H`` hidden units, ``C`` outputs. Every parameter and every buffer of
every module here has ``M`` as its first axis, so that members can be picked out of a
population by one index.
"""

from sknn_bio.nn.activations import ACTIVATIONS
from sknn_bio.nn.any_loss import build_loss
from sknn_bio.nn.backprop import PlainPass
from sknn_bio.nn.dropout import Dropout
from sknn_bio.nn.embedding import MemberEmbedding
from sknn_bio.nn.evaluation import evaluate_mlp
from sknn_bio.nn.lifting import LiftedModule
from sknn_bio.nn.linear import MemberLinear
from sknn_bio.nn.losses import LOSSES
from sknn_bio.nn.mlp import MLP
from sknn_bio.nn.normalization import MemberBatchNorm, MemberLayerNorm

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "MLP",
    "Dropout",
    "LiftedModule",
    "MemberBatchNorm",
    "MemberEmbedding",
    "MemberLayerNorm",
    "MemberLinear",
    "PlainPass",
    "build_loss",
    "evaluate_mlp",
]
