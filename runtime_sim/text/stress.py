"""Stress as the voices' phonemes have it: marks before vowels (the conventions of misaki, whose lexicons these are)."""

from __future__ import annotations

PRIMARY, SECONDARY = "ˈ", "ˌ"


def stressed(said: str) -> bool:
    """Whether there is any mark."""
    return PRIMARY in said or SECONDARY in said


def lighter(said: str) -> str:
    """Primary stress made secondary, secondary stress gone; without primary stress nothing changes."""
    return said.replace(SECONDARY, "").replace(PRIMARY, SECONDARY) if PRIMARY in said else said


def marked(said: str, mark: str, vowels: str) -> str:
    """`said`, which has no mark, with one before its first vowel."""
    for k, c in enumerate(said):
        if c in vowels:
            return said[:k] + mark + said[k:]
    return said


def capital(said: str, vowels: str) -> str:
    """A word with a capital: never without stress."""
    return said if stressed(said) else marked(said, SECONDARY, vowels)


def capitals(said: str, vowels: str) -> str:
    """A word in capitals: with primary stress."""
    if PRIMARY in said:
        return said
    if SECONDARY in said:
        return said.replace(SECONDARY, PRIMARY)
    return marked(said, PRIMARY, vowels)


def spelled(names: list[str]) -> str:
    """Names of letters as one word: the last has the primary stress."""
    said = "".join(names).replace(PRIMARY, SECONDARY)
    k = said.rfind(SECONDARY)
    return said if k < 0 else said[:k] + PRIMARY + said[k + 1 :]
