"""Compile phrases to a C header of phoneme ids."""

from __future__ import annotations

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.phonemizers import split
from ticktalk.runtime_sim.speech import has_sound
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.errors import shown


def phrase_ids(front: Frontend, voice: Voice, text: str, where: str) -> list[list[int]]:
    """Return the phoneme ids of each utterance in `text`, including both edges.

    Raises BuildError if there is no text to speak or the voice lacks a phoneme. The message begins with `where`.
    """
    limit = voice.manifest["phonemes"]["limit"] - 2
    spoken = [piece for said in front(text) for piece in split(said, limit) if has_sound(voice, piece)]
    if not spoken:
        raise BuildError(f"{where}: {shown(text)} contains no text to speak")
    return [with_edges(voice, ids_in(voice, said, where)) for said in spoken]


def ids_in(voice: Voice, phonemes: str, where: str) -> list[int]:
    """Return the ids of phonemes, without edges. Raises a BuildError that lists the phonemes that the voice lacks."""
    symbols = voice.symbols
    if missing := list(dict.fromkeys(c for c in phonemes if c not in symbols)):
        raise BuildError(f"{where}: voice '{voice.manifest['name']}' has no phonemes {' '.join(missing)}")
    return [symbols[c] for c in phonemes]


def with_edges(voice: Voice, ids: list[int]) -> list[int]:
    """Return the ids with the edges of an utterance added."""
    edge = voice.manifest["phonemes"]["edge"]
    return [edge, *ids, edge]


def phrases_header(front: Frontend, voice: Voice, phrases: dict[str, str], where: str, prefix: str) -> str:
    """Return NAME_phrases.h, where NAME is `prefix`.

    `phrases` maps names, which are C identifiers, to texts. `where` begins error messages.
    """
    rows = []
    for name, text in phrases.items():
        parts = phrase_ids(front, voice, text, f"{where}: phrase {name}")
        rows.append({"name": Code(name), "text": text, "parts": [_lines(ids) for ids in parts]})
    return render("phrases/phrases.h.j2", prefix=prefix, voice=voice.manifest["name"], phrases=rows)


def _lines(ids: list[int]) -> Code:
    numbers = list(map(str, ids))
    return Code(",\n    ".join(", ".join(numbers[k : k + 24]) for k in range(0, len(numbers), 24)))
