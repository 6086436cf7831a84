"""Text to phonemes, behind one small interface: `phonemizer(name)` gives a function from text to phoneme strings.

A voice's manifest names the phonemizer it was trained with. A new one is a function here and its line in PHONEMIZERS.
"""
from __future__ import annotations

import re
from collections.abc import Callable

from .errors import MissingToolError, VoiceError

_CLAUSE = re.compile(r"(?<=[,;:—])\s+")


def phonemizer(name: str, limit: int = 398) -> Callable[[str], list[str]]:
    """A function from text to phoneme strings, one a sentence, none longer than `limit` characters.

    Longer sentences are cut between clauses, else between words. VoiceError if the name is unknown,
    MissingToolError if its package is not installed.
    """
    if name not in PHONEMIZERS:
        raise VoiceError(f"no phonemizer is called '{name}'; there is: {', '.join(PHONEMIZERS)}")
    sentences = PHONEMIZERS[name]()
    return lambda text: [piece for sentence in sentences(text) for piece in split(sentence, limit)]


def split(phonemes: str, limit: int) -> list[str]:
    """Cut a phoneme string into pieces of at most `limit` characters, at the coarsest boundary that does."""
    phonemes = phonemes.strip()
    if len(phonemes) <= limit:
        return [phonemes] if phonemes else []
    for parts in (_CLAUSE.split(phonemes), phonemes.split()):
        if len(parts) > 1:
            return _joined([piece for part in parts for piece in split(part, limit)], limit)
    return [phonemes[i:i + limit] for i in range(0, len(phonemes), limit)]


def _joined(parts: list[str], limit: int) -> list[str]:
    """Neighbours put together again, with a space, as long as they fit."""
    pieces = parts[:1]
    for part in parts[1:]:
        if len(pieces[-1]) + 1 + len(part) <= limit:
            pieces[-1] += " " + part
        else:
            pieces.append(part)
    return pieces


def _hibari() -> Callable[[str], list[str]]:
    """hibari's own sentence splitter and grapheme-to-phoneme rules; its acoustic model is not loaded."""
    try:
        from hibari.g2p import G2P
        from hibari.tts import Hibari
    except ImportError:
        raise MissingToolError("the phonemizer 'hibari' is not installed: pip install hibari-tts") from None
    g2p = G2P(british=False)
    return lambda text: [p for p in map(g2p, Hibari.split_sentences(text)) if p]


PHONEMIZERS: dict[str, Callable] = {"hibari": _hibari}
