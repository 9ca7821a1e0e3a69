"""The page: whole, self-contained, escaped, and legible without eyes."""

import copy
import re
from html.parser import HTMLParser
from importlib import resources

import pytest

from sknn_bio.model_selection._alarm import Alarm
from sknn_bio.reporting import _page as page
from sknn_bio.reporting import write_report

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Parsed(HTMLParser):
    """Elements of a page with their attributes, texts and ancestors."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), tuple(self._open)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "style" not in self._open:
            self.texts.append(data)

    def all(self, tag):
        return [found for found in self.elements if found[0] == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(
    scope="session", params=["binary", "multiclass", "regression", "hostile"]
)
def rendered(request):
    comparison = request.getfixturevalue(request.param)
    return comparison, page.render(comparison)


def test_nothing_is_fetched(rendered):
    _, text = rendered
    parsed = Parsed(text)
    targets = [
        attributes[name]
        for _, attributes, _ in parsed.elements
        for name in ("src", "href", "xlink:href", "srcset", "action", "data")
        if name in attributes
    ]
    targets += re.findall(r"url\(([^)]*)\)", text)
    assert targets and all(t.startswith(("#", "data:")) for t in targets)
    assert "@import" not in text
    (policy,) = [a for _, a, _ in parsed.all("meta") if "http-equiv" in a]
    assert policy["content"].startswith("default-src 'none'")


def test_it_runs_nothing(rendered):
    parsed = Parsed(rendered[1])
    tags = {tag for tag, _, _ in parsed.elements}
    assert [inside for _, _, inside in parsed.all("style")] == [("html", "head")]
    assert not tags & {"script", "iframe", "object", "embed", "form", "img"}
    for _, attributes, _ in parsed.elements:
        assert not any(name.startswith("on") for name in attributes)


def test_it_can_be_read_without_eyes(rendered):
    parsed = Parsed(rendered[1])
    levels = [int(tag[1]) for tag, _, _ in parsed.elements if re.match(r"h\d$", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    ids = [a["id"] for _, a, _ in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))
    drawings = parsed.all("svg")
    assert drawings
    for _, attributes, inside in drawings:
        assert attributes["role"] == "img" and "figure" in inside
        assert set(attributes["aria-labelledby"].split()) <= set(ids)
    assert len(parsed.all("caption")) == len(parsed.all("table")) > 3
    assert {a.get("scope") for _, a, _ in parsed.all("th")} == {"col", "row"}
    for _, _, inside in parsed.all("table"):
        assert "div" in inside  # scrolls in a box of its own
    references = [
        name
        for _, attributes, _ in parsed.elements
        for name in attributes.get("aria-labelledby", "").split()
    ]
    anchors = [a["href"][1:] for _, a, _ in parsed.all("a") + parsed.all("use")]
    assert set(references + anchors) <= set(ids)
    (html,) = parsed.all("html")
    assert html[1]["lang"] == "en"


def test_it_follows_light_and_dark(rendered):
    _, text = rendered
    assert "prefers-color-scheme: dark" in text and "@media print" in text
    defined = set(re.findall(r"(--\w[\w-]*):", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= defined
    for style in re.findall(r'style="([^"]*)"', text):
        assert "#" not in style.replace("url(#", ""), style


def test_a_page_says_what_was_found(binary):
    text = Parsed(page.render(binary)).text
    assert binary.verdict() in text
    for line in binary.call.splitlines():
        assert line.strip() in text
    for package, version in binary.versions.items():
        assert f"{package} {version}" in text
    row = binary.summary().loc["bayes"]
    assert f"bayes {row['roc_auc']:.3f} (" in text.replace("\xa0", " ")
    for verdict in binary.differences()["verdict"]:
        assert verdict in text
    for title in (
        "ROC curves",
        "Precision-recall curves",
        "Reliability",
        "Decision curves",
        "Time against score",
        "Learning curves",
        "Confusion matrices",
        "Subgroups",
    ):
        assert title in text
    assert "None. These checks found nothing" in text
    assert "120 rows × 4 features · positive class ill · 6 folds" in text


def test_classes_and_values_have_their_own_figures(multiclass, regression):
    text = Parsed(page.render(multiclass)).text
    assert "ROC curves, C against the rest" in text and "called A" in text
    assert "Decision curves" not in text
    text = Parsed(page.render(regression)).text
    assert "ridge: truth and prediction" in text and "ROC" not in text


def test_names_of_any_kind_are_text(hostile):
    script, braces = hostile.classes
    text = page.render(hostile)
    assert script not in text and "<img" not in text
    parsed = Parsed(text)
    assert script in parsed.text and braces in parsed.text and "49" not in text[:2_000]
    assert "_x $\\frac{$" in parsed.text
    assert "cannot fit" in parsed.text  # among the failures


def test_alarms_come_with_their_reference(binary):
    doubtful = copy.copy(binary)
    doubtful.alarms = [
        Alarm("duplicates", "error", "Seven & more.", {"rows": [1, "<b>"]}, "A paper."),
        Alarm("cohort_shift", "warning", "They differ.", {}, "Another."),
    ]
    parsed = Parsed(page.render(doubtful))
    assert "2 alarms : the scores cannot be believed as they stand." in parsed.text
    assert (
        "Copies of a row on both sides of a fold Seven & more. A paper." in parsed.text
    )
    assert '"<b>"' in parsed.text and parsed.all("b") == []
    doubtful.alarms = doubtful.alarms[1:]
    assert "1 alarm to know before believing it." in Parsed(page.render(doubtful)).text


def test_a_page_is_written_whole_and_replaces_nothing(binary, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    assert write_report(binary, path) == path
    first = path.read_bytes()
    assert first.startswith(b"<!DOCTYPE html>") and first.rstrip().endswith(b"</html>")
    with pytest.raises(FileExistsError, match=r"force=True.*report\.html"):
        write_report(binary, path)
    assert binary.to_html(path, force=True) == path
    assert path.read_bytes() == first  # the same comparison, the same page

    def fails(*args):
        raise RuntimeError("no space")

    monkeypatch.setattr("os.replace", fails)
    with pytest.raises(RuntimeError, match="no space"):
        write_report(binary, path, force=True)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(binary, tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        write_report(binary, tmp_path / "absent" / "report.html")


def test_the_template_is_installed():
    folder = resources.files("sknn_bio.reporting") / "templates"
    assert {"compare.css", "compare.html.j2"} <= {f.name for f in folder.iterdir()}
