"""``sknn-bio explain``: which columns a trained network listens to."""

# No "from __future__ import annotations": typer reads the types of the options.
import shlex
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from sknn_bio._optional import require
from sknn_bio.cli._anndata import is_anndata
from sknn_bio.cli._explain_rows import Rows, answers_of, read_rows
from sknn_bio.cli._explain_tables import (
    CLASSES,
    EACH,
    IMPORTANCES,
    PAGE,
    PERMUTATION,
    SETS,
    tables_of,
)
from sknn_bio.cli._files import check_new, written_whole
from sknn_bio.cli._messages import note
from sknn_bio.cli._model_file import VERSIONS, Model, read_model
from sknn_bio.cli._options import shared
from sknn_bio.inspection import (
    Attributions,
    gene_set_enrichment,
    integrated_gradients,
    permutation_importances,
)
from sknn_bio.inspection._enrichment_sets import read_gmt
from sknn_bio.reporting._explanation_page import Explanation, render_explanation

MOST = 1000
_SHOWN = 10  # columns in the terminal
_PERMUTED = 50  # columns, the most important ones, that are permuted
EXAMPLES = r"""
Examples:

  sknn-bio explain patients.csv --model model.sknn

  sknn-bio explain new.parquet --output why --each

  sknn-bio explain tumours.csv --gene-sets hallmark.gmt --rows 500

  sknn-bio explain query.h5ad --model atlas.sknn --output why
"""


def explain(
    table: Path | None = None,
    *,
    model: Path = Path("model.sknn"),
    output: Path = Path("explanation"),
    counts: Path | None = None,
    gene_sets: Path | None = None,
    each: bool = False,
    rows: int = MOST,
    seed: int = 0,
    force: bool = False,
    layer: str | None = None,
) -> Attributions:
    """Write which columns the answers for the rows of a table come from.

    Parameters
    ----------
    table : Path, default=None
        CSV or TSV, gzipped or not, Parquet, or AnnData's (``.h5ad``, ``.zarr``); or
        else `counts`. Where it has the column of the target, permutation importances
        are written too.
    model : Path, default=Path("model.sknn")
        A file of ``sknn-bio train``; nothing in it is run.
    output : Path, default=Path("explanation")
        The folder to write: a page and its tables.
    counts : Path, default=None
        Genes × cells.
    gene_sets : Path, default=None
        A GMT file, to ask which sets the important genes belong to.
    each : bool, default=False
        Write the attributions of each row as well.
    rows : int, default=1000
        The most rows to explain, drawn at random where there are more.
    seed : int, default=0
        Decides which rows are drawn, and permutations.
    force : bool, default=False
        Replace files that are there.
    layer : str, default=None
        The layer of an AnnData file. None takes that of training.

    Returns
    -------
    Attributions
        Of the rows.
    """
    require("jinja2", extra="report")  # before minutes of work, not after
    require("matplotlib", extra="report")
    sets = None
    if gene_sets is not None:
        require("gseapy", extra="explain")
        sets = read_gmt(gene_sets)
    fitted = read_model(model)
    names = [PAGE, IMPORTANCES]
    names += [CLASSES] if fitted.task == "multiclass" else []
    names += [SETS] if sets is not None else []
    names += [EACH] if each else []
    _check_folder(output, [*names, PERMUTATION], force=force)
    trained_by = {k: v for k, v in fitted.versions.items() if VERSIONS.get(k) != v}
    if trained_by:
        note(f"the model was trained with other versions: {trained_by}")
    if not fitted.columns and not is_anndata(table):
        raise ValueError(
            "the model was trained on an AnnData file: give an .h5ad file, got "
            f"{table or counts}"
        )
    given = read_rows(fitted, table, counts, layer=layer, most=rows, seed=seed)
    for text in given.notes:
        note(text)
    found = integrated_gradients(fitted.estimator, given.X)
    explanation = Explanation(
        found,
        target=fitted.target,
        task=fitted.task,
        n_there=given.n_there,
        model=fitted.estimator,
        score=fitted.score,
        versions=dict(VERSIONS),
        call=_call(table, counts, model, output, gene_sets, each, rows, seed, layer),
    )
    if sets is not None:
        explanation.gene_sets = gene_set_enrichment(found, sets, random_state=seed)
    _permute(explanation, fitted, given, seed)
    if explanation.permutation is not None:
        names.append(PERMUTATION)
    tables = tables_of(explanation, given.X.index, names)
    output.mkdir(exist_ok=True)
    for name in names[1:]:
        with written_whole(output / name, force=force) as temporary:
            tables[name].to_csv(temporary, index=name == EACH)
    with written_whole(output / PAGE, force=force) as temporary:
        temporary.write_text(render_explanation(explanation), encoding="utf-8")
    _show(explanation)
    print(f"\nWritten: {output} ({', '.join(names)}).")
    return found


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

    @app.command("explain", epilog=EXAMPLES)
    def command(
        table: Path | None = options.table,
        model: Annotated[
            Path, typer.Option("--model", help="A file of sknn-bio train.")
        ] = Path("model.sknn"),
        output: Annotated[
            Path, typer.Option("--output", "-o", help="The folder to write.")
        ] = Path("explanation"),
        gene_sets: Annotated[
            Path | None,
            typer.Option(
                "--gene-sets", help="A GMT file: which sets do the genes belong to?"
            ),
        ] = None,
        each: Annotated[
            bool, typer.Option("--each", help="Write the attributions of every row.")
        ] = False,
        rows: Annotated[
            int,
            typer.Option("--rows", min=2, help="Draw so many rows if there are more."),
        ] = MOST,
        seed: Annotated[
            int, typer.Option("--seed", help="Decides rows drawn, and permutations.")
        ] = 0,
        counts: Path | None = options.counts,
        force: bool = options.force,
        layer: str | None = options.layer,
    ) -> None:
        """Tell which columns a network of sknn-bio train listens to, on one page.

        Integrated gradients split each answer among the columns of the table. Where
        the table has the column that was predicted, columns are also permuted, to see
        how far the score falls: best on rows that the network was not trained on.
        """
        if (table is None) == (counts is None):
            raise typer.BadParameter("give a table or --counts, and not both")
        if layer is not None and not is_anndata(table):
            raise typer.BadParameter("--layer belongs to an .h5ad file")
        explain(
            table,
            model=model,
            output=output,
            counts=counts,
            gene_sets=gene_sets,
            each=each,
            rows=rows,
            seed=seed,
            force=force,
            layer=layer,
        )


def _check_folder(output: Path, names: list[str], *, force: bool) -> None:
    if output.exists() and not output.is_dir():
        raise NotADirectoryError(f"--output must be a folder, got the file {output}")
    if output.is_dir():
        for name in names:
            check_new(output / name, force=force)
    else:
        check_new(output, force=force)


def _permute(explanation: Explanation, model: Model, rows: Rows, seed: int) -> None:
    """Add what needs the answers that are known: classes, and permutations."""
    known = answers_of(model, rows)
    if known is None:
        return
    explanation.known, explanation.y = known
    names = explanation.attributions.importances()["feature"].head(_PERMUTED)
    explanation.permutation = permutation_importances(
        model.estimator,
        rows.X[explanation.known],
        explanation.y,
        scoring=_scoring(model, explanation.y),
        feature_groups={name: [name] for name in names},
        random_state=seed,
    )


def _scoring(model: Model, y: np.ndarray) -> str:
    """Return a score that still falls where every row is answered rightly."""
    if model.task == "regression":
        return "r2"
    has_all = len(np.unique(y)) == len(model.estimator.classes_)
    return "neg_log_loss" if has_all else "accuracy"


def _show(explanation: Explanation) -> None:
    found = explanation.attributions
    table = found.importances().head(_SHOWN)
    width = max(len(str(name)) for name in table["feature"])
    print(f"{explanation.sentence()}\n")
    for row in table.itertuples():
        print(f"  {row.rank:>2}  {row.feature:<{width}}  {row.importance:.3g}")


def _call(
    table: Path | None,
    counts: Path | None,
    model: Path,
    output: Path,
    gene_sets: Path | None,
    each: bool,
    rows: int,
    seed: int,
    layer: str | None,
) -> str:
    words = ["sknn-bio", "explain", *([] if table is None else [str(table)])]
    given: dict[str, object] = {"counts": counts, "model": model, "output": output}
    given |= {"gene-sets": gene_sets, "layer": layer}
    for name, value in given.items():
        words += [] if value is None else [f"--{name}", str(value)]
    words += ["--each"] if each else []
    words += [] if rows == MOST else ["--rows", str(rows)]
    words += ["--seed", str(seed)] if seed else []
    return shlex.join(words)
