"""Options that several commands have, and what they must not be together."""

from __future__ import annotations

import csv
import shlex
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._inputs import Inputs

MATRICES = "A matrix of genes × cells"


def shared(typer: Any) -> SimpleNamespace:
    """Return the options that commands share.

    Parameters
    ----------
    typer : module
        The package, imported by the caller.

    Returns
    -------
    SimpleNamespace
        One attribute an option, to be the default of a parameter.
    """

    def option(default: Any, name: str, help: str, panel: str | None = None) -> Any:
        return typer.Option(default, name, help=help, rich_help_panel=panel)

    return SimpleNamespace(
        table=typer.Argument(
            None,
            help="CSV or TSV (also .gz), Parquet or .h5ad, a row a sample.",
            show_default=False,
        ),
        target=option(..., "--target", "The column to predict."),
        group=option(
            None, "--group", "The column with the patient, donor or site of each row."
        ),
        drop=option("", "--drop", "Columns that are no features, with commas between."),
        seed=option(0, "--seed", "Decides splits and models."),
        force=option(False, "--force", "Replace files that are there."),
        layer=option(
            None, "--layer", "Of an .h5ad: the layer with the matrix; X if not given."
        ),
        counts=option(
            None, "--counts", "A line a gene, a column a cell; CSV or TSV.", MATRICES
        ),
        metadata=option(
            None, "--metadata", "A table with a row a cell: names, labels.", MATRICES
        ),
        genes=option(None, "--genes", "The genes to use, one a line.", MATRICES),
        test_counts=option(
            None, "--test-counts", "The cohort to test on: its matrix.", MATRICES
        ),
        test_metadata=option(
            None, "--test-metadata", "The cohort to test on: its cells.", MATRICES
        ),
    )


def check_layout(typer: Any, inputs: Inputs) -> None:
    """Refuse a table and a matrix together, neither, and halves of a matrix.

    Parameters
    ----------
    typer : module
        The package, imported by the caller.
    inputs : Inputs
        The files.

    Raises
    ------
    typer.BadParameter
        With the options that are wrong.
    """
    names = ("counts", "metadata", "genes", "test_counts", "test_metadata")
    given = {
        name: f"--{name.replace('_', '-')}"
        for name in names
        if getattr(inputs, name) is not None
    }
    if inputs.table is not None and given:
        raise typer.BadParameter(f"give a table or {next(iter(given.values()))}")
    if inputs.table is None and not {"counts", "metadata"} <= {*given}:
        raise typer.BadParameter("give a table, or --counts and --metadata")
    if ("test_counts" in given) != ("test_metadata" in given):
        raise typer.BadParameter("--test-counts and --test-metadata belong together")
    if inputs.table is None and inputs.test_table is not None:
        raise typer.BadParameter("--test-table belongs to a table, not to --counts")
    if inputs.table is None and inputs.drop:
        raise typer.BadParameter("--drop belongs to a table, not to --counts")
    of_cells = is_anndata(inputs.table)
    if of_cells and inputs.drop:
        raise typer.BadParameter("--drop belongs to a table, not to an .h5ad file")
    if inputs.layer is not None and not of_cells:
        raise typer.BadParameter("--layer belongs to an .h5ad file")
    if inputs.test_table is not None and is_anndata(inputs.test_table) != of_cells:
        raise typer.BadParameter("the table and --test-table must be of one kind")


def comma_separated(text: str) -> tuple[str, ...]:
    """Return names between commas; one that holds a comma itself stands in quotes.

    Parameters
    ----------
    text : str
        What was given.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> comma_separated('age, "weight, kg"')
    ('age', 'weight, kg')
    """
    fields = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(field.strip() for field in fields if field.strip())


def command_line(
    command: str, inputs: Inputs, options: dict[str, Any], defaults: dict[str, Any]
) -> str:
    """Return the command that does the same again.

    Parameters
    ----------
    command : str
        Its name.
    inputs : Inputs
        The files.
    options : dict
        Other options by name.
    defaults : dict
        Their defaults: those that have them are left out.

    Returns
    -------
    str

    Examples
    --------
    >>> from pathlib import Path
    >>> inputs = Inputs(Path("a table.csv"), "outcome", drop=("id", "name"))
    >>> command_line("compare", inputs, {"repeats": 3, "seed": 0}, {"seed": 0})
    "sknn-bio compare 'a table.csv' --target outcome --drop id,name --repeats 3"
    """
    words = ["sknn-bio", command]
    usual = {field.name: field.default for field in fields(Inputs)} | defaults
    given = {field.name: getattr(inputs, field.name) for field in fields(Inputs)}
    for name, value in (given | options).items():
        if value is None or (name in usual and value == usual[name]):
            continue
        if name != "table":
            words.append(f"--{name.replace('_', '-')}")
        if isinstance(value, tuple):
            words.append(",".join(f'"{v}"' if "," in v else v for v in value))
        elif value is not True:
            words.append(str(value))
    return shlex.join(words)
