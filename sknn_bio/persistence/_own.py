"""What is kept of this package's estimators and transformers.

Letters of axes: D features, M members, C outputs, G classes, R rows of the training
table.
"""

from __future__ import annotations

from typing import Any

from sknn_bio.persistence._kinds import (
    BOOL,
    COUNT,
    REAL,
    SCALAR,
    Array,
    Axes,
    Either,
    Frame,
    Kind,
    Misfit,
    Optional,
    Table,
    bind,
    counts,
    floats,
    labels,
    size,
    text,
)
from sknn_bio.persistence._parts import CATEGORIES, PARTS, POPULATION
from sknn_bio.persistence._specs import NEEDED, Estimator, Part, Spec

NAMES = {"n_features_in_": size("D")}
MAYBE_NAMES: dict[str, Kind] = {"feature_names_in_": labels("D")}


def _estimator_relations(estimator: Any, axes: Axes) -> None:
    if "population_" not in vars(estimator):
        return
    levels = estimator.categories_.levels
    columns = estimator.population_.scaling.columns
    told = {
        **dict(zip(columns.one_hot.tolist(), columns.n_levels.tolist(), strict=True)),
        **dict(zip(columns.embedded.tolist(), columns.n_codes.tolist(), strict=True)),
    }
    more = dict.fromkeys(columns.embedded.tolist(), 2)
    has = {j: len(own) + more.get(j, 0) for j, own in levels.items()}
    if columns.numeric is not None and has != told or columns.numeric is None and has:
        raise Misfit("Categories.levels must be those of the encoder")


def _classifier_relations(classifier: Any, axes: Axes) -> None:
    _estimator_relations(classifier, axes)
    if "population_" not in vars(classifier):
        return
    allowed = {axes["G"], 1} if axes["G"] == 2 else {axes["G"]}
    if axes["C"] not in allowed or axes["G"] < 2:
        raise Misfit(f"{axes['G']} classes cannot have {axes['C']} outputs")


def _regressor_relations(regressor: Any, axes: Axes) -> None:
    _estimator_relations(regressor, axes)
    if "population_" in vars(regressor):
        bind(axes, "C", regressor.n_outputs_)


_NETWORK_STATE: dict[str, Kind] = {
    **NAMES,
    "categories_": Part(CATEGORIES),
    "population_": Part(POPULATION, {"M": "M", "D": "D", "C": "C"}),
    "n_members_": size("M"),
    "history_": Frame(),
    "best_epoch_": counts("M"),
    "n_iter_": COUNT,
    "interrupted_": BOOL,
}
_CLASSIFIER_STATE = {**_NETWORK_STATE, "classes_": labels("G"), "n_classes_": size("G")}
_REGRESSOR_STATE = {**_NETWORK_STATE, "n_outputs_": COUNT, "_flat_target": BOOL}
_OUTSIDE = {
    "module": NEEDED,
    "module_params": NEEDED,
    "activation": NEEDED,
    "loss": "auto",
    "loss_params": None,
    "optimizer": "adamw",
    "optimizer_params": None,
    "callbacks": None,
    "validation": 0.2,
}
# A path of another machine, and one that a file could make a later fit write to.
_NEVER = {"checkpoint_dir": None, "_skl_callbacks": None}
_OOF: dict[str, Kind] = {"oof_score_": REAL}


def _network(name: str, state: dict[str, Kind], oof: Kind, relations: Any) -> Spec:
    return Spec(
        f"sknn_bio.{name}",
        state,
        {**MAYBE_NAMES, **_OOF, "oof_prediction_": oof},
        outside=_OUTSIDE,
        never=_NEVER,
        private=("oof_prediction_",),
        relations=relations,
    )


def _share_the_model(reject: Any) -> None:
    reject._judge.model = reject.estimator_


_JUDGE = "sknn_bio.omics._novelty.Judge"
_DISTANCE = "sknn_bio.omics._novelty.HiddenDistance"
_REJECT = [
    Spec(
        _DISTANCE,
        {"whitening": floats("M", "H", "H"), "means": floats("M", "G", "H")},
        is_part=True,
    ),
    Spec(
        _JUDGE,
        {"novelty": text(), "distance": Optional(Part(_DISTANCE, {"G": "G"}))},
        never={"model": None},
        is_part=True,
    ),
    Spec(
        "sknn_bio.omics.RejectOption",
        {
            "estimator_": Estimator(),
            "classes_": labels("G"),
            "unknown_label_": SCALAR,
            "novelty_": text(),
            **dict.fromkeys(
                (
                    "novelty_threshold_",
                    "threshold_",
                    "coverage_",
                    "error_",
                    "error_bound_",
                ),
                REAL,
            ),
            "risk_coverage_": Frame(),
            "_judge": Part(_JUDGE, {"G": "G"}),
        },
        {**NAMES, **MAYBE_NAMES},
        outside={"cv": 5},
        never={"n_jobs": None},
        finish=_share_the_model,
    ),
]
SPECS = [
    *PARTS,
    *_REJECT,
    *(
        _network(name, _CLASSIFIER_STATE, floats("R", "G"), _classifier_relations)
        for name in ("NeuralNetBinaryClassifier", "NeuralNetClassifier")
    ),
    _network(
        "NeuralNetRegressor",
        _REGRESSOR_STATE,
        Either(floats("R"), floats("R", "C")),
        _regressor_relations,
    ),
    Spec(
        "sknn_bio.preprocessing.LogNormalizer",
        NAMES,
        {
            **MAYBE_NAMES,
            "target_sum_": REAL,
            "gene_share_": floats("D"),
            "clip_": REAL,
        },
    ),
    Spec(
        "sknn_bio.preprocessing.HighlyVariableGenes",
        {
            **NAMES,
            "scores_": floats("D"),
            "n_batches_": counts("D"),
            "ranking_": counts("D"),
            "support_": Array("b", ("D",)),
        },
        MAYBE_NAMES,
    ),
    Spec(
        "sknn_bio.preprocessing.GeneAligner",
        {
            **NAMES,
            "aliases_": Table(text(), text()),
            "scale_": Optional(text("counts", "logs")),
        },
        {**MAYBE_NAMES, "mean_": floats("D")},
        from_state={"aliases": "aliases_"},
    ),
]
