"""The directive ``benchmark``: a section of the benchmarks' own Markdown in a page.

    .. benchmark:: results/speed.md
       :section: Over tables
       :table: 2

takes what stands under that heading of ``benchmarks/results/speed.md`` (what comes
before the first heading of second order, where none is named): its paragraphs, lists
and tables, or one of its tables alone. ``:behind: 0.02`` keeps the rows of a table of
scores in which a peer is ahead of ours by more than that. A CSV file is one table. No
number is typed twice.
"""

import csv
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
MARKS = re.compile(r"(\*\*.+?\*\*|\*\w.*?\*|``.+?``|`.+?`)")


def sections(text):
    """Return the blocks of a Markdown file by heading; those of its top are None's.

    A block is a list of lines: a paragraph, a list or a table. Figures and commands
    that stand alone are left out.
    """
    found = {None: [[]]}
    here = found[None]
    for line in [*text.splitlines(), ""]:
        if line.startswith("## "):
            here = found.setdefault(line[3:].strip(), [[]])
        elif not line.strip():
            here.append([])
        elif not line.startswith(("# ", "![", "    ")):
            here[-1].append(line)
    return {name: [block for block in own if block] for name, own in found.items()}


def inline(text):
    """Return the nodes of a line: words, bold and slanted ones, and code."""
    out = []
    for piece in filter(None, MARKS.split(text)):
        if piece.startswith("**"):
            out.append(nodes.strong(text=piece[2:-2]))
        elif piece.startswith("*"):
            out.append(nodes.emphasis(text=piece.strip("*")))
        elif piece.startswith("`"):
            out.append(nodes.literal(text=piece.strip("`")))
        else:
            out.append(nodes.Text(piece))
    return out


def cells(line):
    """Return the cells of a row of a table; 0.8 ± 0.1 and 306 × 3 stay on a line."""
    line = re.sub(" ([±×]) ", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", line)
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def short(value):
    """Return a cell of a CSV file: numbers by two significant digits."""
    try:
        return f"{float(value):.2g}"
    except ValueError:
        return value


def behind(head, rows, by):
    """Return the rows in which a model is ahead of "ours" by more than `by`."""
    place = head.index("ours")

    def score(cell):
        number = cell.strip("*").partition("\N{NO-BREAK SPACE}")[0]
        return float(number) if number else float("-inf")

    return [
        row
        for row in rows
        if max(map(score, row[place + 1 :])) - score(row[place]) > by
    ]


def as_table(head, rows):
    """Return a docutils table."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    for part, content in ((nodes.thead(), [head]), (nodes.tbody(), rows)):
        for row in content:
            entries = [
                nodes.entry("", nodes.paragraph("", "", *inline(cell))) for cell in row
            ]
            part += nodes.row("", *entries)
        group += part
    return nodes.table("", group, classes=["benchmark"])


class Benchmark(SphinxDirective):
    """Paragraphs and tables of a section of a file in ``benchmarks``."""

    required_arguments = 1
    option_spec = {
        "section": directives.unchanged_required,
        "table": directives.positive_int,
        "behind": float,
    }

    def run(self):
        path = BENCHMARKS / self.arguments[0]
        self.env.note_dependency(str(path))
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as file:
                head, *rows = csv.reader(file)
            return [as_table(head, [[short(cell) for cell in row] for row in rows])]
        every = sections(path.read_text("utf-8"))
        name = self.options.get("section")
        if name not in every:
            raise ExtensionError(f"{path.name} has no section {name!r}: {list(every)}")
        blocks, only = every[name], self.options.get("table")
        if only is not None:
            blocks = [block for block in blocks if block[0].startswith("|")]
            blocks = blocks[only - 1 : only]
        if not blocks:
            raise ExtensionError(f"{path.name} has no such table under {name!r}")
        return [self._node(block) for block in blocks]

    def _node(self, block):
        if block[0].startswith("- "):
            items = [nodes.paragraph("", "", *inline(line[2:])) for line in block]
            return nodes.bullet_list("", *(nodes.list_item("", item) for item in items))
        if not block[0].startswith("|"):
            return nodes.paragraph("", "", *inline(" ".join(block)))
        head, _, *rows = [cells(line) for line in block]
        if "behind" in self.options:
            rows = behind(head, rows, self.options["behind"])
        return as_table(head, rows)


def setup(app):
    """Name the directive."""
    app.add_directive("benchmark", Benchmark)
    return {"parallel_read_safe": True}
