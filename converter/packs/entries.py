"""The words of a pack with their phonemes, from the source that its manifest names."""

from __future__ import annotations

from ticktalk.converter.packs import espeak, sources
from ticktalk.converter.packs.sources import Entry


def language_of(manifest: dict) -> str:
    """Return the language code of a pack, which wordfreq and espeak-ng use: "en" for en-us-small."""
    return str(manifest.get("name", "")).partition("-")[0]


def from_espeak(manifest: dict) -> bool:
    """Return whether a pack's pronunciations come from espeak-ng."""
    return any(source.get("name") == "espeak-ng" for source in manifest.get("sources", ()))


def entries_of(manifest: dict, letters: str) -> dict[str, Entry]:
    """Return the words of a pack's language that consist of `letters`.

    Raises MissingToolError if the package or program with the pronunciations is not installed.
    """
    return espeak.entries(language_of(manifest), letters) if from_espeak(manifest) else sources.entries()
