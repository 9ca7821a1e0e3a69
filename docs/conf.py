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
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build"]
default_role = "py:obj"

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say the types
numpydoc_show_class_members = False

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
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
}


FOREIGN = re.compile(r":(?:ref|term|doc):`([^<`]+?)(?: <[^>`]+>)?`")


def without_foreign_labels(app, what, name, obj, options, lines):
    """Unlink labels that inherited docstrings take from scikit-learn's user guide."""
    lines[:] = [FOREIGN.sub(r"\1", line) for line in lines]


def setup(app):
    app.connect("autodoc-process-docstring", without_foreign_labels)
