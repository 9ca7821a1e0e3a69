"""Tables to try a model on, and simulated data with a known answer."""

from sknn_bio.datasets._find import find_table
from sknn_bio.datasets._simulate_bulk import SimulatedExpression, simulate_expression
from sknn_bio.datasets._simulate_cells import (
    Cohort,
    SimulatedCohorts,
    simulate_cohorts,
)
from sknn_bio.datasets._simulate_signature import simulate_signature
from sknn_bio.datasets._tables import (
    Table,
    list_tables,
    load_breast_cancer_table,
    load_diabetes_table,
    load_table,
)

__all__ = [
    "Cohort",
    "SimulatedCohorts",
    "SimulatedExpression",
    "Table",
    "find_table",
    "list_tables",
    "load_breast_cancer_table",
    "load_diabetes_table",
    "load_table",
    "simulate_cohorts",
    "simulate_expression",
    "simulate_signature",
]
