"""hibari's sentence splitter and grapheme-to-phoneme rules, without its acoustic model."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

from ticktalk.runtime_sim.errors import MissingToolError, VoiceError
from ticktalk.system.installing import pip_install

SPEAKS = "English"
VARIANTS = {"en-us": "", "en-gb": "en-gb"}


def variant(language: str) -> tuple[str, str] | None:
    """Return the variant for a language and the language name to record, or None if it is not English."""
    tag = {"en": "en-us"}.get(language.lower(), language.lower())
    return (VARIANTS[tag], tag) if tag in VARIANTS else None


@cache
def sentences(variant: str) -> Callable[[str], list[str]]:
    """Return a function that converts text to phoneme strings, one per sentence. `variant` is "" or "en-gb"."""
    if variant not in VARIANTS.values():
        raise VoiceError(f"the phonemizer 'hibari' has no variant '{variant}'; its only variant is en-gb")
    try:
        from hibari.g2p import G2P
        from hibari.tts import Hibari
    except ImportError:
        raise _missing() from None
    g2p = G2P(british=variant == "en-gb")
    return lambda text: [p for p in map(g2p, Hibari.split_sentences(text)) if p]


@cache
def symbols() -> dict[str, int]:
    """Return the id of each phoneme symbol in hibari's own table."""
    try:
        from hibari.voices import ASSETS
    except ImportError:
        raise _missing() from None
    return json.loads(Path(ASSETS, "vocab.json").read_text(encoding="utf-8"))


def _missing() -> MissingToolError:
    return MissingToolError(f"the phonemizer 'hibari' is not installed: {pip_install('text')}")
