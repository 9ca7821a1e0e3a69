"""How Sphinx builds the pages. Nothing here needs the network."""

import os
import re
from importlib.metadata import version as installed_version

os.environ.setdefault("MPLBACKEND", "Agg")

project = "sknn-bio"
author = "the sknn-bio developers"
copyright = "2026, the sknn-bio developers"
release = version = installed_version("sknn-bio")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "matplotlib.sphinxext.plot_directive",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
default_role = "py:obj"

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say the types
numpydoc_show_class_members = False

plot_formats = [("png", 120)]
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

html_theme = "pydata_sphinx_theme"
html_title = "sknn-bio"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Pages without pages beneath them need no list of those.
html_sidebars = {"install": [], "guide/*": []}
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
}


FOREIGN = re.compile(r":(?:ref|term|doc):`([^<`]+?)(?: <[^>`]+>)?`")
FITTED = re.compile(r"\b([A-Za-z]\w*)_(?![\w`])")


def as_plain_text(app, what, name, obj, options, lines):
    """Mend what inherited docstrings take for granted.

    Labels of scikit-learn's user guide lose their link, and a fitted attribute named
    outside backticks (``classes_``) is no link to a target of that name.
    """
    for number, line in enumerate(lines):
        pieces = re.split("(`+[^`]*`+)", FOREIGN.sub(r"\1", line))
        if not line.lstrip().startswith((">>>", "...")):
            pieces[::2] = [FITTED.sub(r"\1\\_", piece) for piece in pieces[::2]]
        lines[number] = "".join(pieces)


def setup(app):
    app.connect("autodoc-process-docstring", as_plain_text)
