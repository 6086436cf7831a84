"""Where English (US) words and their phonemes come from, and how often words are used.

The lexicons are misaki's (Apache-2.0), as the package hibari-tts carries them: `gold` was checked by hand, `silver` was
not. How often a word is used (package wordfreq, CC BY-SA 4.0) only says which words a pack has room for: no number of
it is shipped.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files

from ticktalk.converter.errors import MissingToolError

HELD_OUT = 22  # one word of so many is never trained on
PARTS = {"VERB": "V", "NOUN": "N", "ADJ": "J", "VBD": "D", "DT": "D", "None": "P"}
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*'?$")


@dataclass(frozen=True)
class Entry:
    """said: phonemes in the voices' alphabet; gold: checked by hand; readings: letter of a reading -> its phonemes."""

    said: str
    gold: bool
    readings: dict[str, str]


def entries() -> dict[str, Entry]:
    """All words of the lexicons, in small letters."""
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
                continue  # letters or a word, by part of speech
            if not parts["DEFAULT"] or " " in parts["DEFAULT"]:
                continue
            main = sounds(parts["DEFAULT"])
            readings = {PARTS[k]: sounds(v) for k, v in parts.items() if k in PARTS and v and sounds(v) != main}
            found[small] = Entry(main, name == "gold", readings)
    return found


def sounds(said: str) -> str:
    """Phonemes as voices are given them: the tap is T, the glottal stop a t."""
    return said.replace("ɾ", "T").replace("ʔ", "t")


def held_out(word: str) -> bool:
    """Whether a word is kept from training, to judge the network by."""
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % HELD_OUT == 0


def frequencies(words: list[str]) -> dict[str, float]:
    """How often each word is used: the logarithm of its count in a billion words, 0 where it is not known."""
    try:
        from wordfreq import zipf_frequency
    except ImportError:
        raise MissingToolError("word frequencies are not installed: pip install wordfreq==3.1.1") from None
    return {word: zipf_frequency(word, "en") for word in words}
