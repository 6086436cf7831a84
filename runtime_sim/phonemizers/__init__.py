"""Convert text to phonemes. `phonemizer(name)` returns a function that converts text to phoneme strings.

A voice's manifest names the phonemizer used in training as NAME or NAME:VARIANT ("hibari", "hibari:en-gb",
"espeak-ng:en-us"). To add a phonemizer, add a module to this package that has the functions of `Rules`. The module name
is the phonemizer's name with underscores: `espeak-ng` is espeak_ng.py.
"""

import pkgutil
import re
import unicodedata
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.text.utf8 import decoded, encoded

_CLAUSE = re.compile(r"(?<=[,;:—])\s+")


class Rules(Protocol):
    """The interface of a phonemizer module. Messages quote `SPEAKS`, which describes the supported languages."""

    SPEAKS: str

    def variant(self, language: str) -> tuple[str, str] | None:
        """Return the variant for a language and the language name to record, or None if it is unsupported."""

    def sentences(self, variant: str) -> Callable[[str], list[str]]:
        """Return a function that converts text to phoneme strings, one per sentence.

        Raises `VoiceError` if the variant is unknown, and `MissingToolError` if a package or program is not installed.
        """

    def symbols(self) -> dict[str, int]:
        """Return the id of each phoneme symbol, starting at 1, for voices that define no ids."""


def phonemizers() -> list[str]:
    """Return the names of all phonemizers, sorted."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def rules(name: str) -> tuple[Rules, str]:
    """Return the phonemizer specified as NAME or NAME:VARIANT, and the variant ("" if unspecified).

    Raises `VoiceError` if the phonemizer is unknown.
    """
    family, _, variant = name.partition(":")
    if family not in phonemizers():
        raise VoiceError(f"unknown phonemizer '{family}'; choose one of {', '.join(phonemizers())}")
    return import_module(f"{__name__}.{family.replace('-', '_')}"), variant


def phonemizer(name: str, limit: int = 398) -> Callable[[str | bytes], list[str]]:
    """Return a function that converts text to phoneme strings of at most `limit` characters, one per sentence.

    The text is a str or UTF-8 bytes, in composed or decomposed form. Longer sentences are split between clauses or,
    failing that, between words. Raises `VoiceError` if the name is unknown, and `MissingToolError` if the package is
    not installed.
    """
    found, variant = rules(name)
    sentences = found.sentences(variant)
    prepared: Callable[[str | bytes], Any] = encoded if getattr(found, "READS_BYTES", False) else _composed
    return lambda text: [piece for sentence in sentences(prepared(text)) for piece in split(sentence, limit)]


def _composed(text: str | bytes) -> str:
    return unicodedata.normalize("NFC", decoded(text))


def split(phonemes: str, limit: int) -> list[str]:
    """Split a phoneme string into parts of at most `limit` characters, between clauses or words where possible."""
    phonemes = phonemes.strip()
    if len(phonemes) <= limit:
        return [phonemes] if phonemes else []
    for parts in (_CLAUSE.split(phonemes), phonemes.split()):
        if len(parts) > 1:
            return _joined([piece for part in parts for piece in split(part, limit)], limit)
    return [phonemes[i : i + limit] for i in range(0, len(phonemes), limit)]


def _joined(parts: list[str], limit: int) -> list[str]:
    """Join adjacent parts with spaces as long as the result does not exceed `limit`."""
    pieces = parts[:1]
    for part in parts[1:]:
        if len(pieces[-1]) + 1 + len(part) <= limit:
            pieces[-1] += " " + part
        else:
            pieces.append(part)
    return pieces
