"""Test the website of `make docs`: built with warnings as errors, and searched in Chromium from the disk."""

import re
import shutil
import subprocess
import sys

import pytest

from scripts.site.build import faults
from tests.support.browser import PROGRAM, Browser
from tests.support.paths import ROOT

pytest.importorskip("sphinx")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    (folder / "speak.html").write_text("<title>it speaks</title>")
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "site" / "build.py", folder / "site", folder / "speak.html"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def test_it_has_every_page_of_the_docs(site):
    pages = {path.relative_to(ROOT).with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages == {path.relative_to(site) for path in (site / "docs").rglob("*.html")}


def test_its_front_is_the_speaking_page_and_leads_to_the_docs(site):
    front = (site / "index.html").read_text()
    assert '<iframe src="speak.html"' in front and "docs/tutorial.html" in front
    assert "it speaks" in (site / "speak.html").read_text()


@pytest.mark.skipif(not shutil.which(PROGRAM), reason=f"needs {PROGRAM}")
def test_its_search_works_from_the_disk_without_a_network(site):
    with Browser() as browser:
        page = browser.open(f"{(site / 'search.html').as_uri()}?q=high-water")
        page.wait("document.querySelectorAll('#search-results li a').length > 0")
        found = page.run("[...document.querySelectorAll('#search-results li a')].map(each => each.href)")
        assert any(link.startswith((site / "docs/reference/bench.html").as_uri()) for link in found)
        front = browser.open((site / "index.html").as_uri())
        for each in (page, front):
            assert [url for url in each.requests() if not url.startswith("file:")] == []
            assert each.problems() == []


def test_broken_links_and_what_comes_from_a_network_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="here"></h1><a href="#here"></a><a href="#there"></a><a href="b.html"></a><a href="https://x.y/"></a>'
        '<script src="https://x.y/z.js"></script><link rel="next" href="https://x.y/"><img src="none.png">'
    )
    (tmp_path / "a.css").write_text("body { background: url(https://x.y/z.png) }")
    assert [re.sub(r"\.html: ", " ", fault) for fault in faults(tmp_path)] == [
        "a loads https://x.y/z.js",
        "a #there has no such section",
        "a b.html does not exist",
        "a none.png does not exist",
        "a.css: loads from a network",
    ]
