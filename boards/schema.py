"""Turns a TOML table into a frozen dataclass, and says precisely what is wrong with the table.

A dataclass field is a key. Its type may be `str`, `int`, `tuple[str, ...]`, a nested dataclass (a table),
`tuple[<dataclass>, ...]` (an array of tables), each optionally `| None` with a default. `key(...)` adds the allowed
values or the range. Every error names the file and the key.
"""

import functools
import tomllib
import types
import typing
from dataclasses import MISSING, field, fields, is_dataclass
from pathlib import Path

from ticktalk.boards.errors import BoardError
from ticktalk.system.files import read_text


def read_toml(path: Path, what: str) -> dict:
    """The table in the file `path`, which is `what` in messages. Raises BoardError."""
    try:
        return tomllib.loads(read_text(path))
    except OSError as error:
        raise BoardError(f"{path}: cannot read the {what}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BoardError(f"{path}: cannot read the {what}: not UTF-8") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits and deep nesting, too
        raise BoardError(f"{path.name}: not valid TOML: {error}") from None


def shown(value) -> str:
    """How messages show what a file holds: on one line, and not all of it."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


def key(*, choices=(), low=None, high=None, **kwargs):
    """A dataclass field with the values it may take: one of `choices`, or an integer in [low, high]."""
    return field(metadata={"choices": choices, "low": low, "high": high}, **kwargs)


def read(cls, table: dict, file: str, prefix: str = ""):
    """`table` as a `cls`. `file` is the name for messages, `prefix` the path of the table in the file ("uart.").

    Raises BoardError at the first unknown, missing or impossible key.
    """
    known = {f.name: f for f in fields(cls)}
    for name in table:
        if name not in known:
            raise BoardError(f"{file}: unknown key {shown(prefix + name)}{did_you_mean(name, known)}")
    hints = _hints(cls)
    values = {}
    for name, spec in known.items():
        if name in table:
            values[name] = _value(hints[name], spec.metadata, table[name], file, prefix + name)
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise BoardError(
                f"{file}: key '{prefix}{name}' is missing; docs/reference/board-files.md says what it means"
            )
    return cls(**values)


def did_you_mean(word, known) -> str:
    """ ", did you mean 'x'?" for the known word closest to `word`, or nothing."""
    import difflib

    close = difflib.get_close_matches(word if isinstance(word, str) else shown(word), [str(k) for k in known], n=1)
    return f", did you mean '{close[0]}'?" if close else ""


_hints = functools.cache(typing.get_type_hints)


def _value(hint, rules, value, file, name):
    if typing.get_origin(hint) in (typing.Union, types.UnionType):  # X | None: TOML has no null, so X
        hint = next(t for t in typing.get_args(hint) if t is not type(None))
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise BoardError(f"{file}: key '{name}' must be a list")
        item = typing.get_args(hint)[0]
        return tuple(_value(item, rules, v, file, f"{name}[{i}]") for i, v in enumerate(value))
    if is_dataclass(hint):
        if not isinstance(value, dict):
            raise BoardError(f"{file}: key '{name}' must be a table")
        return read(hint, value, file, name + ".")
    if not isinstance(value, hint) or isinstance(value, bool):
        words = {int: "an integer", str: "a string"}
        raise BoardError(f"{file}: key '{name}' must be {words[hint]}, not {shown(value)}")
    if hint is str and not value.isprintable():
        raise BoardError(f"{file}: key '{name}' must be text on one line, not {shown(value)}")
    choices, low, high = (rules.get(k) for k in ("choices", "low", "high"))
    if choices and value not in choices:
        raise BoardError(
            f"{file}: key '{name}' is {shown(value)}{did_you_mean(value, choices)}"
            f" (allowed: {', '.join(map(str, choices))})"
        )
    if (low is not None and value < low) or (high is not None and value > high):
        raise BoardError(f"{file}: key '{name}' is {_number(value)}, outside {_number(low)} to {_number(high)}")
    return value


def _number(n: int) -> str:
    return "any" if n is None else str(n) if abs(n) <= 0xFFFF else shown(hex(n)).strip("'")
