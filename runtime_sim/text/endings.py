"""Derive the phonemes of inflected words from stems in the lexicon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

SHORTEST_STEM = 2
SHORTEST_GUESS = 3  # minimum length of a stem that the network reads


@dataclass(frozen=True)
class Ending:
    """An ending and its effect on the phonemes of a stem.

    letters: the ending as written.
    but_not: longer endings that this one must not match.
    stems: the strings that may replace the ending to form the stem; "-" also removes the doubled letter before it.
    say: pairs (possible last phonemes of the stem, phonemes to append); the first pair that matches is used.
    flap: whether a final t between vowels is tapped.
    cut, put: the stem's last phonemes and their replacement.
    guess: whether the ending is also removed from unknown words, whose stem the network then reads.
    """

    letters: str
    but_not: tuple[str, ...]
    stems: tuple[str, ...]
    say: tuple[tuple[str, str], ...]
    flap: bool
    cut: str
    put: str
    guess: bool = False


def endings(facts: list[dict]) -> tuple[Ending, ...]:
    """Return a pack's endings in the order in which they are tried."""
    return tuple(
        Ending(
            e["letters"],
            tuple(e.get("not", ())),
            tuple(e["stems"]),
            tuple((after, say) for after, say in e["say"]),
            e.get("flap", False),
            e.get("cut", ""),
            e.get("put", ""),
            e.get("guess", False),
        )
        for e in facts
    )


def stems(word: str, ending: Ending) -> Iterator[str]:
    """Yield the possible stems of `word` for one ending."""
    if not word.endswith(ending.letters) or word.endswith(ending.but_not):
        return
    body = word[: -len(ending.letters)]
    for stem in ending.stems:
        if stem != "-":
            found = body + stem
        elif len(body) > 2 and body[-1] == body[-2]:
            found = body[:-1]
        else:
            continue
        if len(found) >= SHORTEST_STEM:
            yield found


def spoken(said: str, ending: Ending, tapped: str) -> str:
    """Return the phonemes of a stem with the ending added. A t that follows a phoneme in `tapped` may be tapped."""
    if ending.flap and len(said) > 1 and said[-1] == "t" and said[-2] in tapped:
        said = said[:-1] + "T"
    if ending.cut:
        if not said.endswith(ending.cut):
            return said
        said = said[: -len(ending.cut)] + ending.put
    for after, say in ending.say:
        if not after or said[-1] in after:
            return said + say
    return said


def derived(word: str, all_endings: tuple[Ending, ...], lookup: Callable[[str], str | None], tapped: str) -> str | None:
    """Return the phonemes of `word` derived from its stem, or None if the lexicon has no such stem."""
    for ending in all_endings:
        for stem in stems(word, ending):
            said = lookup(stem)
            if said:
                return spoken(said, ending, tapped)
    return None


def guessed_stem(word: str, all_endings: tuple[Ending, ...]) -> tuple[str, Ending | None]:
    """Return the part of an unknown word that the network reads, and the ending to add, if any.

    The part is the stem if the word has an ending that sounds the same after every stem, and otherwise the whole word.
    """
    for ending in all_endings:
        if ending.guess:
            stem = next(stems(word, ending), "")
            if len(stem) >= SHORTEST_GUESS:
                return stem, ending
    return word, None
