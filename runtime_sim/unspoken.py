"""Find the parts of the text that a voice cannot speak: other scripts, emoji and symbols."""

import re
import unicodedata
from collections.abc import Container

from ticktalk.runtime_sim.phonemizers import phonemizer

_LETTERS = ("Ll", "Lu", "Lo")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+(?:[\u200d\ufe0f]*[^\x00-\x7f]+)*")
_MARKS = re.compile(r"[\s\u00a0\u2010-\u2027\u2030-\u205e«»¡¿·]+")  # spaces, dashes, quotes: always silent
# espeak-ng languages that do not use the Latin script.
_OTHER_SCRIPTS = re.compile(
    "am|ar|as|ba|be|bg|bn|chr|cmn|cu|cv|el|fa|grc|gu|hak|he|hi|hy|ja|ka|kk|kn|ko|kok|ky|mk|ml|mn|mr|my|ne|nog|or|pa|ps|"
    "py|ru|sd|shn|si|sr|ta|te|th|ti|tt|ug|uk|ur|yue|zh"
)


def audible(symbols: Container[str], phonemes: str) -> bool:
    """Return whether `phonemes` contains at least one known phoneme, not just pauses and marks."""
    return any(symbol in symbols and unicodedata.category(symbol) in _LETTERS for symbol in phonemes)


def unspoken_parts(name: str, symbols: Container[str], text: str) -> list[str]:
    """Return the distinct parts of the text that will be skipped or mispronounced.

    `name` is the phonemizer, and `symbols` are the phonemes of the voice.
    """
    sentences = phonemizer(name)

    def heard(said: str) -> list[str]:
        return [symbol for sentence in sentences(said) for symbol in sentence if audible(symbols, symbol)]

    text = unicodedata.normalize("NFC", text)
    parts = [part for part in dict.fromkeys(_BEYOND_ASCII.findall(text)) if not _MARKS.fullmatch(part)]
    whole = heard(text) if parts else []
    foreign = _foreign if _reads_latin(name) else lambda part: False
    return [part for part in parts if foreign(part) or heard(text.replace(part, " ")) == whole]


def only_latin(text: str) -> bool:
    """Return whether all non-ASCII characters are Latin letters or marks.

    Any phonemizer for a language written in the Latin script can handle such text.
    """
    return not any(_strange(part) for part in _BEYOND_ASCII.findall(unicodedata.normalize("NFC", text)))


def _strange(part: str) -> bool:
    return any(not unicodedata.name(c, "").startswith("LATIN") and not _MARKS.fullmatch(c) for c in part)


def _reads_latin(name: str) -> bool:
    """Return whether a phonemizer's language uses the Latin script."""
    return not _OTHER_SCRIPTS.fullmatch(name.partition(":")[2].partition("-")[0])


def _foreign(part: str) -> bool:
    """Return whether a part has non-Latin letters. Phonemizers for the Latin script read such letters unpredictably."""
    return any(c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") for c in part if ord(c) > 0x2FF)
