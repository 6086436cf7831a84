"""Text to phonemes, behind one small interface: `phonemizer(name)` gives a function from text to phoneme strings.

A voice's manifest names the phonemizer it was trained with, as NAME or NAME:VARIANT ("hibari", "hibari:en-gb",
"espeak-ng:en-us"). A new one is a function here and its line in PHONEMIZERS.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Callable
from functools import cache

from ticktalk.runtime_sim.errors import MissingToolError, VoiceError
from ticktalk.system import processes

_CLAUSE = re.compile(r"(?<=[,;:—])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MARK = re.compile(r"([,;:.!?])[,;:.!?]*(?=\s|$)")  # ends a clause; 7:30 and 2.5 have none
_LANGUAGE = re.compile(r"\([a-z-]+\)")  # espeak-ng's note that a word is foreign


def phonemizer(name: str, limit: int = 398) -> Callable[[str], list[str]]:
    """A function from text to phoneme strings, one a sentence, none longer than `limit` characters.

    The text may be composed or decomposed. Longer sentences are cut between clauses, else between words. VoiceError if
    the name is unknown, MissingToolError if its package is not installed.
    """
    family, _, variant = name.partition(":")
    if family not in PHONEMIZERS:
        raise VoiceError(f"no phonemizer is called '{family}'; there are: {', '.join(PHONEMIZERS)}")
    sentences = PHONEMIZERS[family](variant)
    return lambda text: [
        piece for sentence in sentences(unicodedata.normalize("NFC", text)) for piece in split(sentence, limit)
    ]


def split(phonemes: str, limit: int) -> list[str]:
    """Cut a phoneme string into pieces of at most `limit` characters, at the coarsest boundary that does."""
    phonemes = phonemes.strip()
    if len(phonemes) <= limit:
        return [phonemes] if phonemes else []
    for parts in (_CLAUSE.split(phonemes), phonemes.split()):
        if len(parts) > 1:
            return _joined([piece for part in parts for piece in split(part, limit)], limit)
    return [phonemes[i : i + limit] for i in range(0, len(phonemes), limit)]


def _joined(parts: list[str], limit: int) -> list[str]:
    """Neighbours put together again, with a space, as long as they fit."""
    pieces = parts[:1]
    for part in parts[1:]:
        if len(pieces[-1]) + 1 + len(part) <= limit:
            pieces[-1] += " " + part
        else:
            pieces.append(part)
    return pieces


@cache
def _hibari(variant: str) -> Callable[[str], list[str]]:
    """hibari's own sentence splitter and grapheme-to-phoneme rules; its acoustic model is not loaded. Variant: "" or
    en-gb."""
    if variant not in ("", "en-gb"):
        raise VoiceError(f"the phonemizer 'hibari' has no variant '{variant}'; there is en-gb")
    try:
        from hibari.g2p import G2P
        from hibari.tts import Hibari
    except ImportError:
        raise MissingToolError("the phonemizer 'hibari' is not installed: pip install hibari-tts") from None
    g2p = G2P(british=variant == "en-gb")
    return lambda text: [p for p in map(g2p, Hibari.split_sentences(text)) if p]


def _espeak(variant: str) -> Callable[[str], list[str]]:
    """espeak-ng's phonemes as Piper's voices take them: decomposed IPA, with the marks that end clauses. Variant: its
    voice."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise MissingToolError("the phonemizer 'espeak-ng' is not installed: apt install espeak-ng")

    def clause(words: str) -> str:
        said = words.encode(errors="replace")
        done = processes.run([program, "-q", "--ipa", "-v", variant or "en-us", "--stdin"], input=said)
        heard, complaint = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
        if done.returncode:
            raise VoiceError(f"espeak-ng cannot say anything as '{variant}': {' '.join(complaint.split())}")
        return unicodedata.normalize("NFD", _LANGUAGE.sub("", " ".join(heard.split())))

    def sentence(text: str) -> str:
        *clauses, rest = [part.strip() for part in _MARK.split(text)]
        spoken = [clause(words) + mark for words, mark in zip(clauses[::2], clauses[1::2]) if words]
        return " ".join(spoken + [clause(rest)] * bool(rest))

    return lambda text: [spoken for part in _SENTENCE_END.split(text) if (spoken := sentence(part))]


PHONEMIZERS: dict[str, Callable[[str], Callable[[str], list[str]]]] = {"hibari": _hibari, "espeak-ng": _espeak}
