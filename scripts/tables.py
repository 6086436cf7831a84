"""Update the generated parts of docs/. Called by `make tables`. With `--check`, write nothing, and fail if a page is
out of date.

A generated part is enclosed in two markers, where NAME is one of TABLES:

    <!-- table: NAME -->
    <!-- end of table -->

In some generated parts, the last column or the meaning of a key is written by hand. Such text is preserved for each row
or key.
"""

import inspect
import re
import sys
import typing
from collections import Counter
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

import ticktalk
from ticktalk import cli
from ticktalk.boards.board import Board, all_boards
from ticktalk.boards.protocols import NONE, PROTOCOLS
from ticktalk.flashing import UNPROVEN
from ticktalk.runtime_sim import ops
from ticktalk.runtime_sim.graphs import constants, variables
from ticktalk.system import signals
from ticktalk.system.errors import TicktalkError
from ticktalk.system.last_words import BROKEN_PIPE, INTERNAL, TRACEBACK, USAGE

DOCS = Path(__file__).parent.parent / "docs"
ERRORS = ("boards.errors", "boards.virtual.faults", "converter.errors", "firmware_gen.errors", "runtime_sim.errors")
CHECK = "--check"
OF_EVERY_COMMAND = {"json", "quiet", "verbose", "help"}  # options that are described once for all commands
# Exit codes without an error class, each with its meaning and cause.
CODES = {
    0: ("done", ""),
    1: ("`verify`, `bench` or `demo` found a difference", ""),
    USAGE: ("usage", "typer"),
    UNPROVEN: (
        "`flash` sent, verified and started the image, but nothing can report which image is running",
        "`ticktalk.flashing`",
    ),
    INTERNAL: (f"an unexpected error, which is a bug; set `{TRACEBACK}=1` to see the traceback", "`ticktalk.entry`"),
    128: (
        f"128 + n: signal n was received: Ctrl-C (130), SIGTERM (143), SIGHUP (129); {BROKEN_PIPE} if the reader of a "
        "pipe exits",
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
    """Return each page that has a generated table, with its tables updated. Keys are paths relative to docs/."""
    found = {}
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if TABLE.search(text):
            found[path.relative_to(DOCS).as_posix()] = TABLE.sub(_written, text)
    return found


def _written(found: re.Match[str]) -> str:
    return found["begin"] + TABLES[found["name"]](found["now"]) + found["end"]


def by_hand(now: str) -> dict[str, str]:
    """Return the meaning of each list item, by name."""
    return dict(re.findall(r"^- (`[^`]+`)[^:]*(?:: (.*))?$", now, re.MULTILINE))


def exit_codes(now: str) -> str:
    """Return the exit codes of all error classes, with the first sentences of their docstrings."""
    for name in ERRORS:
        import_module(f"ticktalk.{name}")
    meanings = {code: [meaning] for code, (meaning, _) in CODES.items()}
    raised = {code: [by] if by else [] for code, (_, by) in CODES.items()}
    # Include only classes that the packages define, not classes that they import. Skip base classes and classes that
    # share their parent's code.
    errors = {error for error in descendants(TicktalkError) if error.__module__.removeprefix("ticktalk.") in ERRORS}
    bases = {error.__base__ for error in errors}
    for error in sorted(errors, key=lambda error: (error.__name__, error.__module__)):
        if "exit_code" not in vars(error) or (error.__base__ is TicktalkError and error in bases):
            continue
        name = f"`{error.__name__}`"
        meaning = (error.__doc__ or "").splitlines()[0].split(". ")[0].rstrip(".")
        meaning = meaning[0].lower() + meaning[1:]
        if name not in raised.setdefault(error.exit_code, []):
            raised[error.exit_code].append(name)
        if meaning not in meanings.setdefault(error.exit_code, []):
            meanings[error.exit_code].append(meaning)
    lines = []
    for code in sorted(meanings):
        by = f" ({', '.join(raised[code])})" if raised[code] else ""
        lines.append(f"- {code}{by}: {'; '.join(meanings[code])}\n")
    return "".join(lines).replace("- 128: 128 + n: ", "- 128 + n: ")


def descendants(base: type) -> set[Any]:
    return {base_or_below for below in base.__subclasses__() for base_or_below in (below, *descendants(below))}


def board_keys(now: str) -> str:
    """Return the keys of a board file and their values. The meanings are written by hand."""
    means = by_hand(now)
    return "".join(f"- `{key}` ({values}): {means.get(f'`{key}`', '')}\n" for key, values in keys_of(Board, ""))


def keys_of(cls: type, prefix: str) -> list[tuple[str, str]]:
    """Return the keys of a table and its subtables, with their values."""
    hints, found = typing.get_type_hints(cls), []
    for spec in fields(cls):  # type: ignore[arg-type]
        if spec.name == "file":  # set by the loader; not a key in the file
            continue
        kinds = [hints[spec.name], *typing.get_args(hints[spec.name])]
        kinds += [inner for kind in kinds for inner in typing.get_args(kind)]
        table = next((kind for kind in kinds if is_dataclass(kind)), None)
        optional = spec.default is not MISSING or spec.default_factory is not MISSING
        if table:
            found += keys_of(typing.cast(type, table), f"{prefix}{spec.name}.")
        else:
            found.append((prefix + spec.name, values_of(spec.metadata, kinds) + (", optional" if optional else "")))
    return found


def values_of(rules: Any, kinds: list[Any]) -> str:
    several = any(typing.get_origin(kind) is tuple for kind in kinds)
    if rules.get("choices"):
        return ("list of " if several else "") + ", ".join(f"`{choice}`" for choice in rules["choices"])
    if rules.get("within"):
        least, most = rules["within"]
        return ("numbers from " if several else "") + ("u32" if most == 0xFFFF_FFFF else f"{least} to {most}")
    assert int not in kinds, "found an integer without bounds; has the schema of board files changed?"
    return ("name" if rules.get("form") else "string") + ("s" if several else "")


def protocols(now: str) -> str:
    """Return the protocols and the boards that use them. The last column, which states how each was tested, is written
    by hand."""
    tried, lines = by_hand(now), []
    for name in (*PROTOCOLS, NONE):
        uses = ", ".join(f"`{board.name}`" for board in all_boards() if board.protocol == name)
        lines.append(f"- `{name}` ({uses}): {tried.get(f'`{name}`', '')}\n")
    return "".join(lines)


def tflm_operators(now: str) -> str:
    """Return the operators of TFLite Micro that are supported, and the alternatives to the others."""
    listed = (Path(__file__).parent / "tflm-operators.txt").read_text(encoding="utf-8").splitlines()
    notes = dict(line.partition("\t")[::2] for line in listed if not line.startswith("#"))
    ours = {path.stem.upper() for path in Path(inspect.getfile(ops)).parent.glob("[a-z]*.py")}
    supported = notes.keys() & (ours | {variables.HANDLE, variables.ONCE})
    read = (notes.keys() & constants.FOLDED) - supported
    refused: dict[str, list[str]] = {}
    for name in sorted(notes.keys() - supported - read):
        refused.setdefault(notes[name], []).append(f"`{name}`")
    lines = [f"- {', '.join(names)}: {note or 'not supported'}" for note, names in refused.items()]
    lines.append(f"- {', '.join(f'`{name}`' for name in sorted(read))}: computed when the file is read")
    lines.append(f"- the {len(supported)} others: supported")
    return "".join(f"{line}\n" for line in lines)


def api(now: str) -> str:
    """Return every public name with its parameters and the first sentence of its docstring."""
    lines = []
    for name in ticktalk.__all__:
        value = getattr(ticktalk, name)
        call = "" if inspect.isclass(value) else parameters(value)
        first = re.split(r"(?<=\.)\s", " ".join((value.__doc__ or "").split()))[0]
        lines.append(f"- `{name}{call}`: {first}\n")
    return "".join(lines)


def parameters(function: Callable) -> str:
    """Return the parameters with their default values, but without their types."""
    named: list[str] = []
    for each in inspect.signature(function).parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in named:
            named.append("*")
        default = "..." if callable(each.default) else repr(each.default)
        named.append(each.name if each.default is each.empty else f"{each.name}={default}")
    return f"({', '.join(named)})"


def commands(now: str) -> str:
    """Return all commands with their arguments and options. Options shared by several commands are described once."""
    front: Any = typer.main.get_command(cli.app)
    found = {name: front.get_command(None, name) for name in cli.COMMANDS}
    own = {
        name: {described(param): param for param in command.params if param.name not in OF_EVERY_COMMAND}
        for name, command in found.items()
    }
    count = Counter(line for lines in own.values() for line in lines)
    shared = [line for line in count if count[line] > 1]
    parts = ["\n## Shared options\n\n", *shared]
    for name, command in found.items():
        parts.append(f"\n## {name}\n\n{' '.join(command.help.split())}\n" + ("\n" if own[name] else ""))
        parts += [described(param, rules(param)) for line, param in own[name].items() if line not in shared]
        names = [f"`{longest(param)}`{rules(param)}" for line, param in own[name].items() if line in shared]
        parts.append(f"- shared: {', '.join(names)}\n" if names else "")
    return "".join(parts)


def described(param: Any, rules: str = "") -> str:
    return f"- {shown(param)}{rules}: {meaning(param)}\n"


def rules(param: Any) -> str:
    """Return what may differ between commands that share an option."""
    found = [rule for rule, holds in (("required", param.required), ("repeatable", param.multiple)) if holds]
    return f" ({', '.join(found)})" if found else ""


def longest(param: Any) -> str:
    return param.name.upper() if param.param_type_name == "argument" else max(param.opts, key=len)


def shown(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{longest(param)}`"
    names = ", ".join(sorted([*param.opts, *param.secondary_opts], key=len))
    return f"`{names}`" if param.is_flag else f"`{names}={longest(param).strip('-').replace('-', '_').upper()}`"


def meaning(param: Any) -> str:
    words = re.sub(r"\s+", " ", param.help or "").replace(" May be repeated.", "")
    if param.required or param.default is None or param.default is False or callable(param.default):
        return words
    return f"{words} Default: `{param.default}`."


TABLE = re.compile(
    r"(?P<begin><!-- table: (?P<name>[a-z ]+) -->\n)(?P<now>.*?)(?P<end><!-- end of table -->\n)", re.DOTALL
)
TABLES: dict[str, Callable[[str], str]] = {
    "commands": commands,
    "exit codes": exit_codes,
    "board keys": board_keys,
    "protocols": protocols,
    "operators": tflm_operators,
    "api": api,
}


if __name__ == "__main__":
    sys.exit(signals.run(lambda: main(sys.argv[1:])))
