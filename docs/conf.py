"""How Sphinx builds the pages. Nothing here needs the network."""

import os
import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the benchmarks' directive
os.environ.setdefault("MPLBACKEND", "Agg")

project = "sknn-bio"
author = "the sknn-bio developers"
copyright = "2026, the sknn-bio developers"
release = version = installed_version("sknn-bio")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "benchmark_tables",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
source_suffix = {".rst": "restructuredtext"}  # Markdown is included, never a page
default_role = "py:obj"

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say the types
numpydoc_show_class_members = False

copybutton_prompt_text = ">>> |\\.\\.\\. "
copybutton_prompt_is_regexp = True

plot_formats = [("png", 160)]
plot_html_show_formats = False
plot_html_show_source_link = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
}

LOGO = "_static/logo.svg"
html_theme = "pydata_sphinx_theme"
html_title = "sknn-bio"
linkcheck_ignore = [r"^benchmarks\.html#"]  # our own; check_pages.py follows them
html_show_sourcelink = False
html_static_path = ["_static"]
html_favicon = LOGO
html_css_files = ["site.css"]
# Pages without pages beneath them need no list of those.
html_sidebars = {"index": [], "how_it_works": [], "benchmarks": []}
html_theme_options = {
    "logo": {"image_light": LOGO, "image_dark": LOGO, "text": project, "alt_text": ""},
    "header_links_before_dropdown": 8,
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


FOREIGN = re.compile(r":(?:ref|term|doc):`([^<`]+?)(?: <[^>`]+>)?`")
FORMULA = re.compile(r":math:`([^`]+)`")
FITTED = re.compile(r"\b([A-Za-z]\w*)_(?![\w`])")


def as_plain_text(app, what, name, obj, options, lines):
    """Mend what inherited docstrings take for granted.

    Labels of scikit-learn's user guide lose their link, a formula stands as it is (its
    typesetting would be loaded from the web), and a fitted attribute named outside
    backticks (``classes_``) is no link to a target of that name.
    """
    for number, line in enumerate(lines):
        plain = FORMULA.sub(r"``\1``", FOREIGN.sub(r"\1", line))
        pieces = re.split("(`+[^`]*`+)", plain)
        if not line.lstrip().startswith((">>>", "...")):
            pieces[::2] = [FITTED.sub(r"\1\\_", piece) for piece in pieces[::2]]
        lines[number] = "".join(pieces)


def setup(app):
    app.connect("autodoc-process-docstring", as_plain_text)
