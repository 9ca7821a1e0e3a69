"""``sknn-bio demo``: a network beside other models, on a table everyone has."""

# No "from __future__ import annotations": typer reads the types of the options.
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sknn_bio._optional import require
from sknn_bio.cli._demo_results import (
    FOLDS,
    LEARNING,
    ROC,
    SCORERS,
    TABLE,
    summarize,
    text_table,
    write,
)
from sknn_bio.datasets import Table, load_breast_cancer_table
from sknn_bio.estimators import NeuralNetBinaryClassifier
from sknn_bio.model_selection import Comparison, compare

NETWORK, XGBOOST = "Neural network", "XGBoost"
EXAMPLES = """
Examples:

  sknn-bio demo

  sknn-bio demo --output results --repeats 5
"""


def demo(
    output: Path = Path("sknn-bio-demo"),
    *,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    force: bool = False,
) -> Comparison:
    """Compare a network with other models, print the table, write the figures.

    Parameters
    ----------
    output : Path, default=Path("sknn-bio-demo")
        Folder for two figures and two CSV files.
    folds, repeats : int, default=5, 2
        Folds, and how often the table is cut anew.
    seed : int, default=0
        Decides the folds and the models.
    force : bool, default=False
        Write into a folder that holds other things.

    Returns
    -------
    Comparison
        What was found.
    """
    require("matplotlib", extra="report")  # before minutes of work, not after
    console = require("rich.console", extra="cli").Console(highlight=False)
    check_output(output, force=force)
    table = load_breast_cancer_table()
    rows, columns = table.data.shape
    console.print(
        f"Wisconsin breast cancer: {rows} patients, {columns} measurements; "
        f"{folds}-fold stratified cross-validation x {repeats}."
    )
    chosen, absent = demo_models(seed)
    comparison = run_demo(table, chosen, folds=folds, repeats=repeats, seed=seed)
    summary = summarize(comparison, absent)
    console.print(text_table(summary))
    for model, reason in absent.items():
        console.print(f"{model}: {reason}", markup=False)
    console.print(
        f"Positive class: {comparison.pos_label}. Mean ± standard deviation over "
        f"{folds * repeats} folds; every model on one thread.\n"
    )
    console.print(comparison.verdict(), markup=False)
    network = first_network(comparison, chosen[NETWORK], table)
    write(comparison, summary, network, output)
    names = ", ".join((TABLE, FOLDS, ROC, LEARNING))
    console.print(f"\nWritten to the folder {output}: {names}.", markup=False)
    return comparison


def demo_models(seed: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the models to compare, with their defaults, and those that are absent.

    Parameters
    ----------
    seed : int
        Of every model.

    Returns
    -------
    chosen : dict of str to estimator
        Not fitted.
    absent : dict of str to str
        Models that cannot run, and why.
    """
    chosen: dict[str, Any] = {
        NETWORK: make_pipeline(
            StandardScaler(), NeuralNetBinaryClassifier(random_state=seed)
        ),
        "Logistic regression": make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=1_000)
        ),
        "Random forest": RandomForestClassifier(random_state=seed),
        "Histogram boosting": HistGradientBoostingClassifier(random_state=seed),
    }
    try:
        xgboost = require("xgboost", extra="baselines")
    except ImportError as error:
        return chosen, {XGBOOST: str(error)}
    chosen[XGBOOST] = xgboost.XGBClassifier(n_jobs=1, random_state=seed)
    return chosen, {}


def run_demo(
    table: Table,
    chosen: dict[str, Any],
    *,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
) -> Comparison:
    """Compare models by repeated stratified cross-validation.

    Parameters
    ----------
    table : Table
        A binary table; the class that comes last in sorted order is positive.
    chosen : dict of str to estimator
        The models.
    folds, repeats : int, default=5, 2
        Folds, and how often the table is cut anew.
    seed : int, default=0
        Decides the folds.

    Returns
    -------
    Comparison
        The scores and times of each fold.
    """
    if table.task != "binary":
        raise ValueError(f"table must have two classes, got a {table.task} target")
    # One thread each: times are comparable, and a busy machine does not distort them
    # (threads that wait for one another on a shared core cost a hundredfold).
    with threadpool_limits(1):
        classes = table.target.unique()
        few = np.concatenate([np.flatnonzero(table.target == c)[:20] for c in classes])
        y = (table.target == max(classes)).to_numpy().astype(int)
        for model in chosen.values():
            # The first fit of a library also loads it, which is not its speed.
            clone(model).fit(table.data.iloc[few], y[few])
        return compare(
            chosen,
            table.data,
            table.target,
            cv=folds,
            n_repeats=repeats,
            scoring=list(SCORERS),
            random_state=seed,
            verbose=1,
        )


def first_network(comparison: Comparison, network: Any, table: Table) -> Any:
    """Return the network of the first fold, to draw its learning curve.

    Parameters
    ----------
    comparison : Comparison
        Of `run_demo`.
    network : estimator
        Not fitted.
    table : Table
        The table.

    Returns
    -------
    estimator
        Fitted on the first fold's training rows.
    """
    predictions = comparison.predictions
    first = (predictions[["repeat", "fold"]] == 0).all(axis=1)
    held_out = predictions.loc[first, "row"].unique()
    train = np.setdiff1d(np.arange(len(table.target)), held_out)
    with threadpool_limits(1):
        return clone(network).fit(table.data.iloc[train], table.target.iloc[train])


def check_output(output: Path, *, force: bool = False) -> None:
    """Refuse a folder that holds things the demo did not write.

    Parameters
    ----------
    output : Path
        The folder.
    force : bool, default=False
        Accept it all the same.
    """
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"--output must be a folder, got the file {output}")
    ours = (output / TABLE).is_file()
    if output.is_dir() and any(output.iterdir()) and not ours and not force:
        raise FileExistsError(
            f"--output must be a new folder, an empty one or one of an earlier demo, "
            f"got {output}; --force writes into it"
        )
    output.mkdir(parents=True, exist_ok=True)


def register(app: Any, typer: Any) -> None:
    """Add the command to the parser.

    Parameters
    ----------
    app : typer.Typer
        The parser.
    typer : module
        The package, imported by the caller.
    """

    @app.command("demo", epilog=EXAMPLES)
    def command(
        output: Annotated[
            Path, typer.Option("--output", "-o", help="Folder to write to.")
        ] = Path("sknn-bio-demo"),
        folds: Annotated[
            int, typer.Option(min=2, help="Folds of the cross-validation.")
        ] = 5,
        repeats: Annotated[
            int, typer.Option(min=1, help="How often it is repeated.")
        ] = 2,
        seed: Annotated[int, typer.Option(help="Decides folds and models.")] = 0,
        force: Annotated[
            bool,
            typer.Option(
                "--force", help="Write into a folder that holds other things."
            ),
        ] = False,
    ) -> None:
        """Compare a network with four other models on real data, in a minute or two.

        The Wisconsin breast cancer table comes with scikit-learn: nothing is
        downloaded. The positive class is "malignant". A table is printed; it, two
        figures and the numbers of every fold are written to a folder.
        """
        demo(output, folds=folds, repeats=repeats, seed=seed, force=force)
