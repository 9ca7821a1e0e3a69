"""Check the built pages as a browser's audit would, without a browser or a network.

    python docs/check_pages.py docs/_build/html

Each page has a language, a title, a viewport, one first heading and no skipped ones;
images have alternative texts, links, buttons and fields have names, ids stand once.
Every link within the site leads to a page and a place on it, and every name of the code
to its own page. Nothing that a page loads
comes from elsewhere, so that all of it, the search too, works offline. Colours of text
have the contrast that WCAG 2.2 asks for (AA, 4.5 to 1), in the light and in the dark.
"""

import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

MADE_BY_SPHINX = {"genindex.html", "py-modindex.html", "search.html"}
FROM_DOCSTRINGS = {"api.html", "auto_examples", "generated"}
CSS = re.compile(r"([^{}]+)\{([^{}]*)\}")
VARIABLE = re.compile(r"(--[\w-]+)\s*:\s*([^;}]+)")
REMOTE = re.compile(r"^(?:https?:)?//")
LISTS = {"autosummary", "indextable"}  # lists that Sphinx lays out as tables
LOADED = [("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")]
# Of the theme: text, and what it stands on.
TEXTS = ["text-base", "text-muted", "heading", "link", "link-hover", "inline-code"]
GROUNDS = ["background", "on-background", "surface"]
CONTRAST = 4.5


@cache
def soup(page: Path) -> BeautifulSoup:
    """Return a page, parsed once."""
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


@cache
def places(page: Path) -> frozenset[str]:
    """Return the ids of a page."""
    found = soup(page).find_all(attrs={"id": True})
    return frozenset(tag["id"] for tag in found)


def name_of(tag: Tag) -> str:
    """Return what a screen reader calls an element."""
    pictures = [image.get("alt", "") for image in tag.find_all("img")]
    said = [tag.get(mark, "") for mark in ("aria-label", "title", "value")]
    return " ".join([tag.get_text(" "), *pictures, *said]).strip()


def frame(page: BeautifulSoup):
    """Yield what is wrong with the page as a whole, and its headings."""
    if not (page.html and page.html.get("lang")):
        yield "no language"
    if not (page.title and page.title.get_text(strip=True)):
        yield "no title"
    if not page.find("meta", attrs={"name": "viewport"}):
        yield "no viewport"
    for name, times in Counter(
        tag["id"] for tag in page.find_all(attrs={"id": True})
    ).items():
        if times > 1:
            yield f"the id {name} stands {times} times"
    article = page.find("article") or page
    levels = [int(tag.name[1]) for tag in article.find_all(re.compile("^h[1-6]$"))]
    if levels.count(1) != 1:
        yield f"{levels.count(1)} first headings"
    for above, below in zip(levels, levels[1:], strict=False):
        if below > above + 1:
            yield f"a heading of level {below} follows one of level {above}"


def names(page: BeautifulSoup):
    """Yield what a screen reader could not name."""
    for image in page.find_all("img"):
        if "alt" not in image.attrs:
            yield f"no alt: {image.get('src')}"
        elif re.search(r"\.(?:png|svg|jpe?g)$", image["alt"]):
            yield f"alt is a file name: {image['alt']}"
    for tag in page.find_all(["a", "button"]):
        if (tag.name == "button" or tag.get("href")) and not name_of(tag):
            yield f"no name: {str(tag)[:90]}"
    for field in page.find_all(["input", "select", "textarea"]):
        labelled = page.find("label", attrs={"for": field.get("id")})
        if not (name_of(field) or labelled or field.find_parent("label")):
            yield f"no name: {str(field)[:90]}"
    for table in page.find_all("table"):
        if table.find("th") or LISTS & set(table.get("class", [])):
            continue
        if not table.find_parent(
            class_="output_html"
        ):  # of an estimator in the gallery
            yield f"a table without headings: {table.get_text(' ', strip=True)[:50]}"
    for told in page.select(".system-message, .problematic"):
        yield f"Sphinx says: {told.get_text(' ', strip=True)[:90]}"


def links(path: Path, page: BeautifulSoup):
    """Yield links within the site that lead nowhere."""
    for link in page.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"no such page: {link['href']}"
        elif parts.fragment and target.suffix == ".html":
            place = unquote(parts.fragment)
            if place not in places(target):
                yield f"no such place: {link['href']}"


def references(path: Path, page: BeautifulSoup):
    """Yield names of the code on a page of ours that the API pages do not have."""
    if {path.name, path.parent.name} & (FROM_DOCSTRINGS | MADE_BY_SPHINX):
        return
    for name in page.select("code.xref"):
        if not name.find_parent("a"):
            yield f"no such name: {name.get_text()}"


def loaded(path: Path, page: BeautifulSoup):
    """Yield what a page would load from another machine, or does not find."""
    found = [
        tag[mark]
        for kind, mark in LOADED
        for tag in page.find_all(kind)
        if tag.get(mark)
    ]
    found += [
        tag["href"]
        for tag in page.find_all("link", href=True)
        if set(tag.get("rel", [])) & {"stylesheet", "icon", "preload", "modulepreload"}
    ]
    for address in found:
        if REMOTE.match(address):
            yield f"loads {address}"
        elif not address.startswith("data:"):
            file = path.parent / unquote(urlsplit(address).path)
            if not file.exists():
                yield f"loads a file that is not there: {address}"


def styles(top: Path):
    """Yield what the stylesheets would load from another machine."""
    for path in sorted((top / "_static").rglob("*.css")):
        for address in re.findall(r"url\(['\"]?([^'\")]+)", path.read_text("utf-8")):
            if REMOTE.match(address):
                yield f"{path.name} loads {address}"
    if not (top / "searchindex.js").exists():
        yield "no search index"


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG of ``#rgb`` or ``#rrggbb``."""
    digits = colour.lstrip("#")
    pairs = [d * 2 for d in digits] if len(digits) == 3 else re.findall("..", digits)
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(pair, 16) / 255 for pair in pairs[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio of contrast of two colours, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def colours(top: Path):
    """Yield pairs of colours of the theme and of code that are hard to read."""
    sheets = ("styles/pydata-sphinx-theme.css", "site.css")
    theme = "".join((top / "_static" / sheet).read_text("utf-8") for sheet in sheets)
    code = (top / "_static/pygments.css").read_text("utf-8")
    for mode in ("light", "dark"):
        marks = (f"data-theme={mode}", f'data-theme="{mode}"', ":root", "html{")
        known = dict(
            variable
            for selector, body in CSS.findall(theme)
            if any(mark in selector + "{" for mark in marks)
            for variable in VARIABLE.findall(body)
        )

        def colour(name: str, known: dict = known) -> str:
            value = known[f"--pst-color-{name}"].strip()
            inner = re.fullmatch(r"var\(--pst-color-([\w-]+)\)", value)
            return colour(inner[1]) if inner else value

        pairs = [(text, ground) for text in TEXTS for ground in GROUNDS]
        pairs += [("on-surface", "surface"), ("primary", "background")]
        for text, ground in pairs:
            ratio = contrast(colour(text), colour(ground))
            if ratio < CONTRAST:
                yield f"{mode}: {text} on {ground} has a contrast of {ratio:.2f}"
        for selector, body in CSS.findall(code):
            token = re.search(r"(?:^|[;\s])color: (#\w+)", body)
            own = re.search(r"background(?:-color)?: (#\w+)", body)
            if f'data-theme="{mode}"' not in selector or not token:
                continue
            ratio = contrast(token[1], own[1] if own else colour("surface"))
            if ratio < CONTRAST:
                yield f"{mode}: code {selector.split()[-1]} has {ratio:.2f}"


def main(folder: str) -> int:
    """Print what is wrong; return 1 if anything is."""
    top = Path(folder).resolve()
    pages = sorted(page for page in top.rglob("*.html") if "_static" not in page.parts)
    wrong = [f"site: {what}" for check in (styles, colours) for what in check(top)]
    for path in pages:
        page = soup(path)
        told = [*names(page), *links(path, page), *loaded(path, page)]
        told += references(path, page)
        if path.name not in MADE_BY_SPHINX:
            told += frame(page)
        wrong += [f"{path.relative_to(top)}: {what}" for what in told]
    told = "\n".join(wrong) or f"{len(pages)} pages: nothing to complain about"
    sys.stdout.write(told + "\n")
    return int(bool(wrong) or not pages)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
