"""What a voice speaks if the user specifies no text, in the language of its pack (`examples.toml`).

examples_of(load_voice("voices/heart")).short          # "It is seven thirty."
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.reading import packs_of
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.errors import shown
from ticktalk.system.toml import read_toml

FILE = "examples.toml"


@dataclass(frozen=True)
class Examples:
    """A short sentence in ASCII, a greeting, and the sentences of a page's proof, which contain numbers, times, units,
    abbreviations, markup characters and emoji."""

    short: str
    greeting: str
    sentences: tuple[str, ...]


def examples_of(voice: Voice) -> Examples:
    """Return the examples of a voice's first language pack, or of the default pack if that has none.

    Raises LanguageError if the file is invalid.
    """
    for pack in packs_of(voice)[:1]:
        if (file := frontend(pack).pack.tests / FILE).exists():
            return _read(file)
    return _read(frontend().pack.tests / FILE)


@cache
def _read(file: Path) -> Examples:
    facts = read_toml(file, LanguageError)
    for key in (each.name for each in fields(Examples)):
        values = facts.get(key)
        if key != "sentences":
            values = [values]
        if not (isinstance(values, list) and values and all(isinstance(text, str) and text.strip() for text in values)):
            raise LanguageError(f"{file}: key '{key}' is {shown(facts.get(key))}, but must be text")
    if not facts["short"].isascii():
        raise LanguageError(f"{file}: key 'short' is {shown(facts['short'])}, but must be ASCII, for use in C")
    return Examples(facts["short"], facts["greeting"], tuple(facts["sentences"]))
