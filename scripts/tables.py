"""`make tables`: writes what docs/ repeats from the code. `--check` changes nothing, and fails where a page differs.

docs/reference/commands.md is written whole; other pages keep a table between two marks:

    <!-- table: exit codes -->
    <!-- end of table -->
"""

import re
import sys
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import typer

from ticktalk import cli
from ticktalk.boards.board import all_boards
from ticktalk.system import signals
from ticktalk.system.errors import TicktalkError
from ticktalk.system.last_words import BROKEN_PIPE, INTERNAL, TRACEBACK, USAGE

DOCS = Path(__file__).parent.parent / "docs"
ERRORS = ("boards.errors", "boards.virtual.faults", "converter.errors", "firmware_gen.errors", "runtime_sim.errors")
CHECK = "--check"
# What no error class says: code -> meaning, raised as.
CODES = {
    0: ("done", ""),
    1: ("`verify` found a difference", ""),
    USAGE: ("usage", "typer"),
    INTERNAL: (f"an error that nobody expected; `{TRACEBACK}=1` shows where", "`ticktalk.entry`"),
    128: (
        f"128 + n: signal n came: Ctrl-C (130), SIGTERM (143), SIGHUP (129); {BROKEN_PIPE} where the reader of a pipe "
        "has left",
        "",
    ),
}


def main(arguments: list[str]) -> int:
    check, differ = arguments == [CHECK], []
    for name, text in pages().items():
        page = DOCS / name
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            differ.append(name)
            if not check:
                page.write_text(text, encoding="utf-8")
    for name in differ:
        print(f"docs/{name}: {'differs from the code: run make tables' if check else 'written'}")
    return int(check and bool(differ))


def pages() -> dict[str, str]:
    """Page below docs/ -> its whole text, as the code has it."""
    return {
        "reference/commands.md": commands(),
        "reference/exit-codes.md": with_table("reference/exit-codes.md", "exit codes", exit_codes()),
        "reference/board-files.md": with_table("reference/board-files.md", "boards", boards()),
    }


def with_table(page: str, name: str, table: str) -> str:
    """The page with the table between its marks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    begin, end = f"<!-- table: {name} -->\n", "<!-- end of table -->\n"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"docs/{page}: there are no marks for the table '{name}'")
    return before + begin + table + end + after


def in_rows(head: str, rows: list[list[str]]) -> str:
    """A Markdown table. `head` is `one | two`."""
    titles = head.split(" | ")
    lines = [titles, ["---"] * len(titles), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|\n" for line in lines).replace(
        " --- ", "---"
    )


def exit_codes() -> str:
    """The codes of all error classes of the rooms, with the first sentence of their docstrings."""
    for name in ERRORS:
        import_module(f"ticktalk.{name}")
    meanings = {code: [meaning] for code, (meaning, _) in CODES.items()}
    raised = {code: [by] if by else [] for code, (_, by) in CODES.items()}
    for error in sorted(descendants(TicktalkError), key=lambda error: (error.__name__, error.__module__)):
        # What a room raises, not its base, and not another name for the code of its parent.
        if error.__module__.removeprefix("ticktalk.") not in ERRORS:
            continue
        if "exit_code" not in vars(error) or (error.__base__ is TicktalkError and error.__subclasses__()):
            continue
        name = f"`{error.__module__}.{error.__name__}`"
        meaning = (error.__doc__ or "").splitlines()[0].split(". ")[0].rstrip(".")
        meaning = meaning[0].lower() + meaning[1:]
        raised.setdefault(error.exit_code, []).append(name)
        if meaning not in meanings.setdefault(error.exit_code, []):
            meanings[error.exit_code].append(meaning)
    rows = [[str(code), "; ".join(meanings[code]), ", ".join(raised[code])] for code in sorted(meanings)]
    return in_rows("code | meaning | raised as", rows).replace("| 128 | 128 + n: ", "| 128 + n | ")


def descendants(base: type) -> set[Any]:
    return {base_or_below for below in base.__subclasses__() for base_or_below in (below, *descendants(below))}


def boards() -> str:
    """The boards that come with ticktalk, and what has tried the facts in their files."""
    rows = [
        [
            f"`{board.name}`",
            board.title,
            f"{board.core.removeprefix('cortex-').upper()} {board.clock_hz / 1e6:.0f} MHz",
            f"{board.slot_size >> 10}",
            f"{board.ram.size >> 10}",
            board.protocol,
            board.provenance.checked,
        ]
        for board in all_boards()
    ]
    return in_rows("board | title | core | slot, KiB | RAM, KiB | protocol | checked against", rows)


def commands() -> str:
    """All commands with their arguments and options, from their declarations."""
    front: Any = typer.main.get_command(cli.app)
    parts = ["# Commands\n\nWritten by `make tables` from `ticktalk/commands/`.\n"]
    for name in cli.COMMANDS:
        command = front.get_command(None, name)
        parts.append(f"\n## {name}\n\n{cleandoc(command.help)}\n\n")
        rows = [[shown(param), meaning(param)] for param in command.params]
        parts.append(in_rows("argument or option | meaning", rows))
        parts.append(f"\n    {command.epilog.removeprefix('Example: ')}\n")
    return "".join(parts)


def shown(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{param.name.upper()}`"
    names = ", ".join(sorted([*param.opts, *param.secondary_opts], key=len))
    return f"`{names}`" if param.is_flag else f"`{names} {param.name.upper()}`"


def meaning(param: Any) -> str:
    words = re.sub(r"\s+", " ", param.help or "")
    if param.required:
        return f"{words} Required."
    if param.default is None or param.default is False or callable(param.default):
        return words
    return f"{words} Default: `{param.default}`."


if __name__ == "__main__":
    sys.exit(signals.run(lambda: main(sys.argv[1:])))
