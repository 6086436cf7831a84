"""Split Markdown pages into prose and code blocks."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

NOT_OURS = {"build", ".venv", ".git", ".pytest_cache", "shared", "node_modules"}
_NOT_RUN = re.compile(r"<!-- not run: (?P<why>[^>]+?) -->")


@dataclass(frozen=True)
class Block:
    """A fenced code block of a page.

    `line` is the line number of the opening fence, counted from 1. `not_run` is the reason why no test runs the block,
    or "".
    """

    page: str
    line: int
    language: str
    text: str
    not_run: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def paths() -> list[Path]:
    """Return the path of every Markdown page in the repository."""
    return sorted(path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))


def name(path: Path) -> str:
    """Return the page's path relative to the repository."""
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path) -> list[Block]:
    """Return the fenced code blocks of a page. A fence may be indented, as in a list."""
    found, opened, indent, why, body = [], None, "", "", []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = re.match(r"( *)```(\w*)\s*$", line)
        if opened is None and fence:
            opened, indent, body = (number, fence.group(2)), fence.group(1), []
        elif fence and opened is not None:
            found.append(Block(name(path), *opened, "\n".join(body) + "\n", why))
            opened, why = None, ""
        elif opened is not None:
            body.append(line.removeprefix(indent))
        elif marker := _NOT_RUN.search(line):
            why = marker.group("why")
        elif line.strip():
            why = ""
    assert opened is None, f"{name(path)}: the block that begins in line {opened} is not closed"
    return found


def prose(path: Path) -> list[tuple[int, str]]:
    """Return (line number, text) for each line outside the code blocks."""
    lines, inside = [], False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if re.match(r" *```", line):
            inside = not inside
        elif not inside:
            lines.append((number, line))
    return lines
