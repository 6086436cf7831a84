"""Build the documentation as a website: python scripts/site/build.py OUT [SPEAKING_PAGE]

`make docs` runs this script. Sphinx's warnings are errors. Every link target, and every file that a page loads, must
exist in the site, so that it can be read and searched offline, even from a disk. The front page embeds the speaking
page.
"""

import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ticktalk.system import signals

HERE = Path(__file__).resolve().parent
LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("link", "href"), ("source", "src")}
LINKS = {("a", "href"), *LOADS}
LOADED_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload"}  # any other <link> only refers to a page


class Page(HTMLParser):
    """The anchors and links of a page, and the addresses that a browser loads to show the page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.anchors.add(str(values["id"]))
        for name, value in attrs:
            if value and (tag, name) in LINKS:
                self.links.append(value)
            if value and (tag, name) in LOADS and (tag != "link" or values.get("rel") in LOADED_RELATIONS):
                self.loads.append(value)


def faults(site: Path) -> Iterator[str]:
    """Yield an error for each broken link of a site, and for each file that a page would load from the network."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "speak.html"}
    for path, page in pages.items():
        shown = path.relative_to(site)
        yield from (f"{shown}: loads {url}" for url in page.loads if urlsplit(url).netloc)
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.is_file():
                yield f"{shown}: {link} does not exist"
            elif url.fragment and target in pages and unquote(url.fragment) not in pages[target].anchors:
                yield f"{shown}: {link} has no such section"
    for style in sorted(site.rglob("*.css")):
        text = style.read_text(encoding="utf-8")
        if "url(http" in text or 'url("http' in text or '@import "http' in text or "@import url(" in text:
            yield f"{style.relative_to(site)}: loads from a network"


def build(out: Path, speaking: Path | None = None) -> list[str]:
    """Build the site from the working tree, and return the errors in it."""
    from sphinx.cmd.build import build_main

    doctrees = out.with_name(f"{out.name}.doctrees")
    for old in (out, doctrees):
        shutil.rmtree(old, ignore_errors=True)
    front = [] if speaking is None else ["-D", f"html_extra_path={speaking.resolve()}"]
    root = HERE.parents[1]
    code = build_main(["-q", "-W", "--keep-going", "-c", str(HERE), "-d", str(doctrees), *front, str(root), str(out)])
    return ["Sphinx warns (see above)"] if code else list(faults(out.resolve()))


def main(arguments: list[str]) -> int:
    out, *speaking = map(Path, arguments)
    wrong = build(out, *speaking)
    print("\n".join(f"error: {fault}" for fault in wrong) or f"open {out / 'index.html'}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(signals.run(lambda: main(sys.argv[1:])))
