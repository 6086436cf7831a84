"""Find teachers by name. Each teacher is described by a TOML file, either in this folder or your own.

Specify a teacher as `NAME`, `NAME:VOICE`, `FILE.toml` or `FILE.toml:VOICE`.

engine = "openai"                   # a key of ENGINES
voice = "alloy"
licence = "..."                     # optional: terms (URL), commercial (true or false; unknown if omitted), warning
model = "tts-1"                     # the engine's own keys (see its class)

[price]
usd_per_million_characters = 15.0
source = "https://..."
"""

import importlib
import math
import os
import platform
from dataclasses import replace
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.teacher import NUMBER, Card, Teacher
from ticktalk.system.errors import shown
from ticktalk.system.files import readable_stem
from ticktalk.system.toml import read_toml

HERE = Path(__file__).parent
ENGINES = {
    "hibari": ("hibari", "Hibari"),
    "kokoro": ("kokoro", "Kokoro"),
    "piper": ("piper", "Piper"),
    "espeak-ng": ("espeak", "Espeak"),
    "flite": ("flite", "Flite"),
    "festival": ("festival", "Festival"),
    "command": ("command", "Command"),
    "folder": ("folder", "Folder"),
    "openai": ("openai", "OpenAI"),
    "elevenlabs": ("elevenlabs", "ElevenLabs"),
    "mistral": ("mistral", "Mistral"),
}
_CARD = {"engine": str, "voice": str, "licence": str, "terms": str, "commercial": bool, "warning": str, "price": dict}
_PRICE = {"usd_per_million_characters": NUMBER, "source": str}
_KINDS = {str: "text", bool: "true or false", int: "an integer", NUMBER: "a number", list: "a list", dict: "a table"}


def engine(name: str) -> type[Teacher]:
    """Return the class of the engine `name`."""
    module, attribute = ENGINES[name]
    return getattr(importlib.import_module(f"ticktalk.converter.teachers.{module}"), attribute)


def names() -> list[str]:
    """Return the names of the bundled teachers."""
    return sorted(file.stem for file in HERE.glob("*.toml"))


def find_card(spec: str) -> Card:
    """Return the card for `NAME[:VOICE]` or `FILE.toml[:VOICE]`.

    Raises DistillError if there is no such teacher, or if its file is invalid.
    """
    name, _, voice = (spec, "", "") if spec.endswith(".toml") and os.path.isfile(spec) else spec.partition(":")
    if name.endswith(".toml"):
        card = read_card(Path(name))
    elif name in names():
        card = read_card(HERE / f"{name}.toml")
    else:
        raise DistillError(
            f"no teacher {name!r}; choose one of {', '.join(names())}, or pass a teacher's .toml file "
            "(docs/reference/teachers.md)"
        )
    return replace(card, voice=voice) if voice else card


def read_card(file: Path) -> Card:
    """Read and check a teacher's TOML file."""
    found = read_toml(file, DistillError)
    if not isinstance(found.get("engine"), str) or found["engine"] not in ENGINES:
        raise DistillError(
            f"{file}: key 'engine' is {shown(found.get('engine'))}, but must be one of {', '.join(ENGINES)}"
        )
    kind = engine(found["engine"])
    _check(file, found, _CARD | kind.SETTINGS, kind.REQUIRED)
    _check(file, found.get("price", {}), _PRICE, tuple(_PRICE) if found.get("price") else (), "price.")
    own = {key: value for key, value in found.items() if key in _CARD}
    return Card(
        name=readable_stem(file), settings={key: value for key, value in found.items() if key not in _CARD}, **own
    )


def _check(file: Path, table: dict, kinds: dict, required: tuple[str, ...], prefix: str = "") -> None:
    for key, value in table.items():
        if key not in kinds:
            raise DistillError(f"{file}: unknown key {shown(prefix + key)}; known keys are {', '.join(kinds)}")
        if not isinstance(value, kinds[key]) or (isinstance(value, bool) and kinds[key] is not bool):
            raise DistillError(f"{file}: key '{prefix}{key}' is {shown(value)}, but must be {_KINDS[kinds[key]]}")
        if isinstance(value, (int, float)) and not 0 <= value < math.inf:
            raise DistillError(f"{file}: key '{prefix}{key}' is {shown(value)}, but must be a finite number from 0")
        if isinstance(value, str) and not value.isprintable():
            raise DistillError(f"{file}: key '{prefix}{key}' is {shown(value)}, but must be text on one line")
    for key in required:
        if key not in table:
            raise DistillError(f"{file}: key '{prefix}{key}' is missing; add it (docs/reference/teachers.md)")


def make_teacher(spec: str | Card) -> Teacher:
    """Return a teacher that is ready to speak.

    Raises DistillError if there is no such teacher, and MissingToolError if a required package is missing.
    """
    card = find_card(spec) if isinstance(spec, str) else spec
    return engine(card.engine)(card)


def same_teacher(card: Card, identity: str) -> Teacher:
    """Return a teacher that is ready to speak. Raises DistillError if the teacher's identity differs from
    `identity`."""
    teacher = make_teacher(card)
    if teacher.identity != identity:
        raise DistillError(
            f"teacher {card.name} on {platform.node()} is {teacher.identity}, but the task requires {identity}; "
            "install the same version on every machine"
        )
    return teacher
