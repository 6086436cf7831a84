"""Every relative link in a page leads to a file that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
NOT_OURS = {"build", ".venv", ".git", "shared", "node_modules"}


def pages() -> list[Path]:
    return [path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts)]


def broken(page: Path, text: str) -> list[str]:
    """The relative links of `text` that lead nowhere, seen from `page`."""
    targets = [link.split("#")[0] for link in LINK.findall(CODE.sub("", text))]
    return [target for target in targets if target and "://" not in target and not (page.parent / target).exists()]


def test_every_relative_link_leads_to_a_file():
    found = {str(page.relative_to(ROOT)): broken(page, page.read_text(encoding="utf-8")) for page in pages()}
    assert len(found) > 20
    assert {page: links for page, links in found.items() if links} == {}


def test_a_link_to_a_file_that_is_not_there_is_found():
    assert broken(ROOT / "README.md", "[a](docs/index.md#x) [b](docs/none.md) [c](https://x.y/z) `[d](no)`") == [
        "docs/none.md"
    ]
