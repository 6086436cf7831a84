"""Which words a pack's lexicon has: the most used ones, then those that would be read wrongly without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ticktalk.converter.packs.sources import Entry
from ticktalk.runtime_sim.text.endings import derived, endings

ALWAYS = 2500  # most used words, so that most of a text needs no network
RARE_READING = 3.2  # words less used than this keep their first reading only


def choose(
    words: dict[str, Entry],
    uses: dict[str, float],
    facts: dict,
    guess: Callable[[Iterable[str]], dict[str, str]],
    most: int,
) -> dict[str, str]:
    """Word (and letter of the reading) -> phonemes, at most about `most` lines.

    uses: how often a word is used; facts: words.toml; guess: what the network makes of words.
    """
    ranked = sorted(words, key=lambda w: (-uses[w], w))
    tapped, all_endings = facts["sounds"]["tapped"], endings(facts["ending"])
    plain = [w for w in ranked if "'" not in w]
    guessed = guess(plain)
    chosen: dict[str, str] = {}

    def read(word: str) -> str | None:
        return derived(word, all_endings, chosen.get, tapped) or guessed.get(word)

    for rank, word in enumerate(ranked):
        if len(chosen) >= most:
            break
        entry = words[word]
        kept = {r: said for r, said in entry.readings.items() if uses[word] >= RARE_READING}
        if rank < ALWAYS or kept or read(word) != entry.said:
            chosen[word] = entry.said
            chosen.update({word + letter: said for letter, said in kept.items()})
    # a stem that came later may have changed what an earlier word was read as
    rarest = min((uses[word] for word in chosen if word in uses), default=0.0)
    for word in ranked:
        if word in guessed and word not in chosen and uses[word] >= max(rarest, 0.1) and read(word) != words[word].said:
            chosen[word] = words[word].said
    return dict(sorted(chosen.items()))
