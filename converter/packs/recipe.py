"""What `ticktalk language build` builds a pack from: the entries of language.toml and the hand-written files.

All of it is checked before anything is built, which takes minutes, and before any file is replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.runtime_sim.text.few import IDS
from ticktalk.runtime_sim.text.letters import EIGHT
from ticktalk.runtime_sim.text.pack import MANIFEST
from ticktalk.system.errors import shown
from ticktalk.system.toml import read_toml

NAMES = {
    "characters": "characters.toml",
    "rules": "rules.toml",
    "words": "words.toml",
    "lexicon": "lexicon.txt",
    "letters": "letters.npz",
}
TEXTS = ("name", "language", "phonemes", "licence")
# Keys of `build` in language.toml and their lowest values: the size of the network; the approximate maximum number of
# lines of the lexicon; the number of the most frequent words, and of the most frequent short words, that the lexicon
# always contains.
SETTINGS = {"channels": EIGHT, "hidden": EIGHT, "blocks": 1, "lines": 1, "always": 0, "short": 0}
_KEY = re.compile("[A-Za-z0-9_-]+")  # a key of TOML without quotes


@dataclass(frozen=True)
class Recipe:
    """A checked language.toml and words.toml.

    letters: the letters of the language.
    """

    facts: dict
    words: dict
    letters: str


def read_recipe(folder: Path, chunks: bool) -> Recipe:
    """Read what the pack in `folder` is built from. `chunks` is whether its network is kept, which needs them.

    Raises a DistillError that names the file and the key if an entry is missing or invalid.
    """
    file = folder / MANIFEST
    facts = read_toml(file, DistillError, f"{folder}: not a language pack: it has no {MANIFEST}")
    for key in TEXTS:
        if not _is_line(facts.get(key)) or not facts[key]:
            raise DistillError(f"{file}: key '{key}' is {shown(facts.get(key))}, but must be text on one line")
    settings = facts["build"] if isinstance(facts.get("build"), dict) else {}
    for key, least in SETTINGS.items():
        value = settings.get(key)
        if type(value) is not int or value < least or (least == EIGHT and value % EIGHT):
            wanted = f"a multiple of {EIGHT}" if least == EIGHT else f"a whole number from {least}"
            raise DistillError(f"{file}: key 'build.{key}' is {shown(value)}, but must be {wanted}")
    sources = facts.get("sources")
    if not isinstance(sources, list) or not all(_is_source(source) for source in sources):
        raise DistillError(f"{file}: key 'sources' is {shown(sources)}, but must be a list of tables of texts")
    extends = facts.get("extends")
    if extends is not None and (not isinstance(extends, str) or Path(extends).name != extends):
        raise DistillError(
            f"{file}: key 'extends' is {shown(extends)}, but must be the name of a folder next to this one"
        )
    for key in ("without", *["chunks"] * chunks):
        value = facts.get(key, [] if key == "without" else None)
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            hint = "; pass --train to train a network" if key == "chunks" else ""
            raise DistillError(f"{file}: key '{key}' is {shown(value)}, but must be a list of texts{hint}")
    parsed = {
        name: read_toml(own(folder, facts, name) / NAMES[name], DistillError)
        for name in ("characters", "rules", "words")
    }
    return Recipe(facts, parsed["words"], _letters(parsed["words"], own(folder, facts, "words") / NAMES["words"]))


def own(folder: Path, facts: dict, name: str) -> Path:
    """Return the folder that contains a file of the pack: its own folder, or that of the pack that it extends."""
    return folder if (folder / NAMES[name]).exists() or "extends" not in facts else folder.parent / facts["extends"]


def _letters(words: dict, file: Path) -> str:
    letters = words.get("letters")
    if not isinstance(letters, dict) or not letters:
        raise DistillError(f"{file}: key 'letters' is {shown(letters)}, but must be a table of the letters' names")
    for letter in letters:
        if letter not in IDS:
            raise DistillError(f"{file}: key 'letters' has {shown(letter)}; use only {''.join(IDS)}")
    for table, key in (("sounds", "tapped"), ("ending", "")):
        found = words.get(table)
        if found is None or (key and (not isinstance(found, dict) or key not in found)):
            raise DistillError(
                f"{file}: key '{table}{'.' * bool(key)}{key}' is missing; see languages/es/{NAMES['words']}"
            )
    return "".join(letters)


def _is_line(value: object) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_source(source: object) -> bool:
    return isinstance(source, dict) and all(_KEY.fullmatch(key) and _is_line(text) for key, text in source.items())
