"""``sknn-bio predict``: ask a trained network about the rows of a table."""

# No "from __future__ import annotations": typer reads the types of the options.
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._chunks import open_table
from sknn_bio.cli._cohorts import read_cells
from sknn_bio.cli._columns import shape_like
from sknn_bio.cli._files import check_new, written_whole
from sknn_bio.cli._messages import note, unknown
from sknn_bio.cli._model_file import VERSIONS, Model, read_model
from sknn_bio.cli._options import comma_separated, shared
from sknn_bio.cli._reading import check_columns, strange_words
from sknn_bio.cli._train_cells import answers_of_cells

EXAMPLES = r"""
Examples:

  sknn-bio predict new.csv --model model.sknn --output answers.csv

  sknn-bio predict visits.parquet --keep patient,visit -o risk.csv.gz

  sknn-bio predict query.h5ad --model atlas.sknn --output labels.csv

  sknn-bio predict --counts other.tsv.gz --model cells.sknn
"""


def predict(
    table: Path | None = None,
    *,
    model: Path = Path("model.sknn"),
    output: Path = Path("predictions.csv"),
    counts: Path | None = None,
    keep: tuple[str, ...] = (),
    force: bool = False,
    layer: str | None = None,
) -> None:
    """Write the predictions for the rows of a table, a piece at a time.

    Parameters
    ----------
    table : Path, default=None
        CSV or TSV, gzipped or not, Parquet, or AnnData's (``.h5ad``, ``.zarr``); or
        else `counts`.
    model : Path, default=Path("model.sknn")
        A file of ``sknn-bio train``; nothing in it is run.
    output : Path, default=Path("predictions.csv")
        The file to write: the number of the row (or the name of the cell), columns to
        keep, the prediction and the probability of each class.
    counts : Path, default=None
        Genes × cells.
    keep : tuple of str, default=()
        Columns of the table to copy, such as an identifier.
    force : bool, default=False
        Replace a file that is there.
    layer : str, default=None
        The layer of an AnnData file. None takes that of training.
    """
    check_new(output, force=force)
    fitted = read_model(model)
    trained_by = {k: v for k, v in fitted.versions.items() if VERSIONS.get(k) != v}
    if trained_by:
        note(f"the model was trained with other versions: {trained_by}")
    if not fitted.columns and not is_anndata(table):
        raise ValueError(
            "the model was trained on an AnnData file: give an .h5ad file, got "
            f"{table or counts}"
        )
    if table is not None and is_anndata(table):
        pieces = answers_of_cells(fitted, table, keep, layer)
    elif table is not None:
        pieces = _answers_of_table(fitted, table, keep)
    else:
        assert counts is not None
        genes = [column.name for column in fitted.columns]
        X = read_cells(counts, genes, log_normalized=fitted.log_normalized)
        pieces = iter([answers(fitted, X).rename_axis("cell")])
    tally: Counter[Any] = Counter()
    n_rows = 0
    with written_whole(output, force=force) as temporary:
        zipped = output.suffix == ".gz"
        with gzip.open(temporary, "wb") if zipped else temporary.open("wb") as raw:
            with io.TextIOWrapper(raw, encoding="utf-8", newline="") as file:
                for piece in pieces:
                    piece.to_csv(file, header=n_rows == 0)
                    n_rows += len(piece)
                    if fitted.task != "regression":
                        tally.update(piece["prediction"])
    shares = ", ".join(f"{label} {count}" for label, count in tally.most_common())
    print(f"{n_rows} rows{f': {shares}' if shares else ''}.\nWritten: {output}.")


def answers(model: Model, X: pd.DataFrame) -> pd.DataFrame:
    """Return the predictions for some rows.

    Parameters
    ----------
    model : Model
        A trained network.
    X : DataFrame of shape (n_rows, n_features)
        Its features.

    Returns
    -------
    DataFrame of shape (n_rows, 1 + n_classes) or (n_rows, 1)
        ``prediction``, then ``probability_<class>`` for each class.
    """
    out = pd.DataFrame({"prediction": model.estimator.predict(X)}, index=X.index)
    if model.task != "regression":
        proba = model.estimator.predict_proba(X)
        for place, label in enumerate(model.estimator.classes_):
            out[f"probability_{label}"] = proba[:, place]
    return out


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

    @app.command("predict", epilog=EXAMPLES)
    def command(
        table: Path | None = options.table,
        model: Annotated[
            Path, typer.Option("--model", help="A file of sknn-bio train.")
        ] = Path("model.sknn"),
        output: Annotated[
            Path, typer.Option("--output", "-o", help="CSV to write (also .gz).")
        ] = Path("predictions.csv"),
        keep: Annotated[
            str, typer.Option("--keep", help="Columns to copy, with commas between.")
        ] = "",
        counts: Path | None = options.counts,
        force: bool = options.force,
        layer: str | None = options.layer,
    ) -> None:
        """Predict for the rows of a table with a network that sknn-bio train wrote.

        Opening the model runs nothing that is in the file; sknn-bio inspect tells what
        it holds.

        The table must have the columns the model was trained on; their order does not
        matter, and others are ignored. It is read a piece at a time, however large.
        """
        if (table is None) == (counts is None):
            raise typer.BadParameter("give a table or --counts, and not both")
        if layer is not None and not is_anndata(table):
            raise typer.BadParameter("--layer belongs to an .h5ad file")
        predict(
            table,
            model=model,
            output=output,
            counts=counts,
            keep=comma_separated(keep),
            force=force,
            layer=layer,
        )


def _answers_of_table(
    model: Model, table: Path, keep: tuple[str, ...]
) -> Iterator[pd.DataFrame]:
    source = open_table(table)
    wanted = [column.name for column in model.columns]
    check_columns(source, wanted)
    for name in keep:
        if name not in source.names:
            raise unknown("--keep", name, source.names)
    words = [column.name for column in model.columns if column.kind == "category"]
    strange: set[str] = set()
    for piece in source.pieces([*words, *keep], only={*wanted, *keep}):
        X, new = shape_like(piece, model.columns)
        strange |= new
        out = answers(model, X)
        for place, name in enumerate(keep):
            out.insert(place, name, piece[name].to_numpy())
        out.index = pd.RangeIndex(piece.index[0] + 1, piece.index[-1] + 2, name="row")
        yield out
    if strange:
        note(strange_words(strange))
