"""Stress marks in phonemes. A mark precedes its vowel, as in the misaki lexicons."""

from __future__ import annotations

PRIMARY, SECONDARY = "ˈ", "ˌ"


def stressed(said: str) -> bool:
    """Return whether `said` has a stress mark."""
    return PRIMARY in said or SECONDARY in said


def lighter(said: str) -> str:
    """Reduce primary stress to secondary and drop secondary stress. Leave phonemes without primary stress unchanged."""
    return said.replace(SECONDARY, "").replace(PRIMARY, SECONDARY) if PRIMARY in said else said


def marked(said: str, mark: str, vowels: str) -> str:
    """Insert `mark` before the first vowel of the unstressed `said`."""
    for k, c in enumerate(said):
        if c in vowels:
            return said[:k] + mark + said[k:]
    return said


def capital(said: str, vowels: str) -> str:
    """Return the phonemes of a capitalised word, which is always stressed."""
    return said if stressed(said) else marked(said, SECONDARY, vowels)


def capitals(said: str, vowels: str) -> str:
    """Return the phonemes of a word in capitals, which always has primary stress."""
    if PRIMARY in said:
        return said
    if SECONDARY in said:
        return said.replace(SECONDARY, PRIMARY)
    return marked(said, PRIMARY, vowels)


def emphasised(said: str, mark: str, vowels: str, consonants: str) -> str:
    """Put a mark of emphasis in place of the first primary stress, or the first secondary stress if there is none.
    Insert it before the first vowel of unstressed phonemes, or before all of them if there is no vowel. Leave those
    unchanged that begin with a consonant and have no vowel, as in "l'"."""
    for replaced in (PRIMARY, SECONDARY):
        if replaced in said:
            return said.replace(replaced, mark, 1)
    changed = marked(said, mark, vowels)
    return mark + said if changed == said and said[0] not in consonants else changed


def spelled(names: list[str]) -> str:
    """Join letter names into one word with primary stress on the last name."""
    said = "".join(names).replace(PRIMARY, SECONDARY)
    k = said.rfind(SECONDARY)
    return said if k < 0 else said[:k] + PRIMARY + said[k + 1 :]
