"""Check that every relative link in a page points to an existing file and section."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#+)?$", re.MULTILINE)
NOT_OURS = {"build", ".venv", ".git", ".pytest_cache", "shared", "node_modules"}


def pages() -> list[Path]:
    return [path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page as GitHub generates them from its headings.

    GitHub converts headings to lower case, replaces spaces with hyphens, removes punctuation and numbers duplicates.
    """
    found: set[str] = set()
    seen: Counter[str] = Counter()
    for heading in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found


def broken(page: Path, text: str) -> list[str]:
    """Return the broken relative links in `text`, resolved from `page`."""
    return [link for link in LINK.findall(CODE.sub("", text)) if "://" not in link and not _leads(page, text, link)]


def _leads(page: Path, text: str, link: str) -> bool:
    name, _, section = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists():
        return False
    if not section or target.suffix != ".md":
        return True
    return section in anchors(target.read_text(encoding="utf-8") if name else text)


def test_every_relative_link_leads_to_a_section_of_a_file():
    found = {str(page.relative_to(ROOT)): broken(page, page.read_text(encoding="utf-8")) for page in pages()}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/index.md"} <= set(found) and len(found) > 20
    assert {page: links for page, links in found.items() if links} == {}


def test_a_link_to_a_file_that_is_not_there_is_found():
    assert broken(ROOT / "README.md", "[a](docs/index.md) [b](docs/none.md) [c](https://x.y/z) `[d](no)`") == [
        "docs/none.md"
    ]


def test_a_link_to_a_section_that_is_not_there_is_found():
    text = "# The `rate` of [it](x.md)!\n\n## Twice\n\n## Twice\n\n```\n# code\n```\n"
    assert anchors(text) == {"the-rate-of-it", "twice", "twice-1"}
    links = "[a](#the-rate-of-it) [b](#twice-1) [c](#code) [d](CONTRIBUTING.md#style) [e](CONTRIBUTING.md#fashion)"
    assert broken(ROOT / "README.md", links + "\n" + text.replace("(x.md)", "(LICENSE)")) == [
        "#code",
        "CONTRIBUTING.md#fashion",
    ]
