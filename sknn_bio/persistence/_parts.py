"""What is kept of the parts of a fitted network: its scaling, plan, shape and weights.

Letters of axes: D features of the table, N numeric ones, L one-hot and E embedded ones,
T with an indicator of gaps, I inputs that the members map, M members, Q members with
knots, K knots, C outputs.
"""

from __future__ import annotations

import numpy as np

from sknn_bio.data import SCALINGS
from sknn_bio.persistence._kinds import (
    BOOL,
    COUNT,
    REAL,
    SCALAR,
    Anything,
    Array,
    Either,
    Is,
    Many,
    Optional,
    Plain,
    Table,
    counts,
    floats,
    places,
    size,
    text,
)
from sknn_bio.persistence._relations import (
    encoder_relations,
    input_map_relations,
    network_relations,
    population_relations,
    scaling_relations,
)
from sknn_bio.persistence._specs import NEEDED, Part, Spec

SCALER = "sknn_bio.data.scaling.ColumnScaler"
ENCODER = "sknn_bio.data.encoding.TableEncoder"
INPUTS = "sknn_bio.data.input_map.InputMap"
SCALING = "sknn_bio.training.run.Scaling"
PLAN = "sknn_bio.training.plan.MemberPlan"
NETWORK = "sknn_bio.training.plan.Network"
SETTINGS = "sknn_bio.training.plan.TrainingSettings"
POPULATION = "sknn_bio.estimators._state.FittedPopulation"
CATEGORIES = "sknn_bio.data.categories.Categories"


_MEMBERS = floats("M")
_TABLES = Either(floats("Q", "I", "K"), Array("f", (0,)))  # empty: no member has any
_NO_ROWS = Many(Array("iu", (0,)), "M", holder=tuple)
_BY_MEMBER = Optional(floats("M", 1, "C"))
PARTS = [
    Spec(CATEGORIES, {"levels": Table(COUNT, Many(SCALAR))}, is_part=True),
    Spec(SCALER, {"center": floats("n"), "scale": floats("n")}, is_part=True),
    Spec(
        ENCODER,
        {
            "scaler": Part(SCALER, {"n": "N"}),
            "numeric": Optional(places("N", "D")),
            "told": places("T", "D"),
            "one_hot": places("L", "D"),
            "n_levels": counts("L"),
            "embedded": places("E", "D"),
            "n_codes": Array("iu", ("E",), low=3),
            "fills": BOOL,
        },
        is_part=True,
        relations=encoder_relations,
    ),
    Spec(
        INPUTS,
        {
            "scale": floats("M", 1, "I"),
            "shift": floats("M", 1, "I"),
            "clipped": Array("b", ("M",)),
            "quantile": Array("b", ("M",)),
            "knots": _TABLES,
            "scores": _TABLES,
        },
        is_part=True,
        relations=input_map_relations,
    ),
    Spec(
        SCALING,
        {
            "columns": Part(ENCODER, {"D": "D"}),
            "inputs": Optional(Part(INPUTS, {"M": "M", "I": "I"})),
            "target": Optional(Part(SCALER, {"n": "C"})),
            "target_scale": _BY_MEMBER,
            "target_shift": _BY_MEMBER,
        },
        is_part=True,
        relations=scaling_relations,
    ),
    Spec(
        PLAN,
        {
            "train_rows": _NO_ROWS,
            "valid_rows": Optional(_NO_ROWS),
            "seeds": counts("M"),
            "lr": _MEMBERS,
            "weight_decay": _MEMBERS,
            "dropout": _MEMBERS,
            "input_dropout": _MEMBERS,
            "views": Optional(Many(text(*SCALINGS), "M", holder=tuple)),
        },
        is_part=True,
    ),
    Spec(
        NETWORK,
        {"d_in": COUNT, "d_out": size("C"), "params": Table(text(), Anything())},
        outside={"module": NEEDED, "params": NEEDED},
        is_part=True,
        relations=network_relations,
    ),
    Spec(
        SETTINGS,
        {
            "max_epochs": COUNT,
            "batch_size": COUNT,
            "monitor": text(),
            "restore_best": BOOL,
            "patience": Optional(COUNT),
            "min_delta": REAL,
            "lr_schedule": text(),
            "l1": REAL,
            "gradient_clip": Optional(REAL),
            "device": text(),
            "dtype": text("float32", "float64"),
            "half_products": BOOL,
            "task": text("classification", "regression"),
            "n_classes": COUNT,
            "keep_oof": BOOL,
        },
        outside={"optimizer": "adamw", "optimizer_params": {}},
        never={"checkpoint_dir": None},
        is_part=True,
    ),
    Spec(
        POPULATION,
        {
            "network": Part(NETWORK, {"C": "C"}),
            "weights": Table(text(), Is((np.ndarray,))),
            "scaling": Part(SCALING, {"M": "M", "D": "D", "C": "C"}),
            "settings": Part(SETTINGS),
            "plan": Part(PLAN, {"M": "M"}),
            "net_history": Many(Table(text(), Plain())),
        },
        never={"optimizer_state": {}},
        is_part=True,
        relations=population_relations,
    ),
]
