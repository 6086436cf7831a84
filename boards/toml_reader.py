"""Read a TOML file into a frozen dataclass, with precise error messages. Used for boards and fleets.

A class decorated with `table` describes a table, and each of its fields is a key. Supported field types are
`str`, `int`, `tuple[str, ...]`, a nested table, and `tuple[<table>, ...]` for an array of tables. An optional
key has `| None` in its type, and a default. `key(...)` restricts a field to certain values, a range or a
pattern. Every error names the file and the key.
"""

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from ticktalk.boards.errors import BoardError
from ticktalk.system.errors import shown

Range = tuple[int, int]  # minimum and maximum, inclusive
Class = TypeVar("Class")


class Dataclass(Protocol):
    """The type that `dataclasses.fields` accepts."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Table = TypeVar("Table", bound=Dataclass)


def key(
    *, choices: Collection[str | int] = (), within: Range | None = None, form: str = "", default: Any = MISSING
) -> Any:
    """Declare a field and its allowed values.

    The value must be one of `choices`, an integer in the inclusive range `within`, or text that matches the
    regular expression `form`.
    """
    return field(default=default, metadata={"choices": choices, "within": within, "form": form})


@typing.dataclass_transform(frozen_default=True, field_specifiers=(key,))
def table(cls: type[Class]) -> type[Class]:
    """Decorate a class as a frozen dataclass whose fields may use `key`."""
    return dataclasses.dataclass(frozen=True)(cls)


def read(cls: type[Table], table: dict[str, Any], file: str, prefix: str = "") -> Table:
    """Convert `table` to an instance of `cls`.

    `file` is the file name for messages, and `prefix` is the path of the table in the file, such as "uart.".
    Raises `BoardError` at the first unknown, missing or invalid key.
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
            raise BoardError(f"{file}: key '{prefix}{name}' is missing; see docs/reference/board-files.md")
    return cls(**values)


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """Return ", did you mean 'x'?" for the known word most similar to `word`, or "" if no word is similar."""
    import difflib

    close = difflib.get_close_matches(word if isinstance(word, str) else shown(word), [str(k) for k in known], n=1)
    return f", did you mean '{close[0]}'?" if close else ""


_hints: Callable[[type], dict[str, Any]] = functools.cache(typing.get_type_hints)


def _value(hint: Any, rules: Mapping[str, Any], value: Any, file: str, name: str) -> object:
    """Convert `value` to the type `hint`, and check it against `rules`."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):  # treat `X | None` as X: TOML has no null
        hint = next(t for t in typing.get_args(hint) if t is not type(None))
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise BoardError(f"{file}: key '{name}' must be a list")
        item = typing.get_args(hint)[0]
        return tuple(_value(item, rules, v, file, f"{name}[{i}]") for i, v in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise BoardError(f"{file}: key '{name}' must be a table")
        return read(hint, value, file, name + ".")
    if not isinstance(value, hint) or isinstance(value, bool):
        words = {int: "an integer", str: "a string"}
        raise BoardError(f"{file}: key '{name}' must be {words[hint]}, not {shown(value)}")
    if hint is str and not value.isprintable():
        raise BoardError(f"{file}: key '{name}' must be text on one line, not {shown(value)}")
    choices, within, form = rules.get("choices"), rules.get("within"), rules.get("form")
    if choices and value not in choices:
        raise BoardError(
            f"{file}: key '{name}' is {shown(value)}{did_you_mean(value, choices)}"
            f" (allowed: {', '.join(map(str, choices))})"
        )
    if form and not re.fullmatch(form, value):
        raise BoardError(f"{file}: key '{name}' is {shown(value)}, but must match {form}")
    if within and not within[0] <= value <= within[1]:
        raise BoardError(f"{file}: key '{name}' is {_number(value)}, but must be {' to '.join(map(_number, within))}")
    return value


def _number(n: int) -> str:
    return str(n) if abs(n) <= 0xFFFF else shown(hex(n)).strip("'")
