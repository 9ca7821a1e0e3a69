"""``sknn-bio compare``: a network beside other models on a table, and a page on it."""

# No "from __future__ import annotations": typer reads the types of the options.
from pathlib import Path
from typing import Annotated, Any

import joblib

from sknn_bio._optional import require
from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._data import Data
from sknn_bio.cli._files import check_new, written_whole
from sknn_bio.cli._inputs import Inputs, read_inputs
from sknn_bio.cli._messages import unknown
from sknn_bio.cli._models import NETWORK, SPACE, choose_models
from sknn_bio.cli._options import check_layout, comma_separated, command_line, shared
from sknn_bio.cli._show import show
from sknn_bio.cli.train import train_on
from sknn_bio.model_selection import Comparison
from sknn_bio.model_selection import compare as compare_models
from sknn_bio.model_selection._problem import read_problem

LARGE, MOST_JOBS = 5_000_000, 8
MATRIX_MODELS = (NETWORK, "xgboost")
DEFAULTS = {"models": (), "positive": None, "cv": 5, "repeats": 1}
DEFAULTS |= {"tune": False, "seed": 0}
EXAMPLES = r"""
Examples:

  sknn-bio compare patients.csv --target outcome

  sknn-bio compare visits.parquet --target relapse --positive yes \
  --group patient --subgroups sex,site --repeats 5 --report relapse.html

  sknn-bio compare here.csv --target outcome --test-table elsewhere.csv

  sknn-bio compare --counts counts.tsv.gz --metadata cells.csv \
  --genes genes.txt --target label --model cells.sknn \
  --test-counts other.tsv.gz --test-metadata other.csv
"""


def compare(
    inputs: Inputs,
    *,
    report: Path = Path("comparison.html"),
    output: Path | None = None,
    model: Path | None = None,
    models: tuple[str, ...] = (),
    positive: str | None = None,
    cv: int | str = 5,
    repeats: int = 1,
    tune: bool = False,
    checkpoint: Path | None = None,
    seed: int = 0,
    jobs: int | None = None,
    force: bool = False,
) -> Comparison:
    """Compare a network with other models, print the result and write the page.

    Parameters
    ----------
    inputs : Inputs
        The files.
    report : Path, default=Path("comparison.html")
        The page to write.
    output : Path, default=None
        A CSV file for the score of every model and fold.
    model : Path, default=None
        A file for a network fitted on all rows, whose epochs are printed; None keeps
        none of a table, and "model.sknn" of genes × cells.
    models : tuple of str, default=()
        Which models; none takes all for a table, and the network and XGBoost for
        genes × cells.
    positive : str, default=None
        The positive class of two; None takes the last in sorted order.
    cv : int or "cohort", default=5
        Number of folds; or one group is left out at a time.
    repeats : int, default=1
        How often the table is cut anew.
    tune : bool, default=False
        Search the network's learning rate and dropout within each fold.
    checkpoint : Path, default=None
        A folder for finished folds: a killed comparison goes on where it stopped.
    seed : int, default=0
        Decides folds and models.
    jobs : int, default=None
        Fits at a time. None is one a core, eight at most, and one on a table of more
        than five million cells, where each needs the memory and the cores.
    force : bool, default=False
        Replace files that are there.

    Returns
    -------
    Comparison
        What was found.
    """
    require("jinja2", extra="report")  # before minutes of work, not after
    require("matplotlib", extra="report")
    console = require("rich.console", extra="cli").Console(highlight=False)
    given: dict[str, Any] = {"models": models, "positive": positive, "cv": cv}
    given |= {"repeats": repeats, "tune": tune, "seed": seed}
    if inputs.counts is not None:
        model, models = model or Path("model.sknn"), models or MATRIX_MODELS
    for path in (report, output, model):
        if path is not None:
            check_new(path, force=force)
    cohorts = read_inputs(inputs)
    train, test = cohorts.train, cohorts.test
    labels = sorted(train.y.astype(str).unique())
    if positive is not None and positive not in labels:
        raise unknown("--positive", positive, labels)
    task = read_problem(train.X, train.y, train.groups, None, None, positive).task
    chosen = choose_models(models, train.X, train.y, task=task, seed=seed)
    if tune and NETWORK not in chosen:
        raise ValueError(f"--tune needs {NETWORK!r} among --models")
    if model is not None:
        train_on(cohorts, model, task=task, seed=seed, force=force, verbose=2)
    scored = train if test is None else test
    comparison = compare_models(
        chosen,
        train.X,
        train.y,
        cv=cv,
        groups=train.groups,
        tune={NETWORK: SPACE} if tune else None,
        n_repeats=repeats,
        n_jobs=jobs or default_jobs(train.X.size),
        subgroups=scored.subgroups,
        pos_label=positive,
        checkpoint=checkpoint,
        random_state=seed,
        test=None if test is None else _as_test(test),
        verbose=1,
    )
    comparison.call = (
        f"{command_line('compare', inputs, given, DEFAULTS)}\n\n"
        f"# The same in Python, with X and y read from the table:\n{comparison.call}"
    )
    show(comparison, console)
    with written_whole(report, force=force) as temporary:
        comparison.to_html(temporary, force=True)
    written = [report]
    if output is not None:
        with written_whole(output, force=force) as temporary:
            comparison.to_csv(temporary)
        written.append(output)
    console.print(f"\nWritten: {', '.join(map(str, written))}.", markup=False)
    return comparison


def register(app: Any, typer: Any) -> None:
    """Add the command to the parser.

    Parameters
    ----------
    app : typer.Typer
        The parser.
    typer : module
        The package, imported by the caller.
    """
    options = shared(typer)

    @app.command("compare", epilog=EXAMPLES)
    def command(
        table: Path | None = options.table,
        target: str = options.target,
        group: str | None = options.group,
        positive: Annotated[
            str | None,
            typer.Option("--positive", help="The positive class of two."),
        ] = None,
        report: Annotated[
            Path, typer.Option("--report", help="The page to write.")
        ] = Path("comparison.html"),
        output: Annotated[
            Path | None,
            typer.Option("--output", "-o", help="CSV for the scores of every fold."),
        ] = None,
        models: Annotated[
            str,
            typer.Option(
                "--models",
                help="Of network, dummy, logistic (or ridge), random_forest, "
                "hist_boosting, xgboost, lightgbm, catboost; commas between.",
            ),
        ] = "",
        cv: Annotated[
            str,
            typer.Option("--cv", help="Folds; or cohort: one --group out at a time."),
        ] = "5",
        repeats: Annotated[
            int, typer.Option("--repeats", min=1, help="How often folds are cut anew.")
        ] = 1,
        tune: Annotated[
            bool,
            typer.Option(
                "--tune",
                help="Search the network's learning rate and dropout, within folds.",
            ),
        ] = False,
        subgroups: Annotated[
            str,
            typer.Option("--subgroups", help="Columns to give the scores by."),
        ] = "",
        test_table: Annotated[
            Path | None,
            typer.Option("--test-table", help="Test on this cohort, not on folds."),
        ] = None,
        drop: str = options.drop,
        model: Annotated[
            Path | None,
            typer.Option("--model", help="Keep a network of all rows in this file."),
        ] = None,
        checkpoint: Annotated[
            Path | None,
            typer.Option(
                "--checkpoint", help="Folder: a killed command goes on from here."
            ),
        ] = None,
        seed: int = options.seed,
        jobs: Annotated[
            int | None,
            typer.Option("--jobs", min=1, help="Fits at a time; a core each if unset."),
        ] = None,
        force: bool = options.force,
        counts: Path | None = options.counts,
        metadata: Path | None = options.metadata,
        genes: Path | None = options.genes,
        test_counts: Path | None = options.test_counts,
        test_metadata: Path | None = options.test_metadata,
        layer: str | None = options.layer,
    ) -> None:
        """Compare a network with other models on a table, and write one page on it.

        Every model sees the same folds, and everything is fitted inside them. Rows
        with the same --group never stand on both sides. The page has the verdict, the
        scores with their intervals, the curves and the alarms; it opens without a
        network.

        With --counts the whole job is done: genes are aligned, a network is trained
        (loss and ROC AUC of each epoch are printed, the best weights kept), tested on
        the other cohort, saved, and compared with XGBoost.
        """
        inputs = Inputs(
            table,
            target,
            group=group,
            drop=comma_separated(drop),
            subgroups=comma_separated(subgroups),
            test_table=test_table,
            counts=counts,
            metadata=metadata,
            genes=genes,
            test_counts=test_counts,
            test_metadata=test_metadata,
            layer=layer,
        )
        check_layout(typer, inputs)
        if model is not None and is_anndata(table):
            raise typer.BadParameter("--model: sknn-bio train keeps one of an .h5ad")
        folds: int | str = int(cv) if cv.isdigit() else cv
        if folds != "cohort" and (isinstance(folds, str) or folds < 2):
            raise typer.BadParameter(f"--cv must be 2 or more, or cohort, got {cv!r}")
        if folds == "cohort" and group is None:
            raise typer.BadParameter("--cv cohort needs --group")
        compare(
            inputs,
            report=report,
            output=output,
            model=model,
            models=comma_separated(models),
            positive=positive,
            cv=folds,
            repeats=repeats,
            tune=tune,
            checkpoint=checkpoint,
            seed=seed,
            jobs=jobs,
            force=force,
        )


def _as_test(test: Data) -> tuple[Any, ...]:
    return (test.X, test.y) if test.groups is None else (test.X, test.y, test.groups)


def default_jobs(n_cells: int) -> int:
    """Return how many fits run at a time on a table of that many cells.

    Parameters
    ----------
    n_cells : int
        Rows times columns.

    Returns
    -------
    int
    """
    return 1 if n_cells > LARGE else min(joblib.cpu_count(), MOST_JOBS)
