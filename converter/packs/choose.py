"""Choose the words of a pack's lexicon.

These are the most frequent words, and those that would be mispronounced without an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ticktalk.converter.packs.sources import Entry
from ticktalk.runtime_sim.text.endings import derived, endings

SPELLED = 5  # letters from which unknown words in capitals are read as words, see runtime_sim/text/words.py
RARE_READING = 3.2  # minimum frequency (see `frequencies`) of words whose alternative readings are kept


def choose(
    words: dict[str, Entry],
    uses: dict[str, float],
    facts: dict,
    guess: Callable[[Iterable[str]], dict[str, str]],
    most: int,
    always: int,
    short: int,
) -> dict[str, str]:
    """Return the lexicon, which maps each word, plus the letter of any alternative reading, to phonemes.

    words: all candidate words.
    uses: frequency of each word.
    facts: content of words.toml.
    guess: function that returns the network's prediction for each word.
    most: approximate maximum number of lines.
    always: number of most frequent words to include in any case, so that most text does not need the network.
    short: the same for words of less than SPELLED letters, which would be spelled in capitals if they were unknown.
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
        if rank < (short if len(word) < SPELLED else always) or kept or read(word) != entry.said:
            chosen[word] = entry.said
            chosen.update({word + letter: said for letter, said in kept.items()})
    # A stem that was chosen later may have changed the pronunciation derived for an earlier word.
    rarest = min((uses[word] for word in chosen if word in uses), default=0.0)
    for word in ranked:
        if word in guessed and word not in chosen and uses[word] >= max(rarest, 0.1) and read(word) != words[word].said:
            chosen[word] = words[word].said
    return dict(sorted(chosen.items()))
