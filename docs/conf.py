"""Settings of the documentation for Sphinx: `make docs`. Pages of functions are made by tools/site_pages.py.

Run from the top of the project, where `tools` is found. No text of the documentation belongs here.
"""

import re
from pathlib import Path

import fastact
from tools import site_pages

project = "fastact"
author = project_copyright = "the authors of fastact"
release = version = fastact.__version__
html_title = f"fastact {release}"

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.doctest"]
exclude_patterns = ["templates"]
# A name in single backticks is a link where it is something of fastact, else a parameter.
default_role = "autolink"
autosummary_generate = False
# Two hyphens are an option of a command here.
smartquotes = False
# Types stand in the docstrings.
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# Every docstring is checked: parameters by name and order, a description of each, what is returned, the summary. Not
# the type of each parameter (PR04), for that of a ufunc's keywords is NumPy's matter.
numpydoc_validation_checks = {"PR01", "PR02", "PR03", "PR07", "PR10", "RT01", "RT03", "SS01", "SS03", "SS05", "GL03"}
# What it is made of is documented as its attributes.
numpydoc_validation_exclude = {r"\.Activation$"}
myst_heading_anchors = 4
doctest_global_setup = "import numpy as np, fastact as fa"

# A part of the page on reliability begins as a section.
suppress_warnings = ["myst.header"]
nitpicky = True
# No inventory is fetched, so that the site is built without a network: NumPy's and Python's names are plain text.
nitpick_ignore_regex = [(r"py:.*", r"(numpy|np|contextvars|scipy)(\..*)?")]
# No request leaves the machine while the site is built; `make docs-links` is what asks for the pages of others.
linkcheck_timeout = 20
linkcheck_anchors = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
pygments_style = "friendly"
pygments_dark_style = "github-dark"


def references_are_no_lists(app, what, name, thing, options, lines):
    """Escape the full stop after an author's initial, with which an item of a list would begin too."""
    lines[:] = [re.sub(r"^(\s*\.\. \[\d+\] [A-Z])\.", r"\1\\.", line) for line in lines]


def examples_end_with_their_block(app, name, source):
    """Take away the empty line before the end of an example, without which `python -m doctest` would read on."""
    source[0] = re.sub(r"\n\n```$", "\n```", source[0], flags=re.M)


def setup(app):
    """Have the pages of functions written before Sphinx looks for its sources; mend what it reads."""
    app.connect("builder-inited", lambda app: site_pages.write(Path(app.srcdir) / "functions"))
    app.connect("autodoc-process-docstring", references_are_no_lists, priority=100)  # before numpydoc
    app.connect("source-read", examples_end_with_their_block)
