"""The words of American English with their phonemes and frequencies.

The lexicons are misaki's (Apache-2.0), as included in the package hibari-tts. The lexicon `gold` was checked by hand;
`silver` was not. Word frequencies (package wordfreq, CC BY-SA 4.0) are used only to choose a pack's words, and are not
distributed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.runtime_sim.text.match import ASCII
from ticktalk.system.errors import shown
from ticktalk.system.files import lines_of, read_text, unreadable

HELD_OUT = 22  # one in this many words is excluded from training
PARTS = {"VERB": "V", "NOUN": "N", "ADJ": "J", "VBD": "D", "DT": "D", "None": "P"}
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*'?$")


@dataclass(frozen=True)
class Entry:
    """A word's entry in the lexicons.

    said: phonemes in the voices' alphabet.
    gold: whether the entry was checked by hand.
    readings: phonemes of the alternative readings, keyed by the letter of the reading.
    """

    said: str
    gold: bool
    readings: dict[str, str]


def entries() -> dict[str, Entry]:
    """Return all words of the lexicons, in lower case.

    Raises MissingToolError if the package with the lexicons is not installed.
    """
    try:
        assets = files("hibari") / "assets"
    except ModuleNotFoundError:
        raise MissingToolError("the lexicons are not installed: pip install hibari-tts==0.2.1") from None
    found: dict[str, Entry] = {}
    for name in ("silver", "gold"):
        words = json.loads(gzip.decompress((assets / f"lexicon_us_{name}.json.gz").read_bytes()))
        for word, said in sorted(words.items()):
            small = word.lower()
            if not _WORD.match(small) or (small != word and small in words):
                continue
            parts = said if isinstance(said, dict) else {"DEFAULT": said}
            if len(word) > 1 and word.isupper() and isinstance(said, dict):
                continue  # pronounced as letters or as a word, depending on the part of speech
            if not parts["DEFAULT"] or " " in parts["DEFAULT"]:
                continue
            main = sounds(parts["DEFAULT"])
            readings = {PARTS[k]: sounds(v) for k, v in parts.items() if k in PARTS and v and sounds(v) != main}
            found[small] = Entry(main, name == "gold", readings)
    return found


def sounds(said: str) -> str:
    """Convert phonemes to the voices' alphabet: the tap becomes T, and the glottal stop becomes t."""
    return said.replace("ɾ", "T").replace("ʔ", "t")


def held_out(word: str) -> bool:
    """Return whether a word is excluded from training and reserved for evaluating the network."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % HELD_OUT == 0


def common_words(count: int, language: str = "en", letters: str = ASCII) -> list[str]:
    """Return the most frequent words of a language that consist of `letters`.

    Raises MissingToolError if wordfreq is not installed, and DistillError if it does not know the language.
    """
    try:
        from wordfreq import top_n_list
    except ImportError:
        raise _missing_frequencies() from None
    try:
        words = top_n_list(language, count)
    except (LookupError, ValueError):
        raise DistillError(
            f"wordfreq has no words of the language {shown(language)}; set `name` in language.toml to a language's code"
        ) from None
    return [word for word in words if set(word) <= set(letters)]


def named(file: Path) -> dict[str, Entry]:
    """Return the entries of a pack's `names.txt`, which has lines of a word, a space and its phonemes.

    Raises a DistillError that names the file and the line if one of them is not.
    """
    try:
        lines = lines_of(read_text(file)) if file.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise DistillError(f"{file}: cannot be read: {unreadable(error)}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        word, _, said = line.partition(" ")
        if not word or not said.strip():
            raise DistillError(f"{file}: line {number} is {shown(line)}, but must be a word, a space and its phonemes")
        found[word] = Entry(said, False, {})
    return found


def _missing_frequencies() -> MissingToolError:
    return MissingToolError("word frequencies are not installed: pip install wordfreq==3.1.1")


def frequencies(words: list[str], language: str = "en") -> dict[str, float]:
    """Return the frequency of each word on the Zipf scale: log10 of its count per billion words, 0 if unknown.

    Raises MissingToolError if wordfreq is not installed.
    """
    try:
        from wordfreq import zipf_frequency
    except ImportError:
        raise _missing_frequencies() from None
    return {word: zipf_frequency(word, language) for word in words}
