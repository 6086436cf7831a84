"""What a person sees: tables and results on standard output, progress and notes on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Progress = Callable[[int, int | None], None]


def table(rows: Sequence[Sequence[str]]) -> None:
    """Columns, the first row being their titles."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def facts(pairs: dict[str, object]) -> None:
    """One fact a line, the values below each other."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        print(f"{name:{width}}  {value}")


def as_json(result: dict) -> None:
    """One object."""
    print(json.dumps(result, indent=2))


def note(line: str) -> None:
    """A step that was done."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def bar(label: str) -> Iterator[Progress]:
    """A progress bar where there is a terminal; the value is a function of (done, total or None)."""
    with bars([label]) as each:
        yield each[0]


@contextmanager
def bars(labels: Sequence[str]) -> Iterator[list[Progress]]:
    """One for each label, one below the other; they may be moved from several threads."""
    if not sys.stderr.isatty():
        yield [lambda done, total: None] * len(labels)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = [progress.add_task(label, total=None) for label in labels]
        yield [lambda done, total, task=task: progress.update(task, completed=done, total=total) for task in tasks]


@contextmanager
def clock() -> Iterator[Callable[[str, float], None]]:
    """A function of (line, share of the time that has passed): a bar with the line where there is a terminal, else a
    line each time."""
    if not sys.stderr.isatty():
        yield lambda line, share: note(line)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = BarColumn(bar_width=20), TaskProgressColumn(), TextColumn("{task.description}", markup=False)
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda line, share: progress.update(task, completed=share, description=line)


def kib(size: int) -> str:
    """Bytes for a person."""
    return f"{size / 1024:.0f} KiB"


def allowed(commercial: bool | None) -> str:
    """What a licence says of commercial use; None is unknown."""
    return "UNKNOWN" if commercial is None else "yes" if commercial else "NO"
