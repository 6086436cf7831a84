"""Parse TOML files, with the same messages for all of them."""

import tomllib
from pathlib import Path

from ticktalk.system.errors import TicktalkError
from ticktalk.system.files import read_text, unreadable


def read_toml(file: Path | str, error: type[TicktalkError], missing: str = "", most: int | None = None) -> dict:
    """Return the content of a TOML file of at most `most` characters.

    Raises `error` if the file cannot be read or parsed. If the file does not exist, `missing` is the message, if given.
    """
    try:
        text = read_text(file)
    except OSError as problem:
        if missing and isinstance(problem, FileNotFoundError | NotADirectoryError):
            raise error(missing) from None
        raise error(f"{file}: cannot be read: {unreadable(problem)}") from None
    except UnicodeDecodeError as problem:
        raise error(f"{file}: cannot be read: {unreadable(problem)}") from None
    if most is not None and len(text) > most:
        raise error(f"{file}: has {len(text)} characters, but at most {most} are allowed")
    return parse_toml(text, file, error)


def parse_toml(text: str, file: Path | str, error: type[TicktalkError]) -> dict:
    """Return the content of `text`, which was read from `file`. Raises `error` if it is not valid TOML."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # also raised for overlong numbers and deep nesting
        raise error(f"{file}: not valid TOML: {' '.join(str(problem).split())}") from None
