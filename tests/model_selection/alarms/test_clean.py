"""Clean tables are left in peace."""

import os

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.model_selection import train_test_split

from sknn_bio.datasets import load_table, simulate_expression


def coarse(seed):
    """Return a table of a few coarse columns, in which many rows are equal."""
    rng = np.random.default_rng(seed)
    tumour = rng.random(400) < 0.4
    values = [rng.poisson(1 + 2 * tumour).clip(0, 5) for _ in range(6)]
    return np.column_stack(values), np.where(tumour, "disease", "control")


def graded(seed):
    """Return scores from 1 to 10 that all follow one severity: rows that are equal."""
    rng = np.random.default_rng(seed)
    severity = rng.uniform(1, 10, 600)
    values = severity[:, None] + rng.normal(0, 0.35, (600, 7))
    ill = severity + rng.normal(0, 2, 600) > 5
    return values.round().clip(1, 10), np.where(ill, "disease", "control")


def tissues(seed):
    """Return genes of two tissues, the best of which tell them apart nearly alone."""
    rng = np.random.default_rng(seed)
    y = np.arange(240) % 2
    apart = np.linspace(4.2, 0, 60)
    return rng.normal(size=(240, 60)) + y[:, None] * apart, y


def half_of(seed):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    half, _, y_half, _ = train_test_split(
        X, y, train_size=0.5, stratify=y, random_state=seed
    )
    return half, y_half


def expression(**kwargs):
    simulated = simulate_expression(**kwargs)
    return simulated.data, simulated.target


CLEAN = {
    "breast cancer": lambda: load_breast_cancer(return_X_y=True, as_frame=True),
    "wine": lambda: load_wine(return_X_y=True, as_frame=True),
    "iris": lambda: load_iris(return_X_y=True, as_frame=True),
    "digits": lambda: load_digits(return_X_y=True),
    "diabetes": lambda: load_diabetes(return_X_y=True, scaled=False, as_frame=True),
    **{f"half a table {seed}": lambda s=seed: half_of(s) for seed in range(3)},
    **{f"coarse {seed}": lambda s=seed: coarse(s) for seed in range(3)},
    **{f"graded {seed}": lambda s=seed: graded(s) for seed in range(3)},
    **{f"tissues {seed}": lambda s=seed: tissues(s) for seed in range(3)},
    "genes": lambda: expression(n_genes=500, random_state=0),
    "genes, all signal": lambda: expression(n_genes=500, signal=1.0, random_state=1),
    "one causal gene": lambda: expression(
        n_genes=200, n_causal=1, signal=0.9, random_state=2
    ),
    "a trait": lambda: expression(n_genes=300, task="regression", random_state=3),
    "noise": lambda: expression(n_genes=300, signal=0.0, random_state=4),
    "standard normal": lambda: make_classification(
        2_000, 10, flip_y=0.1, class_sep=0.5, random_state=0
    ),
    "normal noise": lambda: (
        np.random.default_rng(0).normal(size=(500, 8)),
        np.arange(500) % 2,
    ),
}


CLINICS = range(4)


def test_there_are_twenty_clean_tables_or_more():
    assert len(CLEAN) + len(CLINICS) + 1 >= 20


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_table_raises_no_alarm(alarms_of, name):
    assert alarms_of(*CLEAN[name]()) == {}


@pytest.mark.parametrize("seed", CLINICS)
def test_a_clean_clinical_table_raises_no_alarm(alarms_of, clinic, seed):
    assert alarms_of(*clinic(seed)) == {}


def test_clean_counts_raise_no_alarm(alarms_of, cells):
    assert alarms_of(*cells(0)) == {}


@pytest.mark.skipif("SKNN_BIO_DATA" not in os.environ, reason="needs SKNN_BIO_DATA")
@pytest.mark.parametrize(
    "name",
    [
        "bodyfat",
        "breast_cancer_ljubljana",
        "cell_segmentation",
        "chronic_kidney_disease",
        "dermatology",
        "haberman",
        "leukemia_golub",
        "nwtco_relapse",
        "pima_diabetes",
        "whas500_death_1y",
    ],
)
def test_a_clean_public_table_raises_no_alarm(alarms_of, name):
    table = load_table(name)
    y = table.target if table.task == "regression" else table.target.astype(str)
    assert alarms_of(table.data, y) == {}
