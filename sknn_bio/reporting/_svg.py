"""A matplotlib figure as SVG in a page: real text, and the page's own colours."""

from __future__ import annotations

import io
import re
import warnings
from xml.etree import ElementTree

from sknn_bio._optional import require
from sknn_bio.reporting._display import Display
from sknn_bio.reporting._style import COLORS, GRID, GUIDE

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Custom properties of the page, which knows whether it is light or dark.
VARIABLES = {
    **{color.lower(): f"var(--{name})" for name, color in COLORS.items()},
    GUIDE.lower(): "var(--guide)",
    GRID.lower(): "var(--grid)",
    "#ffffff": "var(--paper)",
    "#000000": "var(--ink)",
}
_FONT = re.compile(r"font-family:[^;]*;?\s*")
_COLOR = re.compile(r"#[0-9a-f]{6}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline_svg(display: Display, *, slug: str, title: str, description: str) -> str:
    """Return a drawn display as one ``<svg>`` element.

    Parameters
    ----------
    display : Display
        Drawn.
    slug : str
        Stands before every id, so that ids of several figures differ.
    title, description : str
        What a screen reader says of the figure.

    Returns
    -------
    str
        The element; names in it are escaped.
    """
    matplotlib = require("matplotlib", extra="report")
    settings = {"svg.fonttype": "none", "svg.hashsalt": slug}
    written = io.StringIO()
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # The reader's browser has the letters that matplotlib's font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        display.figure_.savefig(
            written, format="svg", transparent=True, metadata={"Date": None}
        )
    root = ElementTree.fromstring(written.getvalue())
    _tidy(root, slug)
    root.attrib.pop("version", None)
    for side in ("width", "height"):
        root.attrib.pop(side)
    root.set("role", "img")
    root.set("aria-labelledby", f"{slug}-title {slug}-description")
    for tag, text in (("desc", description), ("title", title)):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}")
        name = "title" if tag == "title" else "description"
        element.set("id", f"{slug}-{name}")
        element.text = text
        root.insert(0, element)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(root: ElementTree.Element, slug: str) -> None:
    """Drop what a page does not need, and rename what it shares with other figures."""
    used = {
        name
        for element in root.iter()
        for value in element.attrib.values()
        for name in (*_REFERENCE.findall(value), *re.findall(r"^#(.+)$", value))
    }
    for parent in list(root.iter()):
        for child in list(parent):
            tag = child.tag.rpartition("}")[2]
            if tag in ("metadata", "style"):  # its style would reach the whole page
                parent.remove(child)
    for element in root.iter():
        name = element.attrib.pop("id", None)
        if name in used:
            element.set("id", f"{slug}-{name}")
        target = element.attrib.pop(f"{{{_XLINK}}}href", None)
        if target is not None:  # another element, or a picture in the page itself
            is_own = target.startswith("#")
            element.set("href", f"#{slug}-{target[1:]}" if is_own else target)
        for key, value in element.attrib.items():  # clips, and patterns in styles
            element.set(key, _REFERENCE.sub(rf"url(#{slug}-\1)", value))
        if "style" in element.attrib:
            style = _FONT.sub("", element.attrib["style"])
            style = _COLOR.sub(lambda c: VARIABLES.get(c[0], c[0]), style)
            element.set("style", style)
