"""The words of a language with the phonemes that espeak-ng, run as a process of its own, gives them."""

from __future__ import annotations

import unicodedata

from ticktalk.converter.packs.sources import Entry, common_words
from ticktalk.runtime_sim.phonemizers.espeak_ng import heard

WORDS = 60_000  # the most frequent words
TOGETHER = 500  # words per process


def entries(language: str, letters: str) -> dict[str, Entry]:
    """Return the most frequent words of a language that consist of `letters`, as espeak-ng pronounces each alone.

    Words that espeak-ng reads as several words or as English are left out. Raises MissingToolError if espeak-ng or
    wordfreq is not installed, and VoiceError if espeak-ng does not speak the language.
    """
    words = common_words(100_000, language, letters)[:WORDS]
    said: dict[str, str] = {}
    for k in range(0, len(words), TOGETHER):
        _read(language, words[k : k + TOGETHER], said)
    return {word: Entry(text, True, {}) for word, text in said.items() if "ˈ" in text and not {*" ("} & {*text}}


def _read(language: str, words: list[str], said: dict[str, str]) -> None:
    """Add the phonemes of each word: of all at once, or of each half if espeak-ng splits one of them."""
    lines = unicodedata.normalize("NFD", heard(language, "\n\n".join(words))).splitlines()
    if len(lines) == len(words):
        said.update(zip(words, lines))
    elif len(words) > 1:
        _read(language, words[: len(words) // 2], said)
        _read(language, words[len(words) // 2 :], said)
