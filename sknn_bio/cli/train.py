"""``sknn-bio train``: fit the library's network on a table and keep it in a file."""

# No "from __future__ import annotations": typer reads the types of the options.
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from sklearn.metrics import r2_score, roc_auc_score

from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._columns import describe
from sknn_bio.cli._data import Data
from sknn_bio.cli._files import check_new
from sknn_bio.cli._inputs import Cohorts, Inputs, read_inputs
from sknn_bio.cli._messages import listed
from sknn_bio.cli._model_file import Model, write_model
from sknn_bio.cli._models import ESTIMATORS
from sknn_bio.cli._options import check_layout, comma_separated, shared
from sknn_bio.cli._targets import SCORES, as_task, describe_score, describe_target
from sknn_bio.cli._train_cells import train_on_cells

EXAMPLES = r"""
Examples:

  sknn-bio train patients.csv --target outcome --group patient

  sknn-bio train visits.tsv.gz --target score --task regression \
  --model score.sknn

  sknn-bio train atlas.h5ad --target cell_type --group donor

  sknn-bio train --counts counts.tsv.gz --metadata cells.csv \
  --genes genes.txt --target label \
  --test-counts other.tsv.gz --test-metadata other.csv
"""


def train(
    inputs: Inputs,
    *,
    model: Path = Path("model.sknn"),
    task: str | None = None,
    epochs: int = 250,
    seed: int = 0,
    force: bool = False,
) -> Model:
    """Fit a network on a table, or on genes × cells, and write the model file.

    Parameters
    ----------
    inputs : Inputs
        The files.
    model : Path, default=Path("model.sknn")
        The file to write.
    task : {"binary", "multiclass", "regression"}, default=None
        None infers it from the target.
    epochs : int, default=250
        The most epochs; training stops where it no longer pays.
    seed : int, default=0
        Decides splits and initial weights.
    force : bool, default=False
        Replace a model file that is there.

    Returns
    -------
    Model
        What was written.
    """
    check_new(model, force=force)
    if is_anndata(inputs.table):
        return train_on_cells(
            inputs, model, task=task, epochs=epochs, seed=seed, force=force
        )
    cohorts = read_inputs(inputs)
    return train_on(
        cohorts,
        model,
        task=task,
        epochs=epochs,
        seed=seed,
        force=force,
        verbose=1 if inputs.counts is None else 2,
    )


def train_on(
    cohorts: Cohorts,
    path: Path,
    *,
    task: str | None = None,
    epochs: int = 250,
    seed: int = 0,
    force: bool = False,
    verbose: int = 1,
) -> Model:
    """Fit the network of the target's task, say how good it is, and write the file.

    Parameters
    ----------
    cohorts : Cohorts
        What to train on, and perhaps to test on.
    path : Path
        The file to write.
    task : {"binary", "multiclass", "regression"}, default=None
        None infers it from the target.
    epochs : int, default=250
        The most epochs.
    seed : int, default=0
        Decides splits and initial weights.
    force : bool, default=False
        Replace a model file that is there.
    verbose : int, default=1
        1 shows a bar on a terminal, 2 prints loss and score of each epoch.

    Returns
    -------
    Model
        What was written.

    Raises
    ------
    ValueError
        If the target does not suit the task.
    """
    data = cohorts.train
    y, task = as_task(data, task)
    rows, features = data.X.shape
    print(f"{rows} rows, {features} features; {describe_target(y, task)}.")
    if verbose == 1 and not sys.stdout.isatty():
        verbose = 0
    network = ESTIMATORS[task](random_state=seed, max_epochs=epochs, verbose=verbose)
    network.fit(data.X, y, groups=data.groups)
    network.set_params(verbose=0)
    score = getattr(network, "oof_score_", None)
    fitted = Model(network, describe(data.X), str(y.name), task, score)
    fitted.log_normalized = cohorts.log_normalized
    write_model(fitted, path, force=force)
    print(f"{describe_score(fitted)}.")
    if cohorts.test is not None:
        there, score = len(cohorts.test.y), score_test(fitted, cohorts.test)
        print(f"Test cohort, {there} rows: {SCORES[task]} {score:.3f}.")
    print(f"Written: {path}.")
    return fitted


def score_test(model: Model, test: Data) -> float:
    """Return the score of a model on another cohort.

    Parameters
    ----------
    model : Model
        A fitted network.
    test : Data
        The cohort, with the model's features.

    Returns
    -------
    float
        ROC AUC (macro, one against the rest) or R².

    Raises
    ------
    ValueError
        If the cohort has labels that the model does not know, or one only.
    """
    if model.task == "regression":
        return float(r2_score(test.y, model.estimator.predict(test.X)))
    classes = model.estimator.classes_
    strange = set(test.y) - set(classes)
    if strange or test.y.nunique() < len(classes):
        raise ValueError(
            f"the test cohort must have the classes {listed(classes)}, got "
            f"{listed(sorted(map(str, test.y.unique())))}"
        )
    proba = model.estimator.predict_proba(test.X)
    if model.task == "binary":
        return float(roc_auc_score(test.y == classes[1], proba[:, 1]))
    return float(roc_auc_score(test.y, proba, multi_class="ovr", labels=classes))


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

    @app.command("train", epilog=EXAMPLES)
    def command(
        table: Path | None = options.table,
        target: str = options.target,
        model: Annotated[
            Path, typer.Option("--model", help="The file to write.")
        ] = Path("model.sknn"),
        group: str | None = options.group,
        drop: str = options.drop,
        task: Annotated[
            Literal["binary", "multiclass", "regression"] | None,
            typer.Option(
                "--task", help="Inferred from the target where it is not given."
            ),
        ] = None,
        epochs: Annotated[
            int, typer.Option("--epochs", min=1, help="The most epochs.")
        ] = 250,
        seed: int = options.seed,
        force: bool = options.force,
        counts: Path | None = options.counts,
        metadata: Path | None = options.metadata,
        genes: Path | None = options.genes,
        test_counts: Path | None = options.test_counts,
        test_metadata: Path | None = options.test_metadata,
        layer: str | None = options.layer,
    ) -> None:
        """Fit the network of this library on a table, and keep it in a file.

        Rows with the same --group stay on one side of its inner split. Printed is the
        out-of-fold score: each row predicted by networks that never saw it. The file
        remembers the features and their kinds, holds no pickle, and is safe to open.
        """
        inputs = Inputs(
            table,
            target,
            group=group,
            drop=comma_separated(drop),
            counts=counts,
            metadata=metadata,
            genes=genes,
            test_counts=test_counts,
            test_metadata=test_metadata,
            layer=layer,
        )
        check_layout(typer, inputs)
        train(inputs, model=model, task=task, epochs=epochs, seed=seed, force=force)
