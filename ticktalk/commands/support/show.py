"""Output for the user: tables and results on standard output, progress and notes on standard error."""

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.system import verbosity
from ticktalk.system.errors import visible
from ticktalk.system.files import is_stdout

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[int, int | None], None]
EVERY = 10.0  # seconds between progress lines where no bar can be drawn
NARROW = 10  # minimum width in characters of a column with several words, if the terminal has room for it


def table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns. The first row holds the titles.

    On a terminal, the widest columns are wrapped until each row fits. Otherwise, each row is one line.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if sys.stdout.isatty():
        _fit(widths, rows, shutil.get_terminal_size().columns)
    for row in rows:
        wrapped = [textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(row, widths)]
        for line in zip_longest(*wrapped, fillvalue="") if any(wrapped) else [()]:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _fit(widths: list[int], rows: Sequence[Sequence[str]], room: int) -> None:
    """Narrow the columns, widest first, until a row fits in `room` characters or a word would not fit in its column."""
    words = [max(len(word) for row in rows for word in row[column].split() or [""]) for column in range(len(widths))]
    for narrow in (NARROW, 0):
        least = [max(min(narrow, width), word) for width, word in zip(widths, words)]
        while sum(widths) + 2 * (len(widths) - 1) > room:
            column = max(range(len(widths)), key=lambda column: (widths[column] - least[column] > 0) * widths[column])
            if widths[column] <= least[column]:
                break
            widths[column] -= 1


def facts(pairs: dict[str, object]) -> None:
    """Print one fact per line with aligned values, wrapped on a terminal."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        print(_wrapped(f"{name:{width}}  {value}", " " * (width + 2)))


def paragraph(text: str) -> None:
    """Print sentences below a table, separated by an empty line."""
    print("\n" + _wrapped(text, ""))


def _wrapped(text: str, indent: str) -> str:
    if not sys.stdout.isatty():
        return text
    columns = max(shutil.get_terminal_size().columns, 2 * len(indent) + NARROW)
    lines = textwrap.wrap(text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def console_of_width(width: int) -> "Console":
    """Return a console for tables of standard output, `width` characters wide unless it is a terminal.

    Text is printed as it is: names and sentences may look like the markup, emoji names or numbers of rich.
    """
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else width, markup=False, emoji=False, highlight=False)


def as_json(result: dict) -> None:
    """Print an object as JSON."""
    print(json.dumps(result, indent=2))


def note(line: str) -> None:
    """Print a progress message, unless --quiet is set."""
    if not verbosity.quiet:
        print(visible(line), file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """Print a warning, even with --quiet, about something that is omitted, is not allowed or costs money."""
    print(visible(line), file=sys.stderr, flush=True)


@contextmanager
def beside(out: Path | None) -> Iterator[None]:
    """If the file `out` is standard output, print to standard error within the block."""
    if out is None or not is_stdout(out):
        yield
        return
    with redirect_stdout(sys.stderr):
        yield


@contextmanager
def bar(label: str) -> Iterator[Progress]:
    """Show a progress bar on a terminal, or otherwise print occasional lines.

    Yields a function of (done, total or None).
    """
    with bars([label]) as each:
        yield each[0]


@contextmanager
def bars(labels: Sequence[str]) -> Iterator[list[Progress]]:
    """Show one progress bar per label. The yielded functions may be called from several threads."""
    if verbosity.quiet or not sys.stderr.isatty():
        yield [_lines(label) for label in labels]
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = [progress.add_task(label, total=None) for label in labels]

        def mover(task: TaskID) -> Callable[[int, int | None], None]:
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield [mover(task) for task in tasks]


def _lines(label: str) -> Progress:
    """Return a function that prints an occasional progress line, for a log or a pipe."""
    told = time.monotonic()

    def progress(done: int, total: int | None) -> None:
        nonlocal told
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            note(f"{label}: {done}" + (f" of {total}" if total else ""))

    return progress


@contextmanager
def clock() -> Iterator[Callable[[str, float], None]]:
    """Yield a function of (line, fraction of the time that has elapsed).

    On a terminal, the function updates a bar with the line. Otherwise, it prints the line.
    """
    if verbosity.quiet or not sys.stderr.isatty():
        yield lambda line, share: note(line)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda line, share: progress.update(task, completed=share, description=line)


def kib(size: int) -> str:
    """Format bytes as KiB."""
    return f"{size / 1024:.0f} KiB"


def allowed(commercial: bool | None) -> str:
    """Return whether a licence allows commercial use. None means unknown."""
    return "UNKNOWN" if commercial is None else "yes" if commercial else "NO"
