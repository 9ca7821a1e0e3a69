"""``sknn-bio demo``: a network beside other models, on a table everyone has."""

# No "from __future__ import annotations": typer reads the types of the options.
from pathlib import Path
from typing import Annotated, Any

from sknn_bio._optional import require
from sknn_bio.cli._demo_run import DemoResult, run_demo
from sknn_bio.datasets import Table, load_breast_cancer_table
from sknn_bio.reporting import plot_history, plot_roc_curves

TABLE, FOLDS = "demo_table.csv", "demo_folds.csv"
ROC, LEARNING = "demo_roc_curves.png", "demo_learning_curve.png"
# Metric, heading, digits, and which of two means is the better one.
COLUMNS = (
    ("roc_auc", "ROC AUC", 3, max),
    ("log_loss", "Log loss", 3, min),
    ("balanced_accuracy", "Balanced\naccuracy", 3, max),
    ("fit_seconds", "Fit\n(s)", 2, min),
    ("predict_seconds", "Predict\n(ms)", 1, min),
)
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
) -> DemoResult:
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
    DemoResult
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
    result = _run_with_progress(console, table, folds, repeats, seed)
    console.print(text_table(result))
    for model, reason in result.absent.items():
        console.print(f"{model}: {reason}", markup=False)
    console.print(
        f"Positive class: {result.positive}. Mean ± standard deviation over "
        f"{folds * repeats} folds; every model on one thread."
    )
    write(result, output)
    names = ", ".join((TABLE, FOLDS, ROC, LEARNING))
    console.print(f"Written to the folder {output}: {names}", markup=False)
    return result


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


def text_table(result: DemoResult) -> Any:
    """Return the summary as a rich table, one row a model.

    Parameters
    ----------
    result : DemoResult
        What the comparison found.

    Returns
    -------
    rich.table.Table
        The table.
    """
    table = require("rich.table", extra="cli").Table(
        box=require("rich.box", extra="cli").SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    summary = result.summary()
    table.add_column("Model", no_wrap=True)
    for _, heading, _, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    best = {metric: pick(summary[f"{metric}_mean"]) for metric, _, _, pick in COLUMNS}
    for model, row in summary.iterrows():
        cells = [str(model)]
        for metric, heading, digits, _ in COLUMNS:
            scale = 1_000 if "(ms)" in heading else 1
            mean, sd = scale * row[f"{metric}_mean"], scale * row[f"{metric}_std"]
            # A slow machine must not widen the column.
            digits -= (mean >= 10) + (mean >= 100)
            text = f"{mean:.{max(digits, 0)}f}±{sd:.{max(digits, 0)}f}"
            cells.append(f"[bold]{text}[/bold]" if mean == best[metric] else text)
        table.add_row(*cells)
    for model in result.absent:
        table.add_row(model, "not installed", *["–"] * (len(COLUMNS) - 1))
    return table


def write(result: DemoResult, output: Path) -> None:
    """Write both CSV files and both figures.

    Parameters
    ----------
    result : DemoResult
        What the comparison found.
    output : Path
        An existing folder.
    """
    figure = require("matplotlib.figure", extra="report")
    roc = figure.Figure(figsize=(6.4, 6.4), layout="constrained")
    ax = roc.add_subplot()
    plot_roc_curves(result.curves, pos_label_name=result.positive, ax=ax, zoom=0.2)
    ax.set_title("Breast cancer: mean curves over folds")
    roc.savefig(output / ROC, dpi=150)

    learning = figure.Figure(figsize=(10, 4), layout="constrained")
    plot_history(result.network, ax=learning.subplots(1, 2))
    learning.suptitle("Breast cancer: the network on its first training fold")
    learning.savefig(output / LEARNING, dpi=150)

    result.frame().to_csv(output / FOLDS, index=False)
    result.summary().to_csv(output / TABLE)


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


def _run_with_progress(
    console: Any, table: Table, folds: int, repeats: int, seed: int
) -> DemoResult:
    progress = require("rich.progress", extra="cli")
    columns = (
        progress.TextColumn("{task.description:<20}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left:"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        return run_demo(
            table,
            n_splits=folds,
            n_repeats=repeats,
            random_state=seed,
            on_step=lambda model, done, total: bar.update(
                task, description=model, completed=done, total=total
            ),
        )
