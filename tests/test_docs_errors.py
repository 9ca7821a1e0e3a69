"""The errors that the pages quote are those of the code."""

import ast
import re
import textwrap
from pathlib import Path

import pytest

import sknn_bio

PAGE = Path(__file__).parents[1] / "docs" / "errors.rst"
if not PAGE.exists():
    pytest.skip("the pages are not beside the tests", allow_module_level=True)

BLOCK = re.compile(r"^\.\. code-block:: text\n\n((?:   .*\n|\n)+)", re.MULTILINE)
MESSAGES = [
    " ".join(textwrap.dedent(block).split())
    for block in BLOCK.findall(PAGE.read_text("utf-8"))
]
VARIES = "…"


def text_of(node: ast.expr) -> str | None:
    """Return a string of the code, with … in the place of what varies in it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or VARIES for part in node.values)
    return None


def strings() -> str:
    """Return all strings of the package, one a line."""
    sources = Path(sknn_bio.__file__).parent.rglob("*.py")
    nodes = (
        node for path in sources for node in ast.walk(ast.parse(path.read_bytes()))
    )
    texts = (text_of(node) for node in nodes if isinstance(node, ast.expr))
    return "\n".join(" ".join(text.split()) for text in texts if text)


@pytest.fixture(scope="module")
def code():
    return strings()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message[:30])
def test_a_quoted_message_stands_in_the_code(message, code):
    # What varies at its ends may be a string of its own, or not be there.
    assert message.strip(f"{VARIES} ").rstrip(":;") in code


def test_there_are_many():
    assert len(set(MESSAGES)) == len(MESSAGES) >= 25
