"""Select the front end that reads text for a voice, here and on its watch, and find parts that it cannot read."""

from __future__ import annotations

import re
from collections.abc import Callable

from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.phonemizers import phonemizer, split
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.utf8 import decoded
from ticktalk.runtime_sim.unspoken import unspoken_parts
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import lines_of

_INLINE = re.compile(r"\]\(/[^)]*\)")  # a pronunciation given in the text
OURS = "ticktalk:"  # prefix of phonemizers that are language packs
PHONEMES = "phonemes"  # not a front end: the text already consists of phonemes
ALPHABETS = {"hibari": "misaki"}  # alphabets of phonemizers; all others have their own


def packs_of(voice: Voice) -> list[str]:
    """Return the names of the language packs that a voice can speak with. The first one is the default."""
    phonemes = voice.manifest["phonemes"]
    name = phonemes["phonemizer"]
    own = [name.removeprefix(OURS)] if name.startswith(OURS) else []
    return list(dict.fromkeys([*own, *phonemes.get("packs", [])]))


def alphabet_of(front_end: str) -> str:
    """Return the name of the alphabet in which a phonemizer writes phonemes."""
    family, _, variant = front_end.partition(":")
    if front_end.startswith(OURS):
        return frontend(variant or None).pack.manifest["phonemes"]
    return ALPHABETS.get(family, family)


def unsuited(voice: Voice, front_end: str, alphabet: str) -> str | None:
    """Return why a voice cannot speak the phonemes of a front end, or None if it can.

    Unless the voice names the front end, it must have been trained with the same alphabet, because two alphabets may
    use one symbol for different sounds.
    """
    trained = voice.manifest["phonemes"]["phonemizer"]
    if front_end == trained or front_end.removeprefix(OURS) in packs_of(voice):
        return None
    if (known := alphabet_of(trained)) == alphabet:
        return None
    return (
        f"voice '{voice.manifest['name']}' was trained with phonemes of {known}, but {front_end} writes those of "
        f"{alphabet}"
    )


def front_end_of(voice: Voice) -> str:
    """Return the phonemizer that reads text for a voice.

    The phonemizer is the voice's first language pack or, if the voice has none, the phonemizer used in training.
    """
    packs = packs_of(voice)
    return OURS + packs[0] if packs else voice.manifest["phonemes"]["phonemizer"]


def unspoken(voice: Voice, text: str, front_end: str) -> list[str]:
    """Return the distinct parts of the text that the voice skips or mispronounces (other scripts, emoji, symbols)."""
    if front_end == PHONEMES:
        return []
    if front_end.startswith(OURS):
        said = _INLINE.sub(" ", decoded(text))
        return frontend(front_end.removeprefix(OURS) or None).characters.only_named(said)
    return unspoken_parts(front_end, voice.manifest["phonemes"]["symbols"], text)


def reader_of(voice: Voice, front_end: str) -> Callable[[str | bytes], list[str]]:
    """Return a function that converts text to phoneme strings no longer than the voice allows.

    `front_end` is the name of a phonemizer, or PHONEMES for text that consists of phonemes, one utterance per line.
    Raises VoiceError if the phonemizer is unknown or its phonemes do not suit the voice, and MissingToolError if it is
    not installed.
    """
    phonemes = voice.manifest["phonemes"]
    limit = phonemes["limit"] - 2
    if front_end != PHONEMES:
        read_text = phonemizer(front_end, limit)
        if why := unsuited(voice, front_end, alphabet_of(front_end)):
            raise VoiceError(f"{why}; choose another --phonemizer")
        return read_text

    def read(text: str | bytes) -> list[str]:
        lines = lines_of(decoded(text))
        if unknown := sorted({*"".join(lines)} - {*voice.symbols}):
            raise VoiceError(f"voice '{voice.manifest['name']}' has no phonemes {' '.join(map(ascii, unknown))}")
        return [piece for line in lines for piece in split(line, limit)]

    return read
