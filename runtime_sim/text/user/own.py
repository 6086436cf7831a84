"""Words with user-supplied pronunciations. These words take precedence over the rules and the lexicon."""

from __future__ import annotations

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.match import ALNUM, CAPITALS, LETTERS
from ticktalk.system.errors import shown

MOST_SPELLING = 32  # maximum characters per spelling
MOST_PHONEMES = 96  # maximum phonemes per word
MOST_WORDS = 4096  # maximum words per table


class Own:
    """A table of words: spelling -> phonemes.

    A lower-case letter in a spelling also matches its upper-case form, but an upper-case letter matches only itself.
    Spellings may consist of several words. The longest match is used; if several are equally long, the first one is
    used.
    """

    def __init__(self, words: dict[str, str]):
        self.by_first: dict[str, list[tuple[str, str]]] = {}
        for spelling, phonemes in words.items():
            for first in {spelling[0], spelling[0].upper() if spelling[0] in LETTERS else spelling[0]}:
                self.by_first.setdefault(first, []).append((spelling, phonemes))

    def at(self, text: str, i: int, plural: str) -> tuple[int, str] | None:
        """Return the end and the phonemes of the word at `text[i]`, or None.

        text: folded text that ends with NUL.
        plural: the ending that may follow the word, "'s" in English.
        """
        best: tuple[int, str] | None = None
        for spelling, phonemes in self.by_first.get(text[i], ()):
            end = i + len(spelling)
            if (best is None or end > best[0]) and matches(spelling, text[i:end]) and _apart(text, i, end, plural):
                best = end, phonemes
        return best

    def word(self, text: str) -> str | None:
        """Return the phonemes of exactly this word, or None."""
        return next((said for spelling, said in self.by_first.get(text[0], ()) if matches(spelling, text)), None)


def matches(spelling: str, text: str) -> bool:
    """Return whether `text` matches `spelling` by the case rule of `Own`."""
    return len(spelling) == len(text) and all(
        a == b or (b in CAPITALS and b.lower() == a) for a, b in zip(spelling, text)
    )


def with_plural(text: str, end: int, plural: str) -> bool:
    """Return whether the ending `plural` follows a word at `text[end]`."""
    return text.startswith(plural, end) and text[end + len(plural)] not in ALNUM


def _apart(text: str, start: int, end: int, plural: str) -> bool:
    """Return whether the word is delimited at both ends. The word may be followed by `plural`."""
    if text[start] in ALNUM and start > 0 and text[start - 1] in ALNUM:
        return False
    if text[end - 1] not in ALNUM or with_plural(text, end, plural):
        return True
    return not (text[end] in ALNUM or (text[end] == "'" and text[end + 1] in LETTERS))


def checked(spelling: str, phonemes: str, alphabet: str, sounds: str, where: str) -> None:
    """Raise LanguageError if this spelling or its phonemes are not valid.

    spelling: folded characters.
    alphabet: all phonemes of the pack, with stress marks and the space.
    sounds: its vowels and consonants.
    where: the file and key to name in the message.
    """
    if not spelling or spelling != spelling.strip() or "\n" in spelling:
        raise LanguageError(f"{where}: a spelling must be one line and must not begin or end with a space")
    if len(spelling) > MOST_SPELLING:
        raise LanguageError(
            f"{where}: the spelling has {len(spelling)} characters, but at most {MOST_SPELLING} are allowed"
        )
    if unknown := list(dict.fromkeys(c for c in phonemes if c not in alphabet)):
        raise LanguageError(
            f"{where}: {shown(phonemes)} contains {' '.join(unknown)}, which the voice lacks; "
            f"choose from: {''.join(alphabet).strip()}"
        )
    if phonemes != phonemes.strip(" ") or "  " in phonemes or not set(phonemes) & set(sounds):
        raise LanguageError(f"{where}: {shown(phonemes)} must contain a phoneme, and only single spaces between words")
    if len(phonemes) > MOST_PHONEMES:
        raise LanguageError(f"{where}: {len(phonemes)} phonemes, but at most {MOST_PHONEMES} are allowed")
