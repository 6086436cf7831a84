"""Read a file of fixed phrases: TOML, one `name = "text"` per line."""

from __future__ import annotations

import re
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.system.errors import shown
from ticktalk.system.toml import read_toml

MOST_PHRASES = 1000
MOST_NAME = 60
MOST_SLUG = 40
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def load_phrases(file: Path | str) -> dict[str, str]:
    """Return a mapping from name to text. Raises a BuildError with the file and the phrase name if the file is
    invalid."""
    facts = read_toml(file, BuildError)
    for name, text in facts.items():
        if not isinstance(text, str):
            raise BuildError(f'{file}: phrase {shown(name)} is {shown(text)}; write {name} = "text"')
        check_name(name, str(file))
    if not facts:
        raise BuildError(f'{file}: contains no phrases; write lines of name = "text"')
    if len(facts) > MOST_PHRASES:
        raise BuildError(f"{file}: contains {len(facts)} phrases, but at most {MOST_PHRASES} are allowed")
    return facts


def check_name(name: str, where: str) -> None:
    """Raise BuildError if `name` is not a C identifier of at most MOST_NAME characters."""
    if not _IDENTIFIER.fullmatch(name) or len(name) > MOST_NAME:
        raise BuildError(
            f"{where}: name {shown(name)} must be a C identifier: letters, digits and _, not starting with a digit, "
            f"at most {MOST_NAME} characters"
        )


def named(texts: list[str]) -> dict[str, str]:
    """Return a mapping from name to text for phrases without names. Each name consists of the words of the phrase.

    Raises BuildError if two phrases would have the same name.
    """
    phrases: dict[str, str] = {}
    for text in texts:
        words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:MOST_SLUG].strip("_")
        name = f"p_{words}" if words[:1].isdigit() else words or "phrase"
        if phrases.get(name, text) != text:
            raise BuildError(
                f"{shown(phrases[name])} and {shown(text)} would both be named {name}; "
                'give them names in a file of lines name = "text"'
            )
        phrases[name] = text
    return phrases
