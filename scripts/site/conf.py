"""Sphinx settings for the website of the documentation. `make docs` builds the website.

The pages remain plain Markdown, which GitHub can display. The navigation is derived from the lists in docs/index.md.
"""

import re
from pathlib import Path
from typing import Any

import ticktalk

ROOT = Path(__file__).resolve().parents[2]
INDEX = "docs/index"

project = "ticktalk"
copyright = "the authors of ticktalk; Apache-2.0"
version = release = ticktalk.__version__

extensions = ["myst_parser"]
root_doc = INDEX
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md"]
exclude_patterns = ["build", "dist", ".*", "tests"]
myst_heading_anchors = 6
suppress_warnings = ["myst.header"]  # the changelog has repeated headings

html_theme = "furo"
html_title = "ticktalk"
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_show_search_summary = False  # a browser cannot load the texts of other pages from a disk
html_additional_pages = {"index": "page.html"}

FRONT = """
<h1>ticktalk</h1>
<p>Text to speech as int8 firmware for a smartwatch. Below, the firmware's C code runs in your browser and speaks the
text that you type. To make your own, see the <a class="reference internal" href="docs/tutorial.html">tutorial</a>, the
<a class="reference internal" href="README.html">README</a>, and
<a class="reference internal" href="docs/index.html">all documentation</a>.</p>
"""
SPEAKING = """
<iframe src="speak.html" title="The voice of the firmware" allow="autoplay"
 style="border: 0; width: 100%; height: 85vh"></iframe>
<p><a class="reference external" href="speak.html">Open this page on its own</a>.</p>
"""
BACK = '<p><a class="reference internal" href="../index.html">Hear the firmware in your browser</a></p>'


def navigation(index: str) -> str:
    """Return the navigation as hidden tables of contents, one for each section of the index."""
    _, *sections = re.split(r"^## (.*)\n", index, flags=re.MULTILINE)
    tables = ["```{toctree}\n:hidden:\n\nREADME </README>\ntutorial\n/CONTRIBUTING\n/CHANGELOG\n```\n"]
    for caption, text in zip(sections[::2], sections[1::2]):
        pages = dict.fromkeys(re.findall(r"\]\(([^)#]+)\.md\)", text))
        tables.append("```{{toctree}}\n:hidden:\n:caption: {}\n\n{}\n```\n".format(caption, "\n".join(pages)))
    return "\n".join(tables)


def add_navigation(app: Any, name: str, source: list[str]) -> None:
    """Append the navigation to the index when Sphinx reads it."""
    if name == INDEX:
        source[0] += "\n" + navigation(source[0])


def add_front(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Fill the front page, and add a link to it to the index."""
    if name == "index":
        spoken = SPEAKING if app.config.html_extra_path else ""
        context.update(title="Hear the firmware", body=FRONT + spoken)
    elif name == INDEX:
        context["body"] = BACK + context["body"]


def setup(app: Any) -> None:
    app.connect("source-read", add_navigation)
    app.connect("html-page-context", add_front)
