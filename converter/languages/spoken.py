"""Split a sentence into words for comparison, as the language pack reads it."""

import unicodedata
from collections.abc import Mapping

from ticktalk.runtime_sim.text.bundled import frontend


def spoken_words(pack: str, sentence: str, same: Mapping[str, str]) -> list[str]:
    """Return the words that a pack reads, in small letters and without marks. `same` maps words to other spellings."""
    composed = unicodedata.normalize("NFC", sentence)
    found = " ".join(frontend(pack).spoken(composed)).casefold().split()
    return [same.get(word, word) for word in found if any(map(str.isalnum, word))]
